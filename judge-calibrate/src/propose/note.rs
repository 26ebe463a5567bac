//! Notes about the proposal for a metric.

use judge_core::format;

use super::allowance::AllowanceForm;
use super::candidate::{AllowanceCandidate, Skipped};
use super::fit::Stopped;
use super::spread::WindowSpread;

/// From this share of the variance on, instances that always differ cause most of the spread.
const MOSTLY: f64 = 0.5;
/// Fewer instances do not show how much others differ.
const FEW_INSTANCES: usize = 8;
/// From this correlation on, a difference resembles the one of the previous window.
const WANDERS: f64 = 0.5;

/// Values for the sentences.
pub(super) struct NoteContext<'a> {
    pub(super) judge: &'a str,
    /// Length of a window, in minutes.
    pub(super) minutes: f64,
    /// The largest allowance of use, as a share.
    pub(super) largest: f64,
    /// The limit of the metric's healthy differences if the history were long.
    pub(super) limit_of_long_history: f64,
}

/// Explains why a metric has no allowance, and the way out.
pub(super) fn skipped(why: Skipped, about: &NoteContext) -> Option<String> {
    Some(match why {
        Skipped::Muted => return None,
        Skipped::NotInHistory => {
            "the history has no points of it; check its name and its query".to_owned()
        }
        Skipped::Constant => {
            "all its points are equal, so the history does not show what is normal; keep it as a \
             tripwire, or add history in which it changes"
                .to_owned()
        }
        Skipped::Cles => {
            "its effectSize.measure is cles, whose allowances are probabilities; set it to meanRatio \
             for an allowance"
                .to_owned()
        }
        Skipped::NotAboveZero => format!(
            "it is 0 or below in some window, so no ratio can be allowed, and {} reads no allowance in the \
             metric's unit; use EvidenceJudge-v1, which does (minimumAbsolute), or mute the metric",
            about.judge
        ),
        Skipped::FewWindows => format!(
            "fewer than two windows of {} min can be compared; give longer recordings, or more instances",
            format::value(about.minutes)
        ),
    })
}

/// Explains why the search found no useful allowance, and the way out.
pub(super) fn stopped(
    why: Stopped,
    candidate: &AllowanceCandidate,
    about: &NoteContext,
) -> Option<String> {
    let spread = candidate.spread?;
    if why == Stopped::NoHelp {
        return Some(
            "it fails healthy canaries whatever change of its mean is allowed: its points differ in another \
             way, which judge run --explain shows; limit its tests to what matters, or mute the metric"
                .to_owned(),
        );
    }
    let AllowanceCandidate { form, limit, largest, .. } = *candidate;
    let difference = format_size(form, spread.rms);
    let most = format_largest(form, about);
    let long = about.limit_of_long_history;
    let why = if limit > largest && long <= largest {
        format!(
            "{} windows are too few: they differ by {difference}, which gives a limit of {}; a long history \
             would give about {}; give more history, or mute the metric",
            spread.windows,
            format_size(form, limit),
            format_size(form, long)
        )
    } else {
        format!("healthy windows differ by {difference}; {}", way_out(form, &spread, about))
    };
    Some(format!("no allowance up to {most} holds its false alarms: {why}"))
}

fn way_out(form: AllowanceForm, spread: &WindowSpread, about: &NoteContext) -> String {
    let minutes = format::value(about.minutes);
    // A drift looks like a lasting difference too, so we check for it first.
    if spread.neighbours.is_some_and(|neighbours| neighbours > WANDERS) {
        format!(
            "the difference drifts from one window of {minutes} min to the next; judge longer windows, or a \
             rate or ratio instead, or mute the metric"
        )
    } else if spread.lasting > MOSTLY {
        format!(
            "mostly because its instances differ all the time, by {}; make them alike (age, load, hardware), \
             judge a metric that does not depend on the instance, or mute the metric",
            format_size(form, spread.lasting_rms())
        )
    } else {
        format!(
            "windows of {minutes} min are too short for its noise; judge longer windows (--minutes), send more \
             traffic to the canary, use a steadier statistic, or mute the metric"
        )
    }
}

