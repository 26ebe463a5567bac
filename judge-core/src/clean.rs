//! Cleaning: from a submitted series to the values that are judged.

use crate::config::{MetricConfig, NanStrategy, Outliers};
use crate::judgement::{Counts, SideSummary};
use crate::order;
use crate::stats::{median, moments, percentile};

/// The values of one side that are judged. None is NaN; some may be infinite; there may be no values.
#[derive(Debug, Default)]
pub(crate) struct Cleaned {
    /// In order of time.
    pub(crate) values: Vec<f64>,
    /// The same values, ascending.
    pub(crate) sorted: Vec<f64>,
    pub(crate) counts: Counts,
}

impl Cleaned {
    /// Replaces these values by `series`, cleaned as `config` says.
    pub(crate) fn refill(&mut self, series: &[f64], config: &MetricConfig) {
        self.counts = Counts { submitted: series.len(), ..Counts::default() };
        self.fill_gaps(series, config.nan_strategy);
        self.counts.gaps = self.gaps(series, config.nan_strategy);
        self.sort();
        if let Outliers::Remove(factor) = config.outliers {
            self.remove_outliers(factor.get());
        }
        self.counts.judged = self.values.len();
    }

    fn fill_gaps(&mut self, series: &[f64], strategy: NanStrategy) {
        self.values.clear();
        match strategy {
            NanStrategy::Remove => {
                self.values.extend(series.iter().filter(|value| !value.is_nan()));
            }
            NanStrategy::Replace => {
                let filled = series.iter().map(|&value| if value.is_nan() { 0.0 } else { value });
                self.values.extend(filled);
            }
        }
    }

    fn gaps(&self, series: &[f64], strategy: NanStrategy) -> usize {
        match strategy {
            NanStrategy::Remove => series.len() - self.values.len(),
            NanStrategy::Replace => series.iter().filter(|value| value.is_nan()).count(),
        }
    }

    fn sort(&mut self) {
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.values);
        order::sort(&mut self.sorted);
    }

    /// Removes values beyond Tukey's fences (1977), `factor` interquartile ranges from the quartiles. Values
    /// between the 1st and the 99th percentile always stay, as in Kayenta.
    fn remove_outliers(&mut self, factor: f64) {
        if self.sorted.is_empty() {
            return;
        }
        let at = |p| percentile(&self.sorted, p);
        let (q1, q3) = (at(0.25), at(0.75));
        let reach = factor * (q3 - q1);
        let low = (q1 - reach).min(at(0.01));
        let high = (q3 + reach).max(at(0.99));
        let before = self.values.len();
        self.values.retain(|&value| value >= low && value <= high);
        self.counts.outliers = before - self.values.len();
        if self.counts.outliers > 0 {
            self.sorted.retain(|&value| value >= low && value <= high);
        }
    }

    /// The value that all points share, if they share one.
    pub(crate) fn constant(&self) -> Option<f64> {
        match (self.sorted.first(), self.sorted.last()) {
            (Some(first), Some(last)) if first == last => Some(*first),
            _ => None,
        }
    }

    pub(crate) fn summary(&self) -> SideSummary {
        let (Some(&min), Some(&max)) = (self.sorted.first(), self.sorted.last()) else {
            return SideSummary { counts: self.counts, ..SideSummary::default() };
        };
        let moments = moments(&self.values);
        SideSummary {
            counts: self.counts,
            mean: moments.mean,
            median: median(&self.sorted),
            min,
            max,
            p95: percentile(&self.sorted, 0.95),
            std: moments.std,
        }
    }
}
