//! Kayenta's JSON, in and out.
//!
//! NaN and the infinities are the strings `"NaN"`, `"Infinity"` and `"-Infinity"`. The readers also accept
//! them without quotes, as JSON5 and Python write them, and read `null` in a series as a gap. They ignore
//! fields that no judge reads. A pair may have `history` beside its `values`, a list of healthy series, and a
//! request `looks`, such as `{"number": 3, "planned": 6}`; Kayenta knows neither.
//!
//! The readers report every problem at once, each with its path.

mod bare_words;
mod config;
mod document;
mod evidence;
mod looks;
mod repeated_keys;
mod request;
mod write_request;
mod write_result;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::{CanaryConfig, Thresholds};
use crate::error::JudgeError;
use crate::judgement::Judgement;
use crate::judges::{self, Judge, NetflixAcaJudge};
use crate::problem::{Problem, Severity};
use crate::request::JudgeRequest;
use crate::series::MetricPair;

use self::document::Node;

/// Reads a canary config. Suspect parts are kept in [`CanaryConfig::noticed`].
///
/// # Errors
/// With every problem at once, if the bytes are not JSON or no judge accepts the config.
///
/// # Example
/// ```
/// let config = br#"{
///     "name": "checkout",
///     "metrics": [{"name": "latency", "groups": ["Latency"]}],
///     "classifier": {"groupWeights": {"Latency": 100}}
/// }"#;
/// let config = judge_core::kayenta::read_config(config)?;
/// assert_eq!(config.metrics[0].name, "latency");
/// # Ok::<(), judge_core::JudgeError>(())
/// ```
pub fn read_config(json: &[u8]) -> Result<CanaryConfig, JudgeError> {
    let document: serde_json::Value = parse(json)?;
    let (config, problems) = config::read(&document);
    config.ok_or(problems).or_else(refuse)
}

/// Every problem with a canary config: errors, suspicions, and keys that are ignored. What the judge that the
/// config names refuses is an error.
///
/// # Example
/// ```
/// let problems = judge_core::kayenta::check_config(br#"{"metrics": 5}"#);
/// assert_eq!(problems[0].path, "metrics");
/// ```
pub fn check_config(json: &[u8]) -> Vec<Problem> {
    match parse(json) {
        Err(refused) => refused.problems().to_vec(),
        Ok(document) => match config::read(&document) {
            (Some(config), _) => judged_by(config),
            (None, problems) => refused_by_judge(&document, problems),
        },
    }
}

/// The problems of a config that no judge accepts. What is only suspect is an error too, unless the config names the
/// parity judge.
fn refused_by_judge(document: &serde_json::Value, problems: Vec<Problem>) -> Vec<Problem> {
    let named = config::read_judge(&Node::root(document).field("judge"), &mut Vec::new());
    if named.is_some_and(|name| name == NetflixAcaJudge.name()) {
        return problems;
    }
    let refused = problems.into_iter().map(|problem| match problem.severity {
        Severity::Suspect => problem.into_error(),
        _ => problem,
    });
    refused.collect()
}

/// Every problem with the config in a document: the document itself, a request, or the body of Kayenta's API,
/// a `canaryConfig` beside an `executionRequest`. The rest of the document is not checked.
///
/// # Example
/// ```
/// let problems = judge_core::kayenta::check_config_within(br#"{"canaryConfig": {"metrics": 5}}"#);
/// assert_eq!(problems[0].path, "canaryConfig.metrics");
/// ```
pub fn check_config_within(json: &[u8]) -> Vec<Problem> {
    let mut problems = match config_within(json) {
        Some(config) => {
            let problems = check_config(config.to_string().as_bytes()).into_iter();
            problems.map(|problem| problem.within("canaryConfig")).collect()
        }
        None => check_config(json),
    };
    problems.extend(repeated_keys::notices(json));
    problems
}