/// Explains why a metric without an alarm may still raise some.
pub(super) fn none_seen(candidate: &AllowanceCandidate, about: &NoteContext) -> Option<String> {
    let AllowanceCandidate { form, limit, spread, .. } = *candidate;
    let spread = spread.filter(|spread| spread.rms > 0.0)?;
    Some(format!(
        "it fails in no healthy pair, but the differences of {} windows give a limit of {}, above the \
         largest allowance of {}; the config stays unchanged: give more history",
        spread.windows,
        format_size(form, limit),
        format_largest(form, about)
    ))
}

/// Formats the largest useful allowance for people.
fn format_largest(form: AllowanceForm, about: &NoteContext) -> String {
    match form {
        AllowanceForm::Relative => format::percent(about.largest),
        AllowanceForm::Absolute => {
            format!("{} of its largest distance from 0", format::percent(about.largest))
        }
    }
}

/// Explains what a fitted allowance does not cover.
pub(super) fn found(candidate: &AllowanceCandidate) -> Option<String> {
    let spread = candidate.spread?;
    (spread.lasting > MOSTLY && spread.instances < FEW_INSTANCES).then(|| {
        format!(
            "its {} instances differ all the time, by {}; so few do not show how much others differ: give the \
             history of more instances",
            spread.instances,
            format_size(candidate.form, spread.lasting_rms())
        )
    })
}

/// Formats a size for people.
fn format_size(form: AllowanceForm, size: f64) -> String {
    match form {
        AllowanceForm::Relative => {
            let percent = format::round_to_digits(size.exp_m1() * 100.0, 2);
            format!("{}%", format::value(percent))
        }
        AllowanceForm::Absolute => format::value(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(rms: f64, limit: f64, lasting: f64, neighbours: f64) -> AllowanceCandidate {
        let neighbours = Some(neighbours);
        let spread = WindowSpread { rms, windows: 9, instances: 2, lasting, neighbours };
        AllowanceCandidate {
            form: AllowanceForm::Relative,
            limit,
            largest: 2.0_f64.ln(),
            spread: Some(spread),
        }
    }

    #[test]
    fn an_allowance_that_is_too_large_has_a_reason_and_a_way_out() {
        let about = |long| NoteContext {
            judge: "J",
            minutes: 15.0,
            largest: 1.0,
            limit_of_long_history: long,
        };
        for (candidate, long, says) in [
            (candidate(0.2, 1.5, 0.9, 0.9), 0.5, "9 windows are too few"),
            (candidate(0.5, 1.5, 0.9, 0.1), 1.2, "instances differ all the time, by 61%"),
            (candidate(0.5, 1.5, 0.9, 0.9), 1.2, "drifts from one window of 15 min"),
            (candidate(0.5, 1.5, 0.1, 0.1), 1.2, "too short for its noise"),
            // It alarms even with the largest allowance, which exceeds its limit.
            (candidate(0.1, 0.3, 0.1, 0.1), 0.2, "too short for its noise"),
        ] {
            let note = stopped(Stopped::TooLarge, &candidate, &about(long)).unwrap();
            assert!(note.contains(says) && note.contains("+100%"), "{note}");
        }
        let note = stopped(Stopped::NoHelp, &candidate(0.1, 0.3, 0.1, 0.1), &about(0.2)).unwrap();
        assert!(note.contains("in another way"), "{note}");
    }

    #[test]
    fn few_instances_that_differ_are_noted() {
        assert!(found(&candidate(0.05, 0.1, 0.9, 0.0)).unwrap().contains("its 2 instances"));
        assert_eq!(found(&candidate(0.05, 0.1, 0.2, 0.0)), None);
    }
}
