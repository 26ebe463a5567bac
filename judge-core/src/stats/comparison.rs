//! Two samples compared in every way that people ask for, as one document.

use serde::{Serialize, Serializer};

use crate::interval::Interval;

use super::{
    ConfidenceLevel, ExactTooCostly, Method, PValues, Sample, TwoSampleScratch, brown_forsythe,
    median, relative_shift, spread_ratio, two_sample,
};

/// Everything about two samples; canary against baseline. `judge test --format json` prints it.
///
/// [`SampleComparison::measure`] has an example.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleComparison {
    /// The confidence that was asked for.
    pub level: f64,
    /// The baseline.
    pub baseline: ComparedSide,
    /// The canary.
    pub canary: ComparedSide,
    /// By how much the canary lies higher.
    pub location: LocationComparison,
    /// How often the canary is higher.
    pub superiority: SuperiorityComparison,
    /// The Mann–Whitney test.
    pub mann_whitney: TestResult,
    /// Whether the p-values of the Mann–Whitney test are exact.
    pub exact: bool,
    /// How much more the canary varies.
    pub spread: SpreadComparison,
}

/// One side's points.
///
/// [`SampleComparison::measure`] has an example.
#[derive(Debug, Serialize)]
pub struct ComparedSide {
    /// What it is called.
    pub column: String,
    /// Number of points.
    pub points: usize,
    /// Number of gaps, which are left out.
    pub gaps: usize,
    /// Median, in the column's unit.
    pub median: f64,
}

/// By how much the canary lies higher.
///
/// [`SampleComparison::measure`] has an example.
#[derive(Debug, Serialize)]
pub struct LocationComparison {
    /// In the column's unit.
    pub shift: Bounded,
    /// The confidence that the shift's interval reaches; less than asked for in tiny samples.
    pub coverage: f64,
    /// In percent of the baseline's median, unless that is 0.
    pub percent: Option<Bounded>,
}

/// How often a canary point exceeds a baseline point.
///
/// [`SampleComparison::measure`] has an example.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SuperiorityComparison {
    /// Probability that a canary point is higher than a baseline point; ties count half.
    pub probability: Bounded,
    /// Cliff's δ: twice that probability, minus 1.
    pub cliffs_delta: Bounded,
}

/// How much more the canary varies.
///
/// [`SampleComparison::measure`] has an example.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpreadComparison {
    /// Of mean distances from the median, unless a side does not vary.
    pub ratio: Option<Bounded>,
    /// Brown and Forsythe's test of equal spread.
    pub brown_forsythe: Option<TestResult>,
}

/// A test's statistic and p-values.
///
/// [`SampleComparison::measure`] has an example.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    /// The statistic.
    pub statistic: f64,
    /// p-value against any difference.
    pub two_sided: f64,
    /// p-value against a canary that is lower, or varies less.
    pub less: f64,
    /// p-value against a canary that is higher, or varies more.
    pub greater: f64,
}

/// An estimate with its interval; an end without a bound is a string in JSON.
///
/// [`SampleComparison::measure`] has an example.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Bounded {
    /// The estimate.
    pub estimate: f64,
    /// Lower end.
    #[serde(serialize_with = "bound")]
    pub lower: f64,
    /// Upper end.
    #[serde(serialize_with = "bound")]
    pub upper: f64,
}

impl Bounded {
    fn new(estimate: f64, Interval { lower, upper, .. }: Interval) -> Self {
        Self { estimate, lower, upper }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn bound<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match *value {
        f64::INFINITY => serializer.serialize_str("Infinity"),
        f64::NEG_INFINITY => serializer.serialize_str("-Infinity"),
        value => serializer.serialize_f64(value),
    }
}

/// A sample with its name and its number of gaps.
///
/// [`SampleComparison::measure`] has an example.
#[derive(Debug, Clone)]
pub struct ReadSample {
    /// What it is called.
    pub column: String,
    /// Number of gaps that were left out.
    pub gaps: usize,
    /// The sample.
    pub sample: Sample,
}

impl SampleComparison {
    /// Compares `canary` with `baseline`; intervals have the confidence `level`.
    ///
    /// # Errors
    /// As for [`two_sample`].
    ///
    /// # Example
    /// ```
    /// use judge_core::stats::comparison::{ReadSample, SampleComparison};
    /// use judge_core::stats::{ConfidenceLevel, Sample};
    ///
    /// let sample = |column: &str, values: &[f64]| -> Result<ReadSample, Box<dyn std::error::Error>> {
    ///     Ok(ReadSample { column: column.to_owned(), gaps: 0, sample: Sample::new(values.to_vec())? })
    /// };
    /// let baseline = sample("v1", &[10.0, 11.0, 12.0, 13.0, 14.0])?;
    /// let canary = sample("v2", &[20.0, 21.0, 22.0, 23.0, 24.0])?;
    /// let compared = SampleComparison::measure(&baseline, &canary, ConfidenceLevel::new(0.95)?)?;
    /// assert_eq!(compared.location.shift.estimate, 10.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn measure(
        baseline: &ReadSample,
        canary: &ReadSample,
        level: ConfidenceLevel,
    ) -> Result<Self, ExactTooCostly> {
        let (x, y) = (&canary.sample, &baseline.sample);
        let found = two_sample(x, y, level, Method::Auto, &mut TwoSampleScratch::default())?;
        let shift = found.shift;
        let relative = relative_shift(shift, y, level);
        let superiority = found.superiority;
        Ok(Self {
            level: level.value(),
            baseline: side(baseline),
            canary: side(canary),
            location: LocationComparison {
                shift: Bounded::new(shift.estimate, shift.interval),
                coverage: shift.interval.level,
                percent: relative.map(|ratio| Bounded::new(ratio.estimate, ratio.interval)),
            },
            superiority: SuperiorityComparison {
                probability: Bounded::new(superiority.probability, superiority.interval),
                cliffs_delta: Bounded::new(
                    superiority.cliffs_delta(),
                    superiority.cliffs_delta_interval(),
                ),
            },
            mann_whitney: TestResult::new(found.test.u, found.test.p),
            exact: found.test.exact,
            spread: SpreadComparison {
                ratio: spread_ratio(x, y, level)
                    .map(|spread| Bounded::new(spread.ratio, spread.interval)),
                brown_forsythe: brown_forsythe(x, y)
                    .map(|test| TestResult::new(test.statistic, test.p)),
            },
        })
    }
}

fn side(side: &ReadSample) -> ComparedSide {
    ComparedSide {
        column: side.column.clone(),
        points: side.sample.sorted().len(),
        gaps: side.gaps,
        median: median(side.sample.sorted()),
    }
}

impl TestResult {
    fn new(statistic: f64, p: PValues) -> Self {
        Self { statistic, two_sided: p.two_sided, less: p.less, greater: p.greater }
    }
}
