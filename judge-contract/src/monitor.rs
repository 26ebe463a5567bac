//! Monitors: their start, their points, and their reports, from and to the messages of the `Monitor` call.

use judge_core::judges::{self, EvidenceJudge, Judge};
use judge_core::monitor::{
    ArrivedPoints, Monitor, MonitorReport, MonitoredMetric, PointTimes, RefusedPoints, StepTimes,
    TimedMonitor,
};
use judge_core::{JudgeRequest, Problem, Side};

use crate::limits::Limits;
use crate::request::read_clock;
use crate::times::{length, millis_of, time};
use crate::{Dialect, Problems, guard, proto};

/// A monitor, and the other settings of its start.
#[derive(Debug)]
pub struct StartedMonitor {
    /// The caller's id of the monitor.
    pub id: String,
    /// The name of its config.
    pub config_name: String,
    /// The monitor, without points.
    pub monitor: TimedMonitor,
    /// Steps from one verdict to the next.
    pub verdict_every: i64,
}

impl StartedMonitor {
    /// Reads the start of a monitor.
    ///
    /// # Errors
    /// If no monitor can be started with it.
    pub fn read(start: proto::MonitorStart, limits: &Limits) -> Result<Self, Problems> {
        Self::read_parts(start, limits).map_err(|problems| problems.within("start"))
    }

    fn read_parts(start: proto::MonitorStart, limits: &Limits) -> Result<Self, Problems> {
        let times = step_times(&start)?;
        let verdict_every = i64::from(start.verdict_every.max(1));
        let (id, metrics) = (start.id.clone(), start.metrics);
        let config = start.config.map(|config| match config {
            proto::monitor_start::Config::CanaryConfig(config) => {
                proto::judge_request::Config::CanaryConfig(config)
            }
            proto::monitor_start::Config::KayentaConfigJson(json) => {
                proto::judge_request::Config::KayentaConfigJson(json)
            }
        });
        if let Some(proto::judge_request::Config::KayentaConfigJson(json)) = &config {
            guard::check_config_text(json, limits)?;
        }
        // A start has the same content as a request without points.
        let (thresholds, judge) = (start.thresholds, start.judge);
        let request =
            proto::JudgeRequest { id: start.id, config, thresholds, judge, ..Default::default() };
        let dialect = Dialect::from_request(&request);
        let request = JudgeRequest::try_from(request)?;
        let chosen = limits.check(&request).and_then(|()| judges::built_in().chosen_by(&request));
        let judge = chosen.map_err(|refused| dialect.name_all(&refused))?.name();
        if judge != EvidenceJudge.name() {
            return Err(Problem::error("judge", judge, EvidenceJudge.name()).into());
        }
        let JudgeRequest { config, thresholds, .. } = request;
        let config_name = config.name.clone();
        let config = config.with_metrics(&metrics).map_err(|unknown| {
            let at =
                |problem: Problem| Problem { path: format!("metrics{}", problem.path), ..problem };
            unknown.into_iter().map(at).collect::<Problems>()
        })?;
        let monitor = Monitor::new(config, thresholds);
        let monitor = monitor.map_err(|refused| dialect.name_all(&refused))?;
        Ok(Self { id, config_name, monitor: TimedMonitor::new(monitor, times), verdict_every })
    }
}

fn step_times(start: &proto::MonitorStart) -> Result<StepTimes, Problems> {
    let missing = |path: &str, allowed: &str| Problem::error(path, "missing", allowed);
    let begin = start.start_time.as_ref().map(millis_of);
    let begin = begin.ok_or_else(|| missing("startTime", "the start of the canary"))?;
    let step = length("step", start.step)?;
    let step = step.ok_or_else(|| missing("step", "the length of a step"))?;
    let offset = length("baselineOffset", start.baseline_offset)?.unwrap_or_default();
    Ok(StepTimes::new(begin, step)?.with_baseline_offset(offset))
}

/// One side of a series of a message.
struct SidePoints {
    /// Of the message.
    series: usize,
    side: Side,
    values: Vec<f64>,
    times: SideTimes,
}

