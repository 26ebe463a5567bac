//! `scenarios real --folder DIR`: false alarms and detected harm on recorded series.

mod judging;
mod report;
mod rows;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use judge_core::config::Direction;
use judge_scenarios::real_series::{
    EightHarm, HARMS, HarmSubject, PairClass, RealPair, RealSeries, Seeds, eight_series, pairs,
    read_faults, read_series,
};

use crate::bench::Bench;
use crate::options::Options;
use crate::progress::say;
use judging::{Case, CaseOutcome, request, stops};
pub(crate) use judging::{JUDGES, in_parallel};
use report::RealReport;

/// Default number of points a side.
pub(crate) const SIZES: [usize; 5] = [15, 30, 60, 120, 240];
/// Number of windows of a series at one size, for false alarms.
pub(crate) const WINDOWS: usize = 6;
/// Numbers of windows for harm: per solo series, and per concurrent series, since few concurrent windows are alike.
const HARM_WINDOWS: (usize, usize) = (1, 4);
/// Injects harm into at most this many solo series of a source, so that a large source does not take all the time.
const HARM_SERIES: usize = 40;

/// Reads the folder, judges all pairs, then prints tables or one JSON document.
pub(crate) fn measure(folder: &Path, options: &Options, bench: &mut Bench) -> Result<()> {
    let series = read_series(folder)?;
    let faults = read_faults(folder)?;
    say(&format!("{} series and {} faults in {}", series.len(), faults.len(), folder.display()));
    let run = Run { options, seeds: Seeds(options.seeds()), points: options.sizes(&SIZES) };
    let mut rows = rows::alarms(&run.alarms(&series, bench), run.seeds, &run.points);
    rows.extend(rows::found(&run.harm(&series, bench), run.seeds, &run.points));
    rows.extend(rows::eight(&run.eight(&series, bench), run.seeds, &run.points));
    rows.extend(rows::faults(&run.faults(&faults, bench), run.seeds, &run.points));
    let report = RealReport {
        seeds: options.seeds(),
        direction: options.direction,
        points: run.points,
        judges: JUDGES,
        rows,
        refused: bench.refused(),
    };
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        text::print(&report);
    }
    Ok(())
}

/// The options that all parts of a measurement share.
struct Run<'a> {
    options: &'a Options,
    seeds: Seeds,
    points: Vec<usize>,
}