/// The config in a document that has other things beside it, such as a request. `None` if there is no config,
/// or if the document itself is the config.
pub fn config_within(json: &[u8]) -> Option<serde_json::Value> {
    let mut document: serde_json::Value = parse(json).ok()?;
    let object = document.as_object_mut()?;
    if object.contains_key("metrics") { None } else { object.remove("canaryConfig") }
}

/// Problems for which the judge of `config` refuses it, and all other problems.
fn judged_by(config: CanaryConfig) -> Vec<Problem> {
    let request = JudgeRequest::without_points(config);
    let judged = judges::built_in().chosen_by(&request).and_then(|judge| judge.judge(&request));
    let mut problems = request.problems_with(judged.err().as_ref());
    for problem in &mut problems {
        if let Some(within_config) = problem.path.strip_prefix("canaryConfig.") {
            problem.path = within_config.to_owned();
        }
    }
    problems
}

/// Reads a remote-judge request, as Kayenta posts it to `/judge`.
///
/// # Errors
/// With every problem at once, if the bytes are not JSON or the request cannot be judged.
///
/// # Example
/// ```
/// use judge_core::{judges, kayenta};
///
/// let json = br#"{
///     "canaryConfig": {
///         "judge": {"name": "NetflixACAJudge-v1.0"},
///         "metrics": [{"name": "latency", "groups": ["Latency"]}],
///         "classifier": {"groupWeights": {"Latency": 100}}
///     },
///     "scoreThresholds": {"pass": 95, "marginal": 75},
///     "metricSetPairList": [{"name": "latency", "values": {"control": [1, 2], "experiment": [1, 2]}}]
/// }"#;
/// let request = kayenta::read_request(json)?;
/// let judgement = judges::built_in().chosen_by(&request)?.judge(&request)?;
/// let result = serde_json::to_value(kayenta::result(&judgement))?;
/// assert_eq!(result["score"]["classification"], "Pass");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_request(json: &[u8]) -> Result<JudgeRequest, JudgeError> {
    read(
        json,
        |raw| request::read(raw, None),
        |document| request::problems::of_request(document, None),
    )
}

/// Reads a request with other `thresholds`, whatever its own are. The request may have none, as in what Kayenta
/// stores.
///
/// # Errors
/// As for [`read_request`].
pub fn read_request_judged_at(
    json: &[u8],
    thresholds: Thresholds,
) -> Result<JudgeRequest, JudgeError> {
    let given = Some(thresholds);
    let read = read(
        json,
        |raw| request::read(raw, given),
        |document| request::problems::of_request(document, given),
    );
    read.map(|request| JudgeRequest { thresholds, ..request })
}

/// Reads a list of metric pairs, as Kayenta stores it: `metricSetPairList` of a request.
///
/// # Errors
/// With every problem at once, if the bytes are not JSON or not such a list.
///
/// # Example
/// ```
/// let json = br#"[{"name": "latency", "values": {"control": [1.0, "NaN"], "experiment": [2.0]}}]"#;
/// let pairs = judge_core::kayenta::read_pairs(json)?;
/// assert_eq!(pairs[0].canary.values, [2.0]);
/// # Ok::<(), judge_core::JudgeError>(())
/// ```
pub fn read_pairs(json: &[u8]) -> Result<Vec<MetricPair>, JudgeError> {
    read(json, request::read_pairs, request::problems::of_pairs)
}

/// Reads a document with `read`, which returns `None` if `problems` finds some.
fn read<R: DeserializeOwned, T>(
    json: &[u8],
    read: impl FnOnce(R) -> Option<T>,
    problems: impl FnOnce(&serde_json::Value) -> Vec<Problem>,
) -> Result<T, JudgeError> {
    let stopped = match parse(json).map(read) {
        Ok(Some(read)) => return Ok(read),
        Ok(None) => Vec::new(),
        Err(refused) => refused.problems().to_vec(),
    };
    let problems = match parse(json) {
        Ok(document) => problems(&document),
        // The parser of `R` skips fields that it does not know, however deep they are.
        Err(refused) if stopped.is_empty() => refused.problems().to_vec(),
        Err(_) => Vec::new(),
    };
    // An error of the parser that the parsed document does not show: bytes that are not JSON, a field that is
    // there twice.
    let unseen =
        stopped.into_iter().filter(|stop| problems.iter().all(|seen| seen.path != stop.path));
    refuse(unseen.chain(problems.iter().cloned()).collect())
}

