//! Draws the intervals of a release as a strip of small blocks.

use std::fmt::Write;

use judge_core::Verdict;
use maud::{Markup, html};

use crate::words;

const WIDTH: usize = 7;
const GAP: usize = 2;
const HEIGHT: usize = 14;
/// With more intervals than this the blocks are narrower, so that the strip fits into its row.
const MOST_WIDE: usize = 24;

/// One block for each interval. The worse the verdict, the taller the block, so that nobody needs to see the colour.
pub(super) fn strip(intervals: &[Verdict]) -> Markup {
    let pitch = if intervals.len() > MOST_WIDE { 3 } else { WIDTH + GAP };
    let width = pitch.min(WIDTH + 1) - 1;
    let verdicts = [Verdict::Pass, Verdict::Marginal, Verdict::Fail];
    html! {
        svg.strip role="img" aria-label=(told(intervals)) width=(pitch * intervals.len()) height=(HEIGHT)
        {
            @for verdict in verdicts {
                @let drawn = path(intervals, verdict, pitch, width);
                @if !drawn.is_empty() { path.(words::verdict(verdict).tone.class()) d=(drawn) {} }
            }
        }
    }
}

fn path(intervals: &[Verdict], wanted: Verdict, pitch: usize, width: usize) -> String {
    let height = match wanted {
        Verdict::Pass => HEIGHT / 2,
        Verdict::Marginal => HEIGHT * 3 / 4,
        Verdict::Fail => HEIGHT,
    };
    let mut path = String::new();
    for (index, _) in intervals.iter().enumerate().filter(|(_, verdict)| **verdict == wanted) {
        // Writing to a String cannot fail.
        let _ = write!(path, "M{} {HEIGHT}h{width}v-{height}h-{width}z", index * pitch);
    }
    path
}

/// Describes the strip in words, runs in order of time: `3 Pass, 1 Fail`.
fn told(intervals: &[Verdict]) -> String {
    let runs = intervals.chunk_by(|a, b| a == b);
    let runs = runs.map(|run| format!("{} {}", run.len(), words::verdict(run[0]).text));
    let told: Vec<String> = runs.collect();
    if told.is_empty() { "no intervals".to_owned() } else { told.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_is_described_by_its_runs() {
        use Verdict::{Fail, Pass};
        assert_eq!(told(&[Pass, Pass, Fail]), "2 Pass, 1 Fail");
        assert_eq!(told(&[]), "no intervals");
        let shown = strip(&[Pass, Fail]).into_string();
        assert!(shown.contains("M0 14h7v-7h-7z") && shown.contains("M9 14h7v-14h-7z"), "{shown}");
    }
}
