//! Kayenta's JSON, in and out.
//!
//! NaN and the infinities are the strings `"NaN"`, `"Infinity"`, `"-Infinity"`. They are accepted
//! bare too, as JSON5 and Python write them, and `null` in a series is a gap. Fields that no judge
//! reads are ignored. A pair may have `history` beside its `values`, a list of healthy series, which Kayenta
//! does not know.

mod bare_words;
mod config;
mod document;
mod evidence;
mod request;
mod result;
mod write;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::{CanaryConfig, Thresholds};
use crate::error::JudgeError;
use crate::judgement::Judgement;
use crate::judges;
use crate::problem::{Problem, Severity};
use crate::request::JudgeRequest;
use crate::series::MetricPair;

/// Reads a canary config document. What is suspect in it is kept in [`CanaryConfig::noticed`].
///
/// # Errors
/// With every problem at once, when the bytes are not JSON or not a config that can be judged.
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

/// Everything wrong with a canary config document: errors, suspicions, and keys that are ignored. What
/// the judge that it names refuses is an error.
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
            (None, problems) => problems,
        },
    }
}

/// The same for a document that is a config or has one in it: a request, or what Kayenta's API takes, a
/// `canaryConfig` beside an `executionRequest`. Only the config is checked.
///
/// # Example
/// ```
/// let problems = judge_core::kayenta::check_config_within(br#"{"canaryConfig": {"metrics": 5}}"#);
/// assert_eq!(problems[0].path, "canaryConfig.metrics");
/// ```
pub fn check_config_within(json: &[u8]) -> Vec<Problem> {
    match config_within(json) {
        Some(config) => {
            let problems = check_config(config.to_string().as_bytes()).into_iter();
            problems.map(|problem| problem.within("canaryConfig")).collect()
        }
        None => check_config(json),
    }
}

/// The config that stands in a document beside other things, as in a request; nothing where the document
/// is none, or is a config itself.
pub fn config_within(json: &[u8]) -> Option<serde_json::Value> {
    let mut document: serde_json::Value = parse(json).ok()?;
    let object = document.as_object_mut()?;
    if object.contains_key("metrics") { None } else { object.remove("canaryConfig") }
}

/// What the judge of `config` refuses, and what else is found in it.
fn judged_by(config: CanaryConfig) -> Vec<Problem> {
    let request = JudgeRequest::without_points(config);
    let judged = judges::built_in().chosen_by(&request).and_then(|judge| judge.judge(&request));
    let mut problems = request.problems_beside(judged.err().as_ref());
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
/// With every problem at once, when the bytes are not JSON or not a request that can be judged.
pub fn read_request(json: &[u8]) -> Result<JudgeRequest, JudgeError> {
    read(json, |raw| request::read(raw, None), |document| request::problems::of(document, None))
}

/// Reads a request that is judged at `thresholds`, whatever its own are; it may have none, as what Kayenta
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
        |document| request::problems::of(document, given),
    );
    read.map(|request| JudgeRequest { thresholds, ..request })
}

/// Reads a list of metric pairs, as Kayenta stores it: what a request has as `metricSetPairList`.
///
/// # Errors
/// With every problem at once, when the bytes are not JSON or not such a list.
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

/// Reads a document by `read`, which gives nothing where `problems` has some.
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
    let problems = parse(json).map(|document| problems(&document)).unwrap_or_default();
    // Bytes that are not JSON, or what no value shows: a field that is there twice.
    let unseen =
        stopped.into_iter().filter(|stop| problems.iter().all(|seen| seen.path != stop.path));
    refuse(unseen.chain(problems.iter().cloned()).collect())
}

/// A request as Kayenta posts it to `/judge`; serialize it to get the document.
///
/// `config` is the document that the request's config was read from: see [`read_document`]. What
/// [`read_request`] reads from the result is `request` again, without the clocks of its history.
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
    write::Request::new(config, request)
}

/// Reads any JSON as the other readers here do, with bare NaN and infinities as strings.
///
/// # Errors
/// When the bytes are not JSON.
pub fn read_document(json: &[u8]) -> Result<serde_json::Value, JudgeError> {
    parse(json)
}

/// A judgement as Kayenta's `CanaryJudgeResult`; serialize it to get the document.
pub fn result(judgement: &Judgement) -> impl Serialize + '_ {
    result::CanaryJudgeResult::from(judgement)
}

fn refuse<T>(problems: Vec<Problem>) -> Result<T, JudgeError> {
    let errors: Vec<Problem> =
        problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
    JudgeError::check(errors)?;
    Err(Problem::error("", "an unreadable document", "a document that can be judged").into())
}

/// Parses JSON; on failure once more with bare NaN and infinities put in quotes, and then with the
/// path of what is wrong.
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
                root if root == "." => String::new(),
                path => path,
            };
            let found = error.inner();
            if found.is_data() {
                wrong_value(path, &found.to_string())
            } else {
                Problem::error(path, format!("not JSON: {found}"), "a whole JSON document")
            }
        }
        // The value was read; what follows it is the trouble.
        Ok(_) => match deserializer.end() {
            Err(error) => Problem::error("", format!("not JSON: {error}"), "one JSON document"),
            Ok(()) => Problem::error("", "an unreadable document", "a JSON document"),
        },
    };
    problem.into()
}

/// The problem at `path`, of which the reader said `said`.
fn wrong_value(path: String, said: &str) -> Problem {
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    match said.strip_prefix("duplicate field ") {
        Some(field) => Problem::error(path, format!("{field} twice"), "each field once"),
        None => Problem::error(path, said, "what Kayenta writes there"),
    }
}

#[cfg(test)]
mod tests;
