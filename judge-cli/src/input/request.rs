//! Prepares a request and its judge.

use std::collections::BTreeSet;

use judge_core::judges::{self, Judge};
use judge_core::{
    CanaryConfig, JudgeError, JudgeRequest, MetricPair, Series, Tags, Thresholds, Warning, kayenta,
};
use judge_points::time::TimeZone;
use judge_sources::{AnswerError, Found, Notice, pair_by_labels};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::args::Overrides;

use super::absent;
use super::config::read_config;
use super::error::{InputError, InputProblem};
use super::side::{self, SideSeries};
use super::source::InputSource;

/// The JSON that contains the config.
#[derive(Debug)]
enum Document {
    /// The config itself.
    Config(Vec<u8>),
    /// A request that contains the config.
    Request(Vec<u8>),
}

/// A request, its judge, and warnings about the input.
pub(crate) struct Prepared {
    /// The request.
    pub(crate) request: JudgeRequest,
    /// The judge.
    pub(crate) judge: &'static dyn Judge,
    /// The input that has the config and the series, for messages.
    pub(crate) origin: InputSource,
    /// Messages for people.
    pub(crate) warnings: Vec<String>,
    document: Document,
}

impl Prepared {
    /// The unchanged config document, including fields that no judge reads.
    pub(crate) fn config_document(&self) -> Result<Value, InputError> {
        let (Document::Config(json) | Document::Request(json)) = &self.document;
        let mut document = kayenta::read_document(json)
            .map_err(|refused| self.origin.error(InputProblem::Refused(refused)))?;
        Ok(match self.document {
            Document::Config(_) => document,
            Document::Request(_) => document["canaryConfig"].take(),
        })
    }
}

/// The parts of a request in files of their own.
#[derive(Debug)]
pub(crate) struct Parts {
    /// The canary config.
    pub(crate) config: InputSource,
    /// The baseline's series.
    pub(crate) baseline: InputSource,
    /// The canary's series.
    pub(crate) canary: InputSource,
    /// Series of healthy windows.
    pub(crate) history: Vec<InputSource>,
    /// The zone of times without one.
    pub(crate) zone: Option<TimeZone>,
}

/// Reads a Kayenta remote-judge request.
pub(crate) fn from_request(
    source: InputSource,
    overrides: &Overrides,
) -> Result<Prepared, InputError> {
    let named = overrides.named_judge()?;
    let json = source.read_document()?;
    let request = match (overrides.pass, overrides.marginal) {
        // With both options the request needs no thresholds; what Kayenta stores has none.
        (Some(pass), Some(marginal)) => {
            kayenta::read_request_judged_at(&json, check_thresholds(pass, marginal)?)
        }
        _ => kayenta::read_request(&json),
    };
    let request =
        request.map_err(|refused| source.error(not_a_request(&json).unwrap_or(refused.into())))?;
    let (request, judge) = prepare(&source, request, named, overrides)?;
    let document = Document::Request(json);
    Ok(Prepared { request, judge, origin: source, warnings: Vec::new(), document })
}

/// The problem with a refused request that is a canary config or a judgement.
fn not_a_request(json: &[u8]) -> Option<InputProblem> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Keys {
        metrics: Option<IgnoredAny>,
        canary_config: Option<IgnoredAny>,
        verdict: Option<IgnoredAny>,
        score: Option<IgnoredAny>,
    }
    let keys: Keys = serde_json::from_slice(json).ok()?;
    if keys.canary_config.is_some() {
        None
    } else if keys.verdict.is_some() && keys.score.is_some() {
        Some(InputProblem::JudgementAsRequest)
    } else {
        keys.metrics.map(|_| InputProblem::ConfigAsRequest)
    }
}

