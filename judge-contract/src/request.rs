//! Requests.

use judge_core::{
    CanaryConfig, Clock, JudgeError, JudgeRequest, Looks, MetricPair, Problem, Series, judges,
    kayenta,
};

use crate::reading::Reading;
use crate::{Dialect, Problems, config, limits, proto};

const NANOS_A_MILLI: i64 = 1_000_000;
const MILLIS_A_SECOND: i64 = 1_000;

/// Errors have the fields' names as in the messages.
impl TryFrom<proto::JudgeRequest> for JudgeRequest {
    type Error = Problems;

    fn try_from(request: proto::JudgeRequest) -> Result<Self, Problems> {
        use proto::judge_request::Config;
        let mut problems = Problems::default();
        let config = match request.config {
            None => {
                let allowed = "canaryConfig or kayentaConfigJson";
                problems.push(|| Problem::error("config", "missing", allowed));
                None
            }
            Some(Config::CanaryConfig(config)) => {
                config::read(config, &mut Reading::new("canaryConfig", &mut problems))
            }
            Some(Config::KayentaConfigJson(json)) => {
                config::read_kayenta(&json, "kayentaConfigJson", &mut problems)
            }
        };
        let thresholds = match (request.thresholds, &config) {
            (Some(thresholds), _) => {
                config::read_thresholds(thresholds, &mut Reading::new("thresholds", &mut problems))
            }
            (None, Some(config)) => {
                if config.thresholds.is_none() {
                    let allowed = "thresholds, here or in the config";
                    problems.push(|| Problem::error("thresholds", "missing", allowed));
                }
                config.thresholds
            }
            (None, None) => None,
        };
        // Checked here, because only here it is known that the request names the judge, not its config.
        let unknown =
            request.judge.as_deref().and_then(|name| judges::built_in().by_name(name).err());
        for problem in unknown.iter().flat_map(JudgeError::problems) {
            problems.push(|| Problem { path: "judge".to_owned(), ..problem.clone() });
        }
        if let Some(problem) = limits::too_long_id(&request.id) {
            problems.push(|| problem);
        }
        let pairs = read_pairs(request.pairs, &mut problems);
        let looks = request.looks.and_then(|looks| read_looks(looks, &mut problems));
        match (config, thresholds) {
            (Some(mut config), Some(thresholds)) if problems.count() == 0 => {
                config.judge = request.judge.or(config.judge);
                Ok(Self { config, thresholds, pairs, looks })
            }
            _ => Err(problems),
        }
    }
}

/// A config to check, or all its problems if it cannot be read.
#[derive(Debug)]
pub struct ConfigToCheck {
    /// The caller's encoding, for the names of its fields.
    pub dialect: Dialect,
    /// The config, or why there is none.
    pub read: Result<CanaryConfig, Problems>,
}

/// Reads the config of a `ValidateConfigRequest`.
pub fn read_config_to_check(config: proto::validate_config_request::Config) -> ConfigToCheck {
    use proto::validate_config_request::Config;
    match config {
        Config::CanaryConfig(config) => {
            let mut problems = Problems::default();
            let config = config::read(config, &mut Reading::new("canaryConfig", &mut problems));
            ConfigToCheck { dialect: Dialect::Messages, read: config.ok_or(problems) }
        }
        Config::KayentaConfigJson(json) => {
            let config = kayenta::read_config(json.as_bytes()).ok();
            let nameless: Vec<Problem> = config.iter().flat_map(config::nameless).collect();
            let read = config.filter(|_| nameless.is_empty()).ok_or_else(|| {
                // The errors, and everything suspect.
                let found = nameless.into_iter().chain(kayenta::check_config(json.as_bytes()));
                found.map(|problem| problem.within("kayentaConfigJson")).collect()
            });
            ConfigToCheck { dialect: Dialect::KayentaText, read }
        }
    }
}

