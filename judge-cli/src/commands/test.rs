//! `judge test`.

use anyhow::Context;
use judge_core::stats::comparison::{ReadSample, SampleComparison};
use judge_core::stats::{ConfidenceLevel, Sample, effective_size};

use super::exit::Exit;
use crate::args::TestArgs;
use crate::input::{self, InputError, InputProblem, InputSource};
use crate::output::Console;

/// Compares one column of two files and shows the answer.
pub(crate) fn run(args: &TestArgs, console: &Console) -> anyhow::Result<Exit> {
    if args.baseline == InputSource::Stdin && args.canary == InputSource::Stdin {
        return Err(args.baseline.error(InputProblem::StdinTwice).into());
    }
    let baseline = read(&args.baseline, args.column.as_deref(), console)?;
    let canary = read(&args.canary, args.column.as_deref(), console)?;
    for (side, read) in [("baseline", &baseline), ("canary", &canary)] {
        warn_of_autocorrelation(side, read, console);
    }
    let level = ConfidenceLevel::new(args.level).context("--level")?;
    let side = |side: &ReadSide| ReadSample {
        column: side.column.clone(),
        gaps: side.gaps,
        sample: side.sample.clone(),
    };
    let comparison = SampleComparison::measure(&side(&baseline), &side(&canary), level)?;
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

fn read(
    source: &InputSource,
    name: Option<&str>,
    console: &Console,
) -> Result<ReadSide, InputError> {
    let (column, left_out) = input::read_column(source, name)?;
    // A user who names a column knows about the others.
    if name.is_none() && !left_out.is_empty() {
        let names = input::join_names(left_out.iter().map(String::as_str));
        console.warning(format_args!("{source}: ignored, not numbers: {names}"));
    }
    let submitted = column.values.len();
    let values: Vec<f64> = column.values.into_iter().filter(|value| !value.is_nan()).collect();
    let sample = Sample::new(values.clone())
        .map_err(|error| source.error(InputProblem::Sample(column.name.clone(), error)))?;
    Ok(ReadSide { column: column.name, gaps: submitted - values.len(), values, sample })
}

/// With fewer points, autocorrelation cannot be distinguished from chance.
const FEWEST_FOR_AUTOCORRELATION: usize = 15;

/// Variance inflation from which on we warn.
const NOTABLE_INFLATION: f64 = 1.5;

/// Warns of autocorrelation: the tests assume independent points, but neighbouring points of a metric often are not.
fn warn_of_autocorrelation(name: &str, side: &ReadSide, console: &Console) {
    let Ok(effective) = effective_size(&side.values) else { return };
    let enough = side.values.len() >= FEWEST_FOR_AUTOCORRELATION;
    if enough && effective.variance_inflation >= NOTABLE_INFLATION {
        console.warning(format_args!(
            "the {name}'s points are autocorrelated: {} of them have the information of about {:.0} \
             independent points, so intervals are too narrow and p-values too small",
            side.values.len(),
            effective.size
        ));
    }
}