/// Reads config and series. Each metric of the config becomes a pair; a side without series consists of gaps.
pub(crate) fn from_parts(parts: Parts, overrides: &Overrides) -> Result<Prepared, InputError> {
    let named = overrides.named_judge()?;
    let Parts { config: source, baseline, canary, history, zone } = parts;
    let origin = canary.clone();
    let sides = [&source, &baseline, &canary];
    read_stdin_once(&sides.into_iter().chain(&history).collect::<Vec<_>>())?;
    let json = source.read_document()?;
    let config = read_config(&source, &json)?;
    let names = first_of_each_name(&config);
    let mut seen = BTreeSet::new();
    let (history, repeated): (Vec<InputSource>, Vec<InputSource>) =
        history.into_iter().partition(|source| seen.insert(source.canonical_path()));
    let twice = |source: &InputSource| format!("{source}: given twice, which is one window");
    let mut warnings: Vec<String> = repeated.iter().map(twice).collect();
    let mut read = |source: &InputSource, role| -> Result<SideSeries, InputError> {
        let mut side = side::read(source, &config, zone.as_ref())?;
        warnings.append(&mut side.warnings);
        warnings.extend(absent::warnings(source, role, &side, &names));
        Ok(side)
    };
    let mut baseline = read(&baseline, "baseline")?;
    let mut canary = read(&canary, "canary")?;
    let history = history.iter().map(|source| read(source, "history"));
    let mut history = history.collect::<Result<Vec<SideSeries>, InputError>>()?;
    let mut pairs = Vec::with_capacity(names.len());
    for name in names {
        let [one, other] = [&mut baseline, &mut canary]
            .map(|side| side.by_metric.remove(name).unwrap_or_default());
        let (of_metric, notices) = pair_series(name, one, other).map_err(|refused| {
            origin.error(InputProblem::Pairs(name.to_owned(), Box::new(refused)))
        })?;
        warnings.extend(notices.iter().map(|notice| format!("{name}: {notice}")));
        let windows: Vec<Vec<Found>> =
            history.iter_mut().filter_map(|window| window.by_metric.remove(name)).collect();
        pairs.extend(of_metric.into_iter().map(|mut pair| {
            let of_pair = windows.iter().filter_map(|window| with_tags(window, pair.tags.as_ref()));
            // Their times belong to other days, so only their order counts.
            pair.history = of_pair.map(|series| Series { clock: None, ..series }).collect();
            pair
        }));
    }
    let thresholds = config.thresholds.unwrap_or_default();
    let request = JudgeRequest { config, thresholds, pairs, looks: None };
    let (request, judge) = prepare(&source, request, named, overrides)?;
    Ok(Prepared { request, judge, origin: source, warnings, document: Document::Config(json) })
}

/// Pairs the series of a metric. A single series a side is a pair whatever its labels are; several are paired by
/// their labels.
fn pair_series(
    name: &str,
    mut baseline: Vec<Found>,
    mut canary: Vec<Found>,
) -> Result<(Vec<MetricPair>, Vec<Notice>), AnswerError> {
    if baseline.len() > 1 || canary.len() > 1 {
        return pair_by_labels(name, baseline, canary);
    }
    let [baseline, canary] = [&mut baseline, &mut canary]
        .map(|side| side.pop().map(|found| found.series).unwrap_or_default());
    let mut pair = MetricPair::new(name, baseline, canary);
    pair.pad_absent_side();
    Ok((vec![pair], Vec::new()))
}

/// The series of a window with the tags of a pair; for a pair without tags its only series.
fn with_tags(window: &[Found], tags: Option<&Tags>) -> Option<Series> {
    let has_tags = |found: &&Found| {
        let all = tags.into_iter().flatten();
        all.into_iter().all(|(tag, value)| found.labels.get(tag) == value.as_ref())
    };
    let mut fitting = window.iter().filter(has_tags);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only.series.clone()),
        _ => None,
    }
}

/// Reads a config, and the pairs that Kayenta stores with it.
pub(crate) fn from_pairs(
    config_source: InputSource,
    pairs_source: &InputSource,
    overrides: &Overrides,
) -> Result<Prepared, InputError> {
    let named = overrides.named_judge()?;
    read_stdin_once(&[&config_source, pairs_source])?;
    let json = config_source.read_document()?;
    let config = read_config(&config_source, &json)?;
    let pairs = pairs_source.read()?;
    let pairs = kayenta::read_pairs(&pairs).map_err(|error| pairs_source.error(error.into()))?;
    let thresholds = config.thresholds.unwrap_or_default();
    let request = JudgeRequest { config, thresholds, pairs, looks: None };
    let (request, judge) = prepare(&config_source, request, named, overrides)?;
    let document = Document::Config(json);
    Ok(Prepared { request, judge, origin: config_source, warnings: Vec::new(), document })
}

/// Builds a request from a config and the pairs fetched for it.
pub(super) fn prepared_from(
    fetched: FetchedConfig,
    pairs: Vec<MetricPair>,
    warnings: Vec<String>,
    named: Option<&'static dyn Judge>,
    overrides: &Overrides,
) -> Result<Prepared, InputError> {
    let FetchedConfig { source, json, config } = fetched;
    let thresholds = config.thresholds.unwrap_or_default();
    let request = JudgeRequest { config, thresholds, pairs, looks: None };
    let (request, judge) = prepare(&source, request, named, overrides)?;
    Ok(Prepared { request, judge, origin: source, warnings, document: Document::Config(json) })
}

/// A config for which series are fetched.
pub(crate) struct FetchedConfig {
    /// The input that has it.
    pub(super) source: InputSource,
    /// The bytes of the config.
    pub(super) json: Vec<u8>,
    /// The parsed config.
    pub(super) config: CanaryConfig,
}