fn read_pairs(pairs: Vec<proto::MetricPair>, problems: &mut Problems) -> Vec<MetricPair> {
    let mut read = Vec::with_capacity(pairs.len());
    for (index, pair) in pairs.into_iter().enumerate() {
        if pair.name.is_empty() {
            problems.push(|| {
                let path = format!("pairs[{index}].name");
                Problem::error(path, "missing", "the name of a metric in the config")
            });
        }
        let path = |series: &str| format!("pairs[{index}].{series}");
        let baseline = read_side(pair.baseline, || path("baseline"), problems);
        let canary = read_side(pair.canary, || path("canary"), problems);
        let mut history = Vec::with_capacity(pair.history.len());
        for (at, series) in pair.history.into_iter().enumerate() {
            history.extend(read_series(series, || path(&format!("history[{at}]")), problems));
        }
        if let (Some(baseline), Some(canary)) = (baseline, canary) {
            let tags = pair.tags.into_iter().map(|(tag, value)| (tag, Some(value)));
            let tags = if tags.len() == 0 { None } else { Some(tags.collect()) };
            let (name, id) = (pair.name, pair.id);
            read.push(MetricPair { name, id, tags, baseline, canary, history });
        }
    }
    read
}

fn read_looks(looks: proto::Looks, problems: &mut Problems) -> Option<Looks> {
    match Looks::new(looks.number, looks.planned) {
        Ok(read) if looks.sliding => Some(read.sliding()),
        Ok(read) => Some(read),
        Err(problem) => {
            problems.push(|| problem.within("looks"));
            None
        }
    }
}

fn read_side(
    series: Option<proto::Series>,
    path: impl Fn() -> String,
    problems: &mut Problems,
) -> Option<Series> {
    if series.is_none() {
        let allowed = "a series, empty if there is no point";
        problems.push(|| Problem::error(path(), "missing", allowed));
    }
    read_series(series?, path, problems)
}

fn read_series(
    proto::Series { values, times }: proto::Series,
    path: impl Fn() -> String,
    problems: &mut Problems,
) -> Option<Series> {
    use proto::series::Times;
    let clock = match times {
        None => Ok(None),
        Some(Times::Clock(clock)) => read_clock(clock).map(Some),
        Some(Times::Timestamps(times)) => even_clock(&times.millis, values.len()),
    };
    match clock {
        Ok(clock) => Some(Series { values, clock }),
        Err(problem) => {
            problems.push(|| problem.within(&path()));
            None
        }
    }
}

pub(crate) fn read_clock(clock: proto::Clock) -> Result<Clock, Problem> {
    let start_millis = clock
        .start
        .and_then(|start| millis(start.seconds, start.nanos))
        .ok_or_else(|| Problem::error("clock.start", "missing or out of range", "a time"))?;
    let step_millis = clock
        .step
        .and_then(|step| millis(step.seconds, step.nanos))
        .and_then(|step| u64::try_from(step).ok())
        .ok_or_else(|| {
            Problem::error("clock.step", "missing or negative", "a duration of at least 1 ms")
        })?;
    Clock::new(start_millis, step_millis).map_err(|problem| problem.within("clock"))
}

fn millis(seconds: i64, nanos: i32) -> Option<i64> {
    seconds.checked_mul(MILLIS_A_SECOND)?.checked_add(i64::from(nanos) / NANOS_A_MILLI)
}

/// The clock of evenly spaced times; `None` for other times.
fn even_clock(times: &[i64], points: usize) -> Result<Option<Clock>, Problem> {
    const PATH: &str = "timestamps.millis";
    if times.len() != points {
        let found = format!("{} times", times.len());
        return Err(Problem::error(PATH, found, format!("one for each of the {points} points")));
    }
    let increasing = |pair: &[i64]| matches!(pair, [earlier, later] if earlier < later);
    if let Some(index) = times.windows(2).position(|pair| !increasing(pair)) {
        let path = format!("{PATH}[{}]", index + 1);
        let allowed = "a time after the one before it";
        return Err(Problem::error(path, times[index + 1], allowed));
    }
    let [first, second, ..] = times else { return Ok(None) };
    let step_millis = first.abs_diff(*second);
    let even = times
        .windows(2)
        .all(|pair| matches!(pair, [earlier, later] if earlier.abs_diff(*later) == step_millis));
    Ok(Clock::new(*first, step_millis).ok().filter(|_| even))
}
