//! The change of a metric, as text for people.

use crate::format;

use super::{Decision, Interval, MetricJudgement};

impl MetricJudgement {
    /// The change with its interval, in few digits: `+35% [+34.1%, +38.4%]`.
    ///
    /// The shift in percent of the baseline's median, or in the metric's unit if the median is 0; `-` if no
    /// shift was estimated.
    pub fn shown_change(&self) -> String {
        match &self.decision {
            Decision::Tested(evidence) | Decision::Constants(evidence) => {
                shift(evidence.estimate, evidence.interval, self.baseline.median)
            }
            Decision::Panel(panel) => shift(panel.estimate, panel.interval, self.baseline.median),
            Decision::Identical | Decision::OneValue => "0%".to_owned(),
            _ => "-".to_owned(),
        }
    }
}

fn shift(estimate: f64, interval: Interval, median: f64) -> String {
    let size = median.abs();
    let show = |shift: f64| {
        if size > 0.0 { format::percent(shift / size) } else { format::signed(shift) }
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
}
