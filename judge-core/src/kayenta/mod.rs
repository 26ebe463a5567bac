//! Kayenta's JSON, in and out.
//!
//! NaN and the infinities are the strings `"NaN"`, `"Infinity"`, `"-Infinity"`. They are accepted
//! bare too, as JSON5 and Python write them, and `null` in a series is a gap. Fields that no judge
//! reads are ignored.

mod bare_words;
mod config;
mod document;
mod evidence;
mod request;
mod result;
mod write;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::CanaryConfig;
use crate::judgement::Judgement;
use crate::judges;
use crate::problem::{Problem, Refused, Severity};
use crate::request::JudgeRequest;

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
/// # Ok::<(), judge_core::Refused>(())
/// ```
pub fn read_config(json: &[u8]) -> Result<CanaryConfig, Refused> {
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

/// What the judge of `config` refuses, and what else is found in it.
fn judged_by(config: CanaryConfig) -> Vec<Problem> {
    let request = JudgeRequest::without_points(config);
    let judged = judges::chosen_by(&request).and_then(|judge| judge.judge(&request));
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
pub fn read_request(json: &[u8]) -> Result<JudgeRequest, Refused> {
    let stopped = match parse(json).map(request::read) {
        Ok(Some(request)) => return Ok(request),
        Ok(None) => Vec::new(),
        Err(refused) => refused.problems().to_vec(),
    };
    let problems = parse(json).map(|document| request::problems::of(&document)).unwrap_or_default();
    // Bytes that are not JSON, or what no value shows: a field that is there twice.
    let unseen =
        stopped.into_iter().filter(|stop| problems.iter().all(|seen| seen.path != stop.path));
    refuse(unseen.chain(problems.iter().cloned()).collect())
}

/// A request as Kayenta posts it to `/judge`; serialize it to get the document.
///
/// `config` is the document that the request's config was read from: see [`read_document`]. What
/// [`read_request`] reads from the result is `request` again.
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
pub fn read_document(json: &[u8]) -> Result<serde_json::Value, Refused> {
    parse(json)
}

/// A judgement as Kayenta's `CanaryJudgeResult`; serialize it to get the document.
pub fn result(judgement: &Judgement) -> impl Serialize + '_ {
    result::CanaryJudgeResult::from(judgement)
}

fn refuse<T>(problems: Vec<Problem>) -> Result<T, Refused> {
    let errors: Vec<Problem> =
        problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
    Refused::unless_empty(errors)?;
    Err(Problem::error("", "an unreadable document", "a document that can be judged").into())
}

/// Parses JSON; on failure once more with bare NaN and infinities put in quotes, and then with the
/// path of what is wrong.
fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, Refused> {
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

fn explain<T: DeserializeOwned>(json: &[u8]) -> Refused {
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
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_request_is_said_in_its_own_words() {
        let config = r#""canaryConfig": {"metrics": [], "classifier": {}}"#;
        let request = |pairs: &str| {
            let thresholds = r#""scoreThresholds": {"pass": 90, "marginal": 50}"#;
            format!(r#"{{{config}, {thresholds}, "metricSetPairList": {pairs}}}"#)
        };
        let pair = |inner: &str| request(&format!("[{inner}]"));
        let values = r#""values": {"control": [1], "experiment": [1]}"#;
        let control = |inner: &str| {
            pair(&format!(
                r#"{{"name": "a", "values": {{"control": {inner}, "experiment": [1]}}}}"#
            ))
        };
        let point = r#"a number, null, or one of "NaN", "Infinity", "-Infinity""#;
        let at = "metricSetPairList[0]";
        let cases = [
            ("null".to_owned(), "null, but allowed is an object".to_owned()),
            ("[{}, {}, []]".to_owned(), "a list, but allowed is an object".to_owned()),
            (pair("null"), format!("{at}: null, but allowed is an object")),
            (pair(r#"["a", "b"]"#), format!("{at}: a list, but allowed is an object")),
            (
                pair(&format!(r#"{{"name": 5, {values}}}"#)),
                format!("{at}.name: 5, but allowed is a string"),
            ),
            (
                pair(&format!(r#"{{"name": "a", "tags": [], {values}}}"#)),
                format!("{at}.tags: a list, but allowed is an object"),
            ),
            (
                pair(&format!(r#"{{"name": "a", "tags": {{"b": 1}}, {values}}}"#)),
                format!("{at}.tags.b: 1, but allowed is a string"),
            ),
            (
                pair(r#"{"name": "a", "values": [[1], [2]]}"#),
                format!("{at}.values: a list, but allowed is an object"),
            ),
            (
                control("{}"),
                format!("{at}.values.control: an object, but allowed is a list of points"),
            ),
            (
                control(r#"[1, "nan"]"#),
                format!(r#"{at}.values.control[1]: "nan", but allowed is {point}"#),
            ),
            (
                control(r"[NaN, true]"),
                format!("{at}.values.control[1]: true, but allowed is {point}"),
            ),
            (
                pair(&format!(r#"{{"name": "a", "name": "b", {values}}}"#)),
                format!("{at}: `name` twice, but allowed is each field once"),
            ),
            (request("{}"), "metricSetPairList: an object, but allowed is a list".to_owned()),
            (
                format!(r#"{{{config}, "metricSetPairList": []}}"#),
                "scoreThresholds: missing, but allowed is an object with pass and marginal, as \
                 Kayenta sends it (those of the config are not read here)"
                    .to_owned(),
            ),
        ];
        for (json, expected) in cases {
            let refused = read_request(json.as_bytes()).expect_err(&json);
            let said: Vec<String> = refused.problems().iter().map(ToString::to_string).collect();
            assert_eq!(said, [expected], "{json}");
        }
    }

    #[test]
    fn everything_wrong_with_a_request_is_said_at_once() {
        let json = br#"{
            "canaryConfig": {"metrics": {}, "classifier": {"groupWeights": {"a": "much"}}},
            "scoreThresholds": {"pass": "high", "marginal": 50},
            "metricSetPairList": [
                {"name": 5, "id": 6, "tags": {"a": 1, "b": null},
                 "values": {"control": [1, "NaN", true, "two"], "experiment": null}},
                {"name": "x", "values": {"control": [null], "experiment": [Infinity, [], -1e3]},
                 "scopes": []},
                7,
                {"name": null}
            ]
        }"#;
        let refused = read_request(json).unwrap_err();
        let found = refused.problems().iter().map(|problem| {
            let Problem { path, value, .. } = problem;
            format!("{}: {value}", path.replace("metricSetPairList", "pairs"))
        });
        let expected = [
            "canaryConfig.metrics: an object",
            "canaryConfig.classifier.groupWeights.a: \"much\"",
            "scoreThresholds.pass: \"high\"",
            "pairs[0].name: 5",
            "pairs[0].id: 6",
            "pairs[0].tags.a: 1",
            "pairs[0].values.control[2]: true",
            "pairs[0].values.control[3]: \"two\"",
            "pairs[0].values.experiment: null",
            "pairs[1].values.experiment[1]: a list",
            "pairs[1].scopes: a list",
            "pairs[2]: 7",
            "pairs[3].name: null",
            "pairs[3].values: missing",
        ];
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }
}