enum SideTimes {
    Clock(judge_core::Clock),
    Millis(Vec<i64>),
}

/// Adds the points of a message.
///
/// # Errors
/// If they are too many, or violate the contract or the monitor's rules.
pub fn add_points(
    monitor: &mut TimedMonitor,
    points: proto::MonitorPoints,
    limits: &Limits,
) -> Result<(), Problems> {
    let complete_to = points.complete_to.as_ref().map(millis_of);
    let mut names = Vec::with_capacity(points.series.len());
    let mut sides = Vec::with_capacity(2 * points.series.len());
    for (index, series) in points.series.into_iter().enumerate() {
        names.push(series.name);
        for (side, series) in [(Side::Canary, series.canary), (Side::Baseline, series.baseline)] {
            if let Some(series) = series.filter(|series| !series.values.is_empty()) {
                let read = read_side(index, side, series);
                sides.push(read.map_err(|problem| problem.within(&path(index, side)))?);
            }
        }
    }
    let count: usize = sides.iter().map(|side| side.values.len()).sum();
    if count > limits.total_points {
        let allowed = format!("at most {} together", limits.total_points);
        return Err(Problem::error("points.series", format!("{count} points"), allowed).into());
    }
    let arrived: Vec<ArrivedPoints<'_>> = sides
        .iter()
        .map(|side| ArrivedPoints {
            metric: &names[side.series],
            side: side.side,
            times: match &side.times {
                SideTimes::Clock(clock) => PointTimes::Clock(*clock),
                SideTimes::Millis(millis) => PointTimes::Millis(millis),
            },
            values: &side.values,
        })
        .collect();
    monitor.add(&arrived, complete_to).map_err(|RefusedPoints { series, problem, .. }| {
        let SidePoints { series, side, .. } = sides[series];
        if problem.path == "metric" {
            return Problem { path: format!("points.series[{series}].name"), ..problem }.into();
        }
        problem.within(&path(series, side)).into()
    })
}

fn path(series: usize, side: Side) -> String {
    format!("points.series[{series}].{}", side.name())
}

fn read_side(index: usize, side: Side, series: proto::Series) -> Result<SidePoints, Problem> {
    let proto::Series { values, times } = series;
    let times = match times {
        Some(proto::series::Times::Clock(clock)) => SideTimes::Clock(read_clock(clock)?),
        Some(proto::series::Times::Timestamps(times)) => SideTimes::Millis(times.millis),
        None => return Err(Problem::error("times", "missing", "clock or timestamps")),
    };
    Ok(SidePoints { series: index, side, values, times })
}

/// The report of a monitor; `last` if no more points come.
pub fn response(
    id: String,
    report: MonitorReport,
    times: StepTimes,
    last: bool,
) -> proto::MonitorResponse {
    let through = report.complete_through;
    let metrics = report.metrics.into_iter().map(|metric| monitored(metric, times));
    proto::MonitorResponse {
        id,
        verdict: proto::Verdict::from(report.verdict).into(),
        score: report.score,
        reason: report.reason,
        complete_to: through.map(|step| time(times.end_of(step))),
        steps: through.map_or(0, |step| step.saturating_add(1).unsigned_abs()),
        late: report.late,
        last,
        metrics: metrics.collect(),
    }
}

fn monitored(metric: MonitoredMetric, times: StepTimes) -> proto::MonitoredMetric {
    let explanation = metric.explanation();
    proto::MonitoredMetric {
        name: metric.name,
        classification: proto::Classification::from(metric.classification).into(),
        explanation,
        pairs: metric.pairs,
        gaps: metric.gaps,
        evidence: metric.evidence,
        needed: metric.needed,
        alarm: metric.alarm.map(|alarm| proto::MonitorAlarm {
            step: alarm.at,
            end_time: Some(time(times.end_of(alarm.at))),
            change: proto::Change::from(alarm.change).into(),
        }),
        shift: metric.shift,
        mean_ratio: metric.mean_ratio,
    }
}
