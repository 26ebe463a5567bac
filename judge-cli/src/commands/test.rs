//! `judge test`.

use anyhow::Context;
use judge_core::stats::{
    ConfidenceLevel, Method, Sample, TwoSampleScratch, brown_forsythe, effective_size,
    relative_shift, spread_ratio, two_sample,
};

use super::exit::Exit;
use crate::args::TestArgs;
use crate::input::{self, InputError, InputProblem, Source};
use crate::output::{
    Bounded, Console, LocationComparison, SampleComparison, SideSummary, SpreadComparison,
    SuperiorityComparison, TestResult,
};

/// Compares one column of two files and shows the answer.
pub(crate) fn run(args: &TestArgs, console: &Console) -> anyhow::Result<Exit> {
    if args.baseline == Source::Stdin && args.canary == Source::Stdin {
        return Err(args.baseline.error(InputProblem::StdinTwice).into());
    }
    let baseline = read(&args.baseline, args.column.as_deref(), console)?;
    let canary = read(&args.canary, args.column.as_deref(), console)?;
    for (side, read) in [("baseline", &baseline), ("canary", &canary)] {
        warn_of_memory(side, read, console);
    }
    let level = ConfidenceLevel::new(args.level).context("--level")?;
    let comparison = compare(&baseline, &canary, level)?;
    console.comparison(&comparison, args.format)?;
    Ok(Exit::Done)
}

struct ReadSide {
    column: String,
    /// In order of time, without gaps.
    values: Vec<f64>,
    gaps: usize,
    sample: Sample,
}

fn read(source: &Source, name: Option<&str>, console: &Console) -> Result<ReadSide, InputError> {
    let (column, left_out) = input::read_column(source, name)?;
    // A named column was chosen knowingly.
    if name.is_none() && !left_out.is_empty() {
        let names = input::listed(left_out.iter().map(String::as_str));
        console.warning(format_args!("{source}: ignored, not numbers: {names}"));
    }
    let submitted = column.values.len();
    let values: Vec<f64> = column.values.into_iter().filter(|value| !value.is_nan()).collect();
    let sample = Sample::new(values.clone())
        .map_err(|error| source.error(InputProblem::Sample(column.name.clone(), error)))?;
    Ok(ReadSide { column: column.name, gaps: submitted - values.len(), values, sample })
}

/// With fewer points, autocorrelation cannot be told from chance.
const FEWEST_WITH_MEMORY: usize = 15;

/// Variance inflation from which on the user is warned.
const NOTABLE_INFLATION: f64 = 1.5;

/// The tests assume independent points, but neighbouring points of a metric often are not.
fn warn_of_memory(name: &str, side: &ReadSide, console: &Console) {
    let Ok(effective) = effective_size(&side.values) else { return };
    let enough = side.values.len() >= FEWEST_WITH_MEMORY;
    if enough && effective.variance_inflation >= NOTABLE_INFLATION {
        console.warning(format_args!(
            "the {name}'s points are autocorrelated: {} of them have the information of about {:.0} \
             independent points, so intervals are too narrow and p-values too small",
            side.values.len(),
            effective.size
        ));
    }
}

fn compare(
    baseline: &ReadSide,
    canary: &ReadSide,
    level: ConfidenceLevel,
) -> anyhow::Result<SampleComparison> {
    let (x, y) = (&canary.sample, &baseline.sample);
    let found = two_sample(x, y, level, Method::Auto, &mut TwoSampleScratch::default())?;
    let shift = found.shift;
    let relative = relative_shift(shift, y, level);
    let superiority = found.superiority;
    Ok(SampleComparison {
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
        mann_whitney: TestResult {
            statistic: found.test.u,
            two_sided: found.test.p.two_sided,
            less: found.test.p.less,
            greater: found.test.p.greater,
        },
        exact: found.test.exact,
        spread: SpreadComparison {
            ratio: spread_ratio(x, y, level)
                .map(|spread| Bounded::new(spread.ratio, spread.interval)),
            brown_forsythe: brown_forsythe(x, y).map(|test| TestResult {
                statistic: test.statistic,
                two_sided: test.p.two_sided,
                less: test.p.less,
                greater: test.p.greater,
            }),
        },
    })
}

fn side(side: &ReadSide) -> SideSummary {
    SideSummary {
        column: side.column.clone(),
        points: side.values.len(),
        gaps: side.gaps,
        median: judge_core::stats::median(side.sample.sorted()),
    }
}
