//! The data of the chart of scores, as JSON inside the page.

use serde::Serialize;

use super::Timeline;
use crate::{series, words};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Scores {
    pass: f64,
    marginal: f64,
    start: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<i64>,
    deciding: usize,
    intervals: Vec<Score>,
}

#[derive(Serialize)]
struct Score {
    from: i64,
    to: i64,
    /// `null` if it is not finite.
    #[serde(rename = "score")]
    value: Option<f64>,
    verdict: &'static str,
    tone: &'static str,
    failing: Vec<usize>,
    /// The significance level of a planned look.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<f64>,
    /// Its strongest evidence of harm.
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<f64>,
}

/// The data as JSON. It contains no text of the input and no `<`.
pub(crate) fn json(timeline: &Timeline) -> String {
    let intervals = timeline.intervals.iter().map(|interval| {
        let word = words::verdict(interval.verdict);
        let classes = interval.classes.iter().enumerate();
        let bad = |class| words::classification(class).tone == words::Tone::Bad;
        Score {
            from: interval.window.from_millis,
            to: interval.window.to_millis,
            value: interval.score.is_finite().then_some(interval.score),
            verdict: word.text,
            tone: word.tone.class(),
            failing: classes
                .filter_map(|(index, class)| class.is_some_and(bad).then_some(index))
                .collect(),
            level: interval.look.map(|look| look.level),
            p: interval.strongest_p,
        }
    });
    series::embedded(&Scores {
        pass: timeline.thresholds.pass(),
        marginal: timeline.thresholds.marginal(),
        start: timeline.start_millis,
        stopped: timeline.stopped.as_ref().map(|stop| stop.at_millis),
        deciding: timeline.deciding,
        intervals: intervals.collect(),
    })
}
