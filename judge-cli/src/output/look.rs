//! A look at a canary, in a line.

use judge_core::Judgement;
use judge_core::stage::Window;
use judge_points::time;

use super::text::printable;
use super::verdict;

/// A look and what came of it: a judgement with the metrics that it is because of, or an error.
pub(crate) struct LookLine<'a> {
    pub(crate) window: Window,
    /// How many looks there are to be.
    pub(crate) count: usize,
    pub(crate) judged: Result<(&'a Judgement, &'a [String]), &'a str>,
}

impl LookLine<'_> {
    /// What the columns hold.
    pub(crate) const HEADER: &'static str =
        "look     until                 verdict   score  level       because of\n";

    /// The line.
    pub(crate) fn show(&self) -> String {
        let look = format!("{}/{}", self.window.interval, self.count);
        let until = time::show(self.window.canary.end_millis);
        match self.judged {
            Ok((judgement, because_of)) => {
                let (style, verdict) = verdict::styled(judgement.verdict);
                let score = judge_core::format::value(judgement.score);
                let level = judgement.look.map(|look| look.percent()).unwrap_or_default();
                let because = verdict::because_of(because_of);
                let line = format!(
                    "{look:7}  {until:20}  {style}{verdict:8}{style:#}  {score:>5}  {level:10}  {because}"
                );
                format!("{}\n", line.trim_end())
            }
            Err(error) => format!("{look:7}  {until:20}  no look: {}\n", printable(error)),
        }
    }
}
