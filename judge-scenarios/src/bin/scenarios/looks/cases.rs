//! The canaries of `scenarios looks`.

use anyhow::Result;
use judge_core::MetricPair;
use judge_scenarios::random::Random;
use judge_scenarios::real_series::{HarmSubject, PairClass, Seeds, pairs, read_series};
use judge_scenarios::{Noise, Shape, aa_pair};

use super::Step;
use crate::options::Options;

/// The kinds of healthy pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pairs {
    /// Gaussian noise, each point correlated with the one before.
    Drawn { phi: f64 },
    /// A coin flip assigns every two neighbours of a recorded series to the sides.
    Coin,
}

/// Autocorrelations of drawn noise.
pub(super) const PHIS: [f64; 3] = [0.0, 0.5, 0.8];
/// Number of windows of one series and size.
const WINDOWS: usize = 6;
/// A judge may treat smaller steps as too small to matter, as a share of the absolute median.
const PRACTICAL: f64 = 0.05;

/// A healthy pair, to which steps are added.
pub(super) struct Subject {
    pub(super) pairs: Pairs,
    pub(super) entity: String,
    pub(super) series: String,
    pair: MetricPair,
    /// One standard deviation, the unit of steps.
    deviation: f64,
    level: f64,
}

impl Subject {
    pub(super) fn points(&self) -> usize {
        self.pair.canary.values.len()
    }

    /// Whether the step matters: at least 5 % of the absolute median.
    pub(super) fn can_have(&self, step: Step) -> bool {
        let size = step.deviations * self.deviation;
        step.deviations <= 0.0 || size > 0.0 && size >= PRACTICAL * self.level
    }

    pub(super) fn with(&self, step: Step) -> MetricPair {
        let mut pair = self.pair.clone();
        let points = self.points() as f64;
        for (index, value) in pair.canary.values.iter_mut().enumerate() {
            if index as f64 >= step.from * points {
                *value += step.deviations * self.deviation;
            }
        }
        pair
    }
}

/// Pairs from the folder of the command line or, without a folder, drawn pairs.
pub(super) fn subjects(options: &Options, sizes: &[usize], phis: &[f64]) -> Result<Vec<Subject>> {
    match &options.folder {
        Some(folder) => recorded_subjects(folder, options, sizes),
        None => Ok(draw_subjects(options, sizes, phis)),
    }
}

fn draw_subjects(options: &Options, sizes: &[usize], phis: &[f64]) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for &phi in phis {
        let noise = Noise { shape: Shape::Gaussian, level: 100.0, relative: 0.1, phi };
        for &points in sizes {
            for repeat in 0..options.repeats {
                let name = format!("looks|{phi}|{points}|{repeat}");
                let mut random: Random = Seeds(options.seeds()).random(&name);
                subjects.push(Subject {
                    pairs: Pairs::Drawn { phi },
                    entity: repeat.to_string(),
                    series: repeat.to_string(),
                    pair: aa_pair(noise, points, &mut random),
                    deviation: noise.sd(),
                    level: noise.level,
                });
            }
        }
    }
    subjects
}

fn recorded_subjects(
    folder: &std::path::Path,
    options: &Options,
    sizes: &[usize],
) -> Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    for series in read_series(folder)? {
        for &points in sizes {
            let healthy_pairs = pairs(&series, points, WINDOWS, Seeds(options.seeds())).into_iter();
            subjects.extend(healthy_pairs.filter(|pair| pair.class == PairClass::Coin).map(
                |pair| {
                    let finite: Vec<f64> =
                        pair.baseline.iter().copied().filter(|value| value.is_finite()).collect();
                    Subject {
                        pairs: Pairs::Coin,
                        entity: series.entity().to_owned(),
                        series: format!("{} {}", series.source(), series.metric()),
                        deviation: HarmSubject::new(&pair.baseline, &pair.canary).sd(),
                        level: (finite.iter().sum::<f64>() / finite.len().max(1) as f64).abs(),
                        pair: pair.metric_pair("m", pair.canary.clone()),
                    }
                },
            ));
        }
    }
    Ok(subjects)
}
