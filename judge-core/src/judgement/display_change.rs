//! The change of a metric, as text for people.

use crate::format;

use super::{Decision, Interval, MetricJudgement};

impl MetricJudgement {
    /// The change with its interval, in few digits: `+35% [+34.1%, +38.4%]`.
    ///
    /// The shift in percent of the baseline's median, or in the metric's unit if the median is 0; `-` if no
    /// shift was estimated, or if a median or the shift is infinite.
    pub fn shown_change(&self) -> String {
        match &self.decision {
            Decision::Tested(evidence) | Decision::Constants(evidence) => {
                self.shift(evidence.estimate, evidence.interval)
            }
            Decision::Panel(panel) => self.shift(panel.estimate, panel.interval),
            Decision::Identical | Decision::OneValue => "0%".to_owned(),
            _ => NOTHING.to_owned(),
        }
    }

    fn shift(&self, estimate: f64, interval: Interval) -> String {
        // Beside an infinite median a shift says nothing.
        if self.canary.median.is_finite() {
            shift(estimate, interval, self.baseline.median)
        } else {
            NOTHING.to_owned()
        }
    }
}

/// Stands where there is no change to show.
const NOTHING: &str = "-";

fn shift(estimate: f64, interval: Interval, median: f64) -> String {
    let size = median.abs();
    if !size.is_finite() || !estimate.is_finite() {
        return NOTHING.to_owned();
    }
    let show = |shift: f64| match (shift.is_finite(), size > 0.0) {
        (false, _) => NOTHING.to_owned(),
        (true, true) => format::percent(shift / size),
        (true, false) => format::signed(shift),
    };
    format!("{} [{}, {}]", show(estimate), show(interval.lower), show(interval.upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_in_percent_where_there_is_a_level_to_compare_with() {
        let interval = Interval { lower: -1.0, upper: 3.0, level: 0.98 };
        assert_eq!(shift(1.0, interval, -50.0), "+2% [-2%, +6%]");
        assert_eq!(shift(1.0, interval, 0.0), "+1 [-1, +3]");
    }

    #[test]
    fn has_no_numbers_that_are_not_finite() {
        let interval = Interval { lower: f64::NEG_INFINITY, upper: 3.0, level: 0.98 };
        assert_eq!(shift(1.0, interval, 50.0), "+2% [-, +6%]");
        assert_eq!(shift(f64::NAN, interval, 50.0), "-");
        for median in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert_eq!(shift(1.0, interval, median), "-", "{median}");
        }
    }
}