fn read_stdin_once(sources: &[&InputSource]) -> Result<(), InputError> {
    if sources.iter().filter(|source| ***source == InputSource::Stdin).count() > 1 {
        return Err(InputSource::Stdin.error(InputProblem::StdinTwice));
    }
    Ok(())
}

/// A config and its judge, without series. The judge accepts the config.
pub(crate) struct Judging {
    /// The config.
    pub(crate) config: CanaryConfig,
    /// The config as written.
    pub(crate) document: Value,
    /// The scores that give verdicts.
    pub(crate) thresholds: Thresholds,
    /// The judge.
    pub(crate) judge: &'static dyn Judge,
    /// Warnings about suspect parts of the config, for people.
    pub(crate) warnings: Vec<String>,
    origin: InputSource,
}

impl Judging {
    /// An error about the config.
    pub(crate) fn error(&self, refused: JudgeError) -> InputError {
        self.origin.error(InputProblem::Refused(refused))
    }
}

/// Reads a config for many canaries, and checks that its judge accepts it.
pub(crate) fn judging(source: &InputSource, overrides: &Overrides) -> Result<Judging, InputError> {
    judging_by(source, &source.read_document()?, overrides)
}

/// Parses the config `json` of `source` for many canaries, and checks that its judge accepts it.
pub(super) fn judging_by(
    source: &InputSource,
    json: &[u8],
    overrides: &Overrides,
) -> Result<Judging, InputError> {
    let named = overrides.named_judge()?;
    let refuse = |refused| source.error(InputProblem::Refused(refused));
    let config = read_config(source, json)?;
    let thresholds = config.thresholds.unwrap_or_default();
    let request = JudgeRequest { thresholds, ..JudgeRequest::without_points(config) };
    let (request, judge) = prepare(source, request, named, overrides)?;
    // The other warnings are about the missing points.
    let suspicions = judge.judge(&request).map_err(refuse)?.warnings.into_iter();
    let suspicions = suspicions.filter(|warning| matches!(warning, Warning::Suspect(_)));
    let warnings = suspicions.map(|warning| warning.to_string()).collect();
    let JudgeRequest { config, thresholds, .. } = request;
    Ok(Judging {
        config,
        document: kayenta::read_document(json).map_err(refuse)?,
        thresholds,
        judge,
        warnings,
        origin: source.clone(),
    })
}

fn first_of_each_name(config: &CanaryConfig) -> Vec<&str> {
    let mut seen = std::collections::BTreeSet::new();
    let names = config.metrics.iter().map(|metric| metric.name.as_str());
    names.filter(|name| seen.insert(*name)).collect()
}

/// Applies the options of the command line to `request`, and chooses its judge.
fn prepare(
    origin: &InputSource,
    mut request: JudgeRequest,
    named: Option<&'static dyn Judge>,
    overrides: &Overrides,
) -> Result<(JudgeRequest, &'static dyn Judge), InputError> {
    request.thresholds = overrides.thresholds(request.thresholds)?;
    request.looks = overrides.looks.or(request.looks);
    let judge = named
        .map_or_else(|| judges::built_in().chosen_by(&request), Ok)
        .map_err(|refused| origin.error(InputProblem::Refused(refused)))?;
    Ok((request, judge))
}

impl Overrides {
    /// The judge that the command line names, if any.
    pub(crate) fn named_judge(&self) -> Result<Option<&'static dyn Judge>, InputError> {
        let Some(name) = &self.judge else {
            return Ok(None);
        };
        judges::built_in().by_name(name).map(Some).map_err(|_: JudgeError| InputError {
            origin: "--judge".to_owned(),
            problem: InputProblem::UnknownJudge {
                name: name.clone(),
                known: judges::built_in().iter().map(Judge::name).collect::<Vec<_>>().join(", "),
            },
        })
    }

    fn thresholds(&self, given: Thresholds) -> Result<Thresholds, InputError> {
        let pass = self.pass.unwrap_or(given.pass());
        let marginal = self.marginal.unwrap_or(given.marginal());
        let overridden = self.pass.is_some() || self.marginal.is_some();
        if overridden && marginal > pass {
            return Err(InputError {
                origin: "thresholds".to_owned(),
                problem: InputProblem::Thresholds { pass, marginal },
            });
        }
        check_thresholds(pass, marginal)
    }
}

fn check_thresholds(pass: f64, marginal: f64) -> Result<Thresholds, InputError> {
    Thresholds::new(pass, marginal).map_err(|problem| InputError {
        origin: format!("--{}", problem.path),
        problem: InputProblem::Thresholds { pass, marginal },
    })
}
