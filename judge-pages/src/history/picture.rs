//! One metric over releases, drawn on the server.

use judge_canary::Allowed;
use judge_core::config::CanaryConfig;
use judge_core::format;
use judge_report::{time, words};
use maud::{Markup, html};

use super::mark::{Mark, medians};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 150.0;
/// Room for the numbers at the left.
const LEFT: f64 = 70.0;
/// Room above and below the marks.
const ROOM: f64 = 12.0;

/// From values to heights.
struct Scale {
    lowest: f64,
    highest: f64,
}

impl Scale {
    /// Everything that is drawn; `None` if no value is finite.
    fn new(values: impl Iterator<Item = f64>) -> Option<Self> {
        let finite = values.filter(|value| value.is_finite());
        let ends = finite.fold(None, |ends: Option<(f64, f64)>, value| {
            let (low, high) = ends.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        });
        ends.map(|(lowest, highest)| Self { lowest, highest })
    }

    fn y(&self, value: f64) -> f64 {
        let span = self.highest / 2.0 - self.lowest / 2.0;
        let share = if span > 0.0 { (value / 2.0 - self.lowest / 2.0) / span } else { 0.5 };
        HEIGHT - ROOM - share.clamp(0.0, 1.0) * (HEIGHT - 2.0 * ROOM)
    }
}

/// The ends of the allowance of a canary.
fn band(mark: &Mark, config: Option<&CanaryConfig>) -> (f64, f64) {
    let level = mark.metric.baseline.median;
    let none = Allowed { increase: None, decrease: None };
    let allowed = config.map_or(none, |config| Allowed::from_judgement(mark.metric, config));
    (level - allowed.decrease.unwrap_or(0.0), level + allowed.increase.unwrap_or(0.0))
}

/// A metric in each of the releases, the oldest first; `None` if a release has no such metric.
pub(super) fn picture(name: &str, marks: &[Option<Mark>], config: Option<&CanaryConfig>) -> Markup {
    let there = || marks.iter().flatten();
    let values = there().flat_map(|mark| {
        let (low, high) = band(mark, config);
        [low, high, mark.metric.baseline.median, mark.metric.canary.median]
    });
    let Some(scale) = Scale::new(values) else {
        return html! { p.note { "Nothing of it can be drawn." } };
    };
    let label = format!("{name}: medians of baseline and canary over {} releases", there().count());
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(label) {
            @for value in [scale.highest, scale.lowest] {
                text.axis x=(LEFT - 12.0) y=(round(scale.y(value) + 4.0)) text-anchor="end" {
                    (format::value_beside(value, if value < scale.highest { scale.highest } else { scale.lowest }))
                }
                line.axis x1=(LEFT - 6.0) x2=(WIDTH) y1=(round(scale.y(value))) y2=(round(scale.y(value))) {}
            }
            @for (index, mark) in marks.iter().enumerate() {
                @if let Some(mark) = mark { (drawn(mark, x(index, marks.len()), &scale, config)) }
            }
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "there are few releases")]
fn x(index: usize, count: usize) -> f64 {
    LEFT + (index as f64 + 0.5) * (WIDTH - LEFT) / count as f64
}

fn drawn(mark: &Mark, x: f64, scale: &Scale, config: Option<&CanaryConfig>) -> Markup {
    let (low, high) = band(mark, config);
    let (top, bottom) = (scale.y(high), scale.y(low));
    let word = words::classification(mark.metric.classification);
    let title = format!(
        "{}: {}, {}",
        time::utc(mark.release.summary.created_millis),
        medians(mark.metric),
        word.text
    );
    let has_failed = word.tone == words::Tone::Bad;
    let (baseline, canary) = (mark.metric.baseline.median, mark.metric.canary.median);
    html! {
        g {
            title { (title) }
            rect.allowed x=(round(x - 6.0)) y=(round(top)) width="12" height=(round((bottom - top).max(1.0))) {}
            @if baseline.is_finite() { circle.baseline cx=(round(x)) cy=(round(scale.y(baseline))) r="5" {} }
            @if canary.is_finite() && has_failed {
                path.failing d=(format!("M{} {}l5 9h-10z", round(x), round(scale.y(canary) - 5.0))) {}
            } @else if canary.is_finite() {
                circle.canary cx=(round(x)) cy=(round(scale.y(canary))) r="3.5" {}
            }
        }
    }
}

/// A tenth of a pixel is enough.
fn round(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_place() {
        for (values, value, expected) in [
            (vec![1.0, 3.0], 3.0, ROOM),
            (vec![1.0, 3.0], 1.0, HEIGHT - ROOM),
            (vec![5.0], 5.0, HEIGHT / 2.0),
            (vec![f64::NAN, 5.0, f64::INFINITY], 5.0, HEIGHT / 2.0),
            (vec![-f64::MAX, f64::MAX], 0.0, HEIGHT / 2.0),
        ] {
            let scale = Scale::new(values.into_iter()).unwrap();
            assert!((scale.y(value) - expected).abs() < 1e-9, "{value}: {}", scale.y(value));
        }
        assert!(Scale::new([f64::NAN].into_iter()).is_none());
    }
}
