//! Measures the differences between healthy windows of one metric.

use judge_core::config::NanStrategy;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::allowance::AllowanceForm;
use crate::history::{HealthyHistory, Recording};
use crate::inputs::CalibratedMetric;
use crate::pairs::{Pairing, WindowLayout};

/// Spread of the differences between the levels of two healthy windows, either as logarithms of ratios or in the
/// metric's unit.
///
/// A level is an instance's mean over a window. The windows share no point. At each time, levels are centred on their
/// mean over the instances, so that a movement of all instances does not count. A one-way analysis of variance splits
/// the squares into those of the instances' means over all windows and the rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct WindowSpread {
    /// Root mean square of the differences.
    pub(super) rms: f64,
    /// Number of independent windows: the degrees of freedom of `rms`.
    pub(super) windows: usize,
    /// Number of compared instances.
    pub(super) instances: usize,
    /// Share of the variance that comes from instances that always differ; 0 if each instance has only one window.
    pub(super) lasting: f64,
    /// Correlation of the deviations of neighbouring windows from their instance's mean; `None` for fewer than
    /// [`FEWEST_TO_WANDER`] neighbours.
    pub(super) neighbours: Option<f64>,
}

/// The correlation of fewer neighbouring windows says nothing.
const FEWEST_TO_WANDER: usize = 6;
/// A window with fewer points has no level, since two points are not a sample.
const FEWEST_POINTS: usize = 3;

/// Sums of squares and their degrees of freedom.
#[derive(Debug, Clone, Copy, Default)]
struct Squares {
    all: f64,
    of_all: usize,
    between: f64,
    of_between: usize,
    /// Sum of the products of neighbouring windows' deviations from their instance's mean.
    products: f64,
    within: f64,
    neighbours: usize,
    instances: usize,
}

impl WindowSpread {
    /// Measures `metric`; `None` for fewer than two independent windows.
    pub(super) fn measure(
        history: &HealthyHistory,
        layout: WindowLayout,
        metric: &CalibratedMetric,
        exposure: Option<&str>,
        form: AllowanceForm,
    ) -> Option<Self> {
        let mut squares = Squares::default();
        for recording in history.recordings() {
            let level = |instance, start| {
                let level =
                    level(recording, instance, metric, exposure, start..start + layout.points)?;
                form.transform(level)
            };
            match layout.pairing {
                Pairing::Concurrent => squares.add_concurrent(recording, layout, level),
                Pairing::Blocks => squares.add_blocks(recording, layout, level),
            }
        }
        squares.spread()
    }

    /// The prediction limit of Student's t: a new pair of healthy windows exceeds it upwards with probability `tail`
    /// if differences are normal around 0.
    pub(super) fn limit(self, tail: f64) -> f64 {
        let windows = self.windows as f64;
        self.rms * student(tail, windows) * (1.0 + 1.0 / windows).sqrt()
    }

    /// The limit if the spread had no sampling error.
    pub(super) fn limit_of_long_history(self, tail: f64) -> f64 {
        self.rms * student(tail, 1e6)
    }

    /// Root mean square of the permanent differences between instances.
    pub(super) fn lasting_rms(self) -> f64 {
        self.rms * self.lasting.sqrt()
    }
}

/// Quantile of Student's t, which is exceeded with probability `tail`.
fn student(tail: f64, freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |t| t.inverse_cdf(1.0 - tail))
}

impl Squares {
    /// Adds the windows of concurrent instances.
    fn add_concurrent(
        &mut self,
        recording: &Recording,
        layout: WindowLayout,
        level: impl Fn(usize, usize) -> Option<f64>,
    ) {
        let instances = recording.instances().len();
        let mut deviations: Vec<Vec<Option<f64>>> = vec![Vec::new(); instances];
        let mut windows = 0;
        for tile in 0..layout.tiles(recording) {
            let start = tile * layout.stride();
            let levels: Vec<Option<f64>> =
                (0..instances).map(|index| level(index, start)).collect();
            let present = levels.iter().flatten().count();
            if present < 2 {
                continue;
            }
            let middle = levels.iter().flatten().sum::<f64>() / present as f64;
            windows += 1;
            self.of_all += present - 1;
            for (instance, level) in deviations.iter_mut().zip(&levels) {
                let deviation = level.map(|level| level - middle);
                self.all += deviation.map_or(0.0, |deviation| deviation * deviation);
                instance.push(deviation);
            }
        }
        let seen =
            deviations.iter().filter(|instance| instance.iter().any(Option::is_some)).count();
        self.instances += seen;
        if windows < 2 {
            // One window does not show which differences last.
            return;
        }
        self.of_between += seen.saturating_sub(1);
        for instance in &deviations {
            self.add_instance(instance);
        }
    }