impl Run<'_> {
    fn with_sizes<'s>(&self, series: &[&'s RealSeries]) -> Vec<(&'s RealSeries, usize)> {
        let sizes = |series: &&'s RealSeries| {
            let series = *series;
            self.points.iter().map(move |points| (series, *points))
        };
        series.iter().flat_map(sizes).collect()
    }

    /// Judges healthy pairs of every class.
    fn alarms(&self, series: &[RealSeries], bench: &mut Bench) -> Vec<CaseOutcome> {
        let work = self.with_sizes(&series.iter().collect::<Vec<_>>());
        in_parallel("false alarms", &work, bench, |(series, points), bench| {
            let judge = |pair: RealPair| {
                let judged = pair.metric_pair("m", pair.canary.clone());
                let request = request(vec![judged], self.options.direction, self.options);
                CaseOutcome {
                    case: Case::new(&pair, *points, series.entity(), series.metric()),
                    source: series.source().into(),
                    stopped: stops(&request, bench),
                }
            };
            pairs(series, *points, WINDOWS, self.seeds).into_iter().map(judge).collect()
        })
    }

    /// Judges every pair with every applicable harm.
    fn harm(&self, series: &[RealSeries], bench: &mut Bench) -> Vec<CaseOutcome> {
        let work = self.with_sizes(&self.choose_series(series));
        in_parallel("harm", &work, bench, |(series, points), bench| {
            self.judge_with_harm(series, *points, bench)
        })
    }

    fn judge_with_harm(
        &self,
        series: &RealSeries,
        points: usize,
        bench: &mut Bench,
    ) -> Vec<CaseOutcome> {
        let solo = matches!(series.points(), judge_scenarios::real_series::SeriesPoints::Solo(_));
        let most = if solo { HARM_WINDOWS.0 } else { HARM_WINDOWS.1 };
        let mut healthy_pairs = pairs(series, points, most, self.seeds);
        healthy_pairs.retain(|pair| pair.alike && pair.class != PairClass::EvenOdd);
        let mut outcomes = Vec::new();
        for pair in healthy_pairs {
            let subject = HarmSubject::new(&pair.baseline, &pair.canary);
            for harm in HARMS {
                let name = format!(
                    "{} {}|{}|{}|{points}|{}|{}",
                    harm.name,
                    harm.size,
                    series.source(),
                    series.metric(),
                    pair.class.name(),
                    pair.start
                );
                let mut random = self.seeds.random(&name);
                let Some(canary) = subject.inject(harm, &mut random) else { continue };
                let direction = match self.options.direction {
                    Direction::Either => Direction::Either,
                    _ => harm.direction,
                };
                let judged = pair.metric_pair("m", canary);
                let request = request(vec![judged], direction, self.options);
                let case = Case::new(&pair, points, series.entity(), series.metric());
                outcomes.push(CaseOutcome {
                    case: case.with_harm(harm.name, harm.size, subject.is_practical(harm)),
                    source: series.source().into(),
                    stopped: stops(&request, bench),
                });
            }
        }
        outcomes
    }

    /// Chooses the series into which we inject harm: all concurrent ones, and at most [`HARM_SERIES`] solo ones of
    /// each source.
    fn choose_series<'s>(&self, series: &'s [RealSeries]) -> Vec<&'s RealSeries> {
        let mut by_source: BTreeMap<(&str, bool), Vec<&RealSeries>> = BTreeMap::new();
        for series in series {
            let solo =
                matches!(series.points(), judge_scenarios::real_series::SeriesPoints::Solo(_));
            by_source.entry((series.source(), solo)).or_default().push(series);
        }
        let mut chosen = Vec::new();
        for ((source, solo), series) in by_source {
            let most = if solo { HARM_SERIES } else { series.len() };
            let mut random = self.seeds.random(&format!("series with harm|{source}"));
            let indices = random.distinct(most, series.len());
            chosen.extend(indices.into_iter().map(|index| series[index]));
        }
        chosen
    }

    /// Judges canaries of six to eight metrics of one entity.
    fn eight(&self, series: &[RealSeries], bench: &mut Bench) -> Vec<CaseOutcome> {
        let mut entities: BTreeMap<(&str, &str), Vec<&RealSeries>> = BTreeMap::new();
        for series in series {
            entities.entry((series.source(), series.entity())).or_default().push(series);
        }
        let entities: Vec<Vec<&RealSeries>> = entities.into_values().collect();
        let classes = [PairClass::Coin, PairClass::Conc, PairClass::After];
        let mut work = Vec::new();
        for entity in &entities {
            for points in &self.points {
                work.extend(classes.map(|class| (entity, *points, class)));
            }
        }
        in_parallel("eight metrics", &work, bench, |(entity, points, class), bench| {
            let mut outcomes = Vec::new();
            for (draw, metrics) in eight_series(entity, *class, *points, self.seeds) {
                for harm in EightHarm::ALL {
                    let mut request = harm.request(&metrics, self.options.direction);
                    request.config.evidence = self.options.evidence.clone();
                    let series = format!("draw {draw}");
                    let case = Case::new(&metrics[0], *points, entity[0].entity(), &series);
                    outcomes.push(CaseOutcome {
                        case: case.with_harm(harm.name, harm.size, false),
                        source: entity[0].source().into(),
                        stopped: stops(&request, bench),
                    });
                }
            }
            outcomes
        })
    }

    /// Judges the first points during each fault against the last points before it.
    fn faults(
        &self,
        faults: &[judge_scenarios::real_series::Fault],
        bench: &mut Bench,
    ) -> Vec<CaseOutcome> {
        let sizes = |fault| self.points.iter().map(move |points| (fault, *points));
        let work: Vec<_> = faults.iter().flat_map(sizes).collect();
        in_parallel("faults", &work, bench, |(fault, points), bench| {
            let all = fault.pairs(*points);
            let hurt: Vec<_> = all.iter().filter(|pair| pair.name == fault.hurt).cloned().collect();
            let mut outcomes = Vec::new();
            for (name, pairs) in [("all metrics", all), ("the metric hurt", hurt)] {
                if !pairs.is_empty() {
                    let request = request(pairs, self.options.direction, self.options);
                    outcomes.push(CaseOutcome {
                        case: Case::fault(name, *points, &fault.fault, &fault.run),
                        source: "faults".into(),
                        stopped: stops(&request, bench),
                    });
                }
            }
            outcomes
        })
    }
}