/// A request as Kayenta posts it to `/judge`. Serialize it to get the document.
///
/// `config` is the document that the request's config was read from: see [`read_document`]. [`read_request`]
/// reads the result as `request` again, without the clocks of its history.
///
/// # Example
/// ```
/// use judge_core::{JudgeRequest, MetricPair, kayenta};
///
/// let json = br#"{"metrics": [{"name": "latency", "groups": ["Latency"]}], "classifier": {}}"#;
/// let pairs = vec![MetricPair::new("latency", vec![1.0, f64::NAN], vec![2.0])];
/// let request = JudgeRequest { config: kayenta::read_config(json)?, pairs, ..Default::default() };
/// let config = kayenta::read_document(json)?;
/// let document = serde_json::to_value(kayenta::request(&config, &request))?;
/// assert_eq!(document["metricSetPairList"][0]["values"]["control"][1], "NaN");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn request<'a>(
    config: &'a serde_json::Value,
    request: &'a JudgeRequest,
) -> impl Serialize + 'a {
    write_request::WrittenRequest::new(config, request)
}

/// Reads any JSON as the other readers do: bare NaN and infinities become strings.
///
/// # Errors
/// If the bytes are not JSON.
pub fn read_document(json: &[u8]) -> Result<serde_json::Value, JudgeError> {
    parse(json)
}

/// A judgement as Kayenta's `CanaryJudgeResult`. Serialize it to get the document: [`read_request`] has an example.
pub fn result(judgement: &Judgement) -> impl Serialize + '_ {
    write_result::CanaryJudgeResult::from(judgement)
}

fn refuse<T>(problems: Vec<Problem>) -> Result<T, JudgeError> {
    let errors: Vec<Problem> =
        problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
    JudgeError::check(errors)?;
    Err(Problem::error("", "an unreadable document", "a document that can be judged").into())
}

/// Parses JSON. If that fails, it tries again with bare NaN and infinities in quotes, and then reports the
/// path of the error.
fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, JudgeError> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let error = match serde_json::from_slice(json) {
        Ok(parsed) => return Ok(parsed),
        Err(error) => error,
    };
    let quoted = if error.is_syntax() { bare_words::quote(json) } else { None };
    if let Some(quoted) = quoted {
        return serde_json::from_slice(&quoted).map_err(|_| explain::<T>(&quoted));
    }
    Err(explain::<T>(json))
}

fn explain<T: DeserializeOwned>(json: &[u8]) -> JudgeError {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let problem = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) => {
            let path = match error.path().to_string() {
                // `?` where the text ends before any name.
                root if root == "." || root == "?" => String::new(),
                path => path,
            };
            let found = error.inner();
            let said = found.to_string();
            if found.is_data() {
                wrong_value(path, &said)
            } else if let Some(place) = said.strip_prefix("number out of range") {
                Problem::error(path, format!("a larger one{place}"), "a number of at most 1.8e308")
            } else {
                Problem::error(
                    path,
                    format!("text that is not JSON: {said}"),
                    "a complete JSON document",
                )
            }
        }
        // The value itself is fine; the error is in what follows it.
        Ok(_) => match deserializer.end() {
            Err(error) => {
                Problem::error("", format!("text that is not JSON: {error}"), "one JSON document")
            }
            Ok(()) => Problem::error("", "an unreadable document", "a JSON document"),
        },
    };
    problem.into()
}

/// The problem at `path` for a message of serde.
fn wrong_value(path: String, said: &str) -> Problem {
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    match said.strip_prefix("duplicate field ") {
        Some(field) => Problem::error(path, format!("{field} twice"), "each field once"),
        None => Problem::error(path, said, "what Kayenta writes there"),
    }
}

#[cfg(test)]
mod tests;
