//! `judge config try`.

use judge_sources::{FetchedMetric, FetchedSide, Found, Notice, QueryFailure, SettingNames};

use super::exit::Exit;
use crate::args::TryArgs;
use crate::input::{Fetcher, fetch_request, fetched_queries, is_bad_input, now, window};
use crate::output::{Console, Tried, TriedMetric, TriedSide};

/// Runs every query once and shows the result.
pub(crate) fn run(args: &TryArgs, console: &Console) -> anyhow::Result<Exit> {
    let request = fetch_request(&args.scopes, window(&args.times, args.scopes.step, now())?)?;
    let queries = fetched_queries(args.config.clone())?;
    let fetched = Fetcher::new(&args.from, queries)?.fetch_each(&request);
    let failed = fetched.iter().any(|(_, found)| found.is_err());
    let bad_input = fetched
        .iter()
        .any(|(_, found)| found.as_ref().is_err_and(|failures| failures.iter().any(is_bad_input)));
    let odd = fetched.iter().any(|(_, found)| found.as_ref().is_ok_and(is_odd));
    let metrics: Vec<TriedMetric> =
        fetched.into_iter().map(|(metric, found)| tried_metric(metric, found)).collect();
    console.tried(&metrics, args.format)?;
    Ok(if bad_input || (odd && !failed) {
        Exit::BadInput
    } else if failed {
        Exit::Other
    } else {
        Exit::Done
    })
}

/// Whether a metric looks wrong. A constant 0 has a warning but does not count, since healthy sides have no errors.
fn is_odd(found: &FetchedMetric) -> bool {
    let is_stuck = |side| constant(side).is_some_and(|value| value != 0.0);
    found.notices.iter().any(|notice| !notice.is_usual())
        || is_stuck(&found.baseline)
        || is_stuck(&found.canary)
}

fn tried_metric(metric: String, found: Result<FetchedMetric, Vec<QueryFailure>>) -> TriedMetric {
    let found = match found {
        Err(failures) => {
            Tried::Failed { errors: failures.iter().map(ToString::to_string).collect() }
        }
        Ok(found) => {
            let (usual, doubts): (Vec<&Notice>, Vec<&Notice>) =
                found.notices.iter().partition(|n| n.is_usual());
            let named = |notice: &Notice| notice.named(SettingNames::Flags);
            let mut odd: Vec<String> = doubts.into_iter().map(named).collect();
            for (name, side) in [("baseline", &found.baseline), ("canary", &found.canary)] {
                odd.extend(constant(side).map(|value| {
                    format!(
                        "every point of the {name} is {value}; does the query measure anything?"
                    )
                }));
            }
            Tried::Found {
                source: found.source.clone(),
                unit: found.unit.clone(),
                pairs: found.pairs.len(),
                baseline: Box::new(side(&found.baseline)),
                canary: Box::new(side(&found.canary)),
                notes: usual.into_iter().map(named).collect(),
                odd,
            }
        }
    };
    TriedMetric { metric, found }
}

/// The constant value of a side with two points or more, if it has one.
fn constant(side: &FetchedSide) -> Option<f64> {
    let mut points = points(side);
    let first = points.next()?;
    let second = points.next()?;
    (second == first && points.all(|point| point == first)).then_some(first)
}

fn points(side: &FetchedSide) -> impl Iterator<Item = f64> {
    let values = side.series.iter().flat_map(|Found { series, .. }| &series.values);
    values.copied().filter(|value| !value.is_nan())
}

fn side(side: &FetchedSide) -> TriedSide {
    let points = points(side).count();
    let all: usize = side.series.iter().map(|found| found.series.values.len()).sum();
    let range = self::points(side).fold(None, |range: Option<(f64, f64)>, value| {
        let (least, most) = range.unwrap_or((value, value));
        Some((least.min(value), most.max(value)))
    });
    TriedSide {
        query: side.query.clone(),
        series: side.series.len(),
        points,
        gaps: all - points,
        least: range.map(|(least, _)| least),
        most: range.map(|(_, most)| most),
    }
}