    /// Adds the windows of one instance, in order of time.
    fn add_instance(&mut self, deviations: &[Option<f64>]) {
        let present = deviations.iter().flatten().count();
        if present == 0 {
            return;
        }
        let mean = deviations.iter().flatten().sum::<f64>() / present as f64;
        self.between += present as f64 * mean * mean;
        self.within +=
            deviations.iter().flatten().map(|deviation| (deviation - mean).powi(2)).sum::<f64>();
        for pair in deviations.windows(2) {
            if let [Some(before), Some(after)] = pair {
                self.products += (before - mean) * (after - mean);
                self.neighbours += 1;
            }
        }
    }

    /// Adds consecutive blocks of one instance.
    fn add_blocks(
        &mut self,
        recording: &Recording,
        layout: WindowLayout,
        level: impl Fn(usize, usize) -> Option<f64>,
    ) {
        for instance in 0..recording.instances().len() {
            self.instances += 1;
            for tile in 0..layout.tiles(recording) {
                let start = tile * layout.stride();
                let later = start + layout.points + layout.gap;
                if let (Some(before), Some(after)) =
                    (level(instance, start), level(instance, later))
                {
                    self.all += 0.5 * (after - before).powi(2);
                    self.of_all += 1;
                }
            }
        }
    }

    fn spread(self) -> Option<WindowSpread> {
        let Self { all, of_all, between, of_between, products, within, neighbours, instances } =
            self;
        if of_all < 2 {
            return None;
        }
        let variance = all / of_all as f64;
        // Expected mean squares: windows per instance times the lasting variance, plus the rest.
        let rest = (all - between).max(0.0) / of_all.saturating_sub(of_between).max(1) as f64;
        let lasting = if of_between == 0 || variance <= 0.0 {
            0.0
        } else {
            let per_instance = of_all as f64 / of_between as f64;
            let variance_between = (between / of_between as f64 - rest) / per_instance;
            (variance_between / variance).clamp(0.0, 1.0)
        };
        Some(WindowSpread {
            rms: (2.0 * variance).sqrt(),
            windows: of_all,
            instances,
            lasting,
            neighbours: (neighbours >= FEWEST_TO_WANDER && within > 0.0).then(|| products / within),
        })
    }
}

/// Mean of a window, divided by that of its exposure if it has one; `None` if half of the points or more are missing.
pub(super) fn level(
    recording: &Recording,
    instance: usize,
    metric: &CalibratedMetric,
    exposure: Option<&str>,
    window: std::ops::Range<usize>,
) -> Option<f64> {
    let values = recording.stretch(instance, metric.name, window.start, window.len());
    let mean = mean(values, metric.config.nan_strategy)?;
    let Some(exposure) = exposure else { return Some(mean) };
    let exposures = recording.stretch(instance, exposure, window.start, window.len());
    self::mean(exposures, NanStrategy::Remove)
        .filter(|exposure| *exposure > 0.0)
        .map(|exposure| mean / exposure)
}

fn mean(values: &[f64], gaps: NanStrategy) -> Option<f64> {
    let finite = || values.iter().filter(|value| value.is_finite());
    let count = match gaps {
        NanStrategy::Replace => values.len(),
        NanStrategy::Remove => finite().count(),
    };
    let enough = count >= FEWEST_POINTS && 2 * count > values.len();
    enough.then(|| finite().sum::<f64>() / count as f64)
}

#[cfg(test)]
mod tests {
    use judge_core::MetricConfig;

    use super::*;
    use crate::history::Instance;
    use crate::profile::Profile;

    const WINDOW: usize = 4;

    /// Measures instances with one value per window.
    fn spread(instances: &[&[f64]], pairing: Pairing, form: AllowanceForm) -> Option<WindowSpread> {
        let instance = |levels: &&[f64]| {
            let values = levels.iter().flat_map(|level| [*level; WINDOW]).collect();
            Instance::from([("m".to_owned(), values)])
        };
        let recording = Recording::new("r", instances.iter().map(instance).collect()).unwrap();
        let history = HealthyHistory::new(60_000, vec![recording]).unwrap();
        let config = MetricConfig::new("m", "g");
        let profile = Profile::measure(history.series("m"));
        let metric = CalibratedMetric { name: "m", config: &config, profile };
        let layout = WindowLayout { pairing, points: WINDOW, gap: 0 };
        WindowSpread::measure(&history, layout, &metric, None, form)
    }

    #[test]
    fn two_instances_differ_by_the_root_mean_square_of_their_ratios() {
        let e = std::f64::consts::E;
        let found = spread(
            &[&[e, 1.0, e * e], &[1.0, e, 1.0]],
            Pairing::Concurrent,
            AllowanceForm::Relative,
        )
        .unwrap();
        // Logarithms of ratios: 1, -1, 2.
        assert!((found.rms - 2.0_f64.sqrt()).abs() < 1e-12, "{found:?}");
        assert_eq!((found.windows, found.instances), (3, 2));
    }

    #[test]
    fn blocks_differ_from_later_blocks() {
        let found =
            spread(&[&[1.0, 4.0, 2.0, 6.0]], Pairing::Blocks, AllowanceForm::Absolute).unwrap();
        assert!((found.rms - 12.5_f64.sqrt()).abs() < 1e-12, "{found:?}");
        assert_eq!((found.windows, found.instances, found.lasting), (2, 1, 0.0));
    }

    #[test]
    fn lasting_differences_are_separated_from_passing_ones() {
        let apart: [&[f64]; 2] = [&[9.0, 9.1, 9.0, 8.9], &[5.0, 5.0, 5.1, 4.9]];
        let lasting = spread(&apart, Pairing::Concurrent, AllowanceForm::Absolute).unwrap();
        assert!(lasting.lasting > 0.95 && (lasting.lasting_rms() - 4.0).abs() < 0.1, "{lasting:?}");
        let passing: [&[f64]; 2] = [&[9.0, 5.0, 9.0, 5.0], &[5.0, 9.0, 5.0, 9.0]];
        let passing = spread(&passing, Pairing::Concurrent, AllowanceForm::Absolute).unwrap();
        assert_eq!(passing.lasting, 0.0, "{passing:?}");
    }

    #[test]
    fn windows_that_wander_resemble_their_neighbours() {
        let wandering: Vec<f64> = (0..12).map(f64::from).collect();
        let flat = [5.0; 12];
        let found =
            spread(&[&wandering, &flat], Pairing::Concurrent, AllowanceForm::Absolute).unwrap();
        assert!(found.neighbours.unwrap() > 0.5, "{found:?}");
        let short =
            spread(&[&wandering[..3], &flat[..3]], Pairing::Concurrent, AllowanceForm::Absolute);
        assert_eq!(short.unwrap().neighbours, None);
    }

    #[test]
    fn the_limit_is_students_prediction_limit() {
        let found =
            WindowSpread { rms: 0.1, windows: 10, instances: 2, lasting: 0.0, neighbours: None };
        // 0.1 · 2.763769 · √1.1 and 0.1 · 2.326348, from tables of Student's t and the normal.
        assert!((found.limit(0.01) - 0.2898666).abs() < 1e-6, "{}", found.limit(0.01));
        assert!((found.limit_of_long_history(0.01) - 0.2326348).abs() < 1e-5);
    }

    #[test]
    fn one_window_has_no_spread_and_gaps_no_level() {
        assert_eq!(spread(&[&[1.0], &[2.0]], Pairing::Concurrent, AllowanceForm::Relative), None);
        let gap = f64::NAN;
        let gaps: [&[f64]; 2] = [&[1.0, gap, 3.0], &[2.0, 1.0, 4.0]];
        assert_eq!(spread(&gaps, Pairing::Concurrent, AllowanceForm::Relative).unwrap().windows, 2);
    }
}
