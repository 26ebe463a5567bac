//! Every problem with a request that could not be read.

use serde_json::{Map, Value};

use crate::config::Thresholds;
use crate::kayenta::config;
use crate::kayenta::document::{Node, ProblemList, elements, too_many};
use crate::kayenta::looks;

use super::POINT;

const THRESHOLDS: &str =
    "an object with pass and marginal, as Kayenta sends it (those of the config are not read here)";

/// Every problem with a request, in the order of Kayenta's documents. Thresholds may be missing if some are
/// `given`.
pub(in crate::kayenta) fn of_request(document: &Value, given: Option<Thresholds>) -> ProblemList {
    let mut problems = ProblemList::new();
    let root = Node::root(document);
    if root.object(&mut problems).is_none() {
        return problems;
    }
    let config = root.field("canaryConfig");
    match config.value {
        Some(document) if !document.is_null() => {
            let (_, found) = config::read(document);
            problems.extend(found.into_iter().map(|problem| problem.within("canaryConfig")));
        }
        _ => problems.push(config.error("a canary config")),
    }
    let thresholds = root.field("scoreThresholds");
    match (thresholds.is_absent(), given) {
        (false, _) => {
            config::read_thresholds(&thresholds, &mut problems);
        }
        (true, None) => problems.push(thresholds.error(THRESHOLDS)),
        (true, Some(_)) => {}
    }
    looks::read(&root.field("looks"), &mut problems);
    let pairs = root.field("metricSetPairList");
    if pairs.is_absent() {
        problems.push(pairs.error("a list of metric pairs"));
        return problems;
    }
    check_pairs(&pairs, &mut problems);
    problems
}

/// Every problem with a list of pairs.
pub(in crate::kayenta) fn of_pairs(document: &Value) -> ProblemList {
    let mut problems = ProblemList::new();
    check_pairs(&Node::root(document), &mut problems);
    problems
}

fn check_pairs(pairs: &Node<'_>, problems: &mut ProblemList) {
    let list = pairs.list(problems).map(Vec::as_slice).unwrap_or_default();
    for pair in elements(&pairs.path, list) {
        if too_many(problems) {
            break;
        }
        check_pair(&pair, problems);
    }
}

fn check_pair(pair: &Node<'_>, problems: &mut ProblemList) {
    if pair.object(problems).is_none() {
        return;
    }
    let name = pair.field("name");
    if name.is_absent() {
        problems.push(name.error("the name of a metric in canaryConfig.metrics"));
    } else {
        name.string(problems);
    }
    let id = pair.field("id");
    if !id.is_absent() {
        check_text(&id, problems);
    }
    let tags = pair.field("tags");
    if !tags.is_absent() {
        for tag in tags.object(problems).into_iter().flat_map(Map::keys) {
            let tag = tags.field(tag);
            if too_many(problems) {
                return;
            }
            if !tag.is_absent() {
                check_text(&tag, problems);
            }
        }
    }
    let values = pair.field("values");
    if values.is_absent() {
        problems.push(values.error("an object with the lists control and experiment"));
    } else if values.object(problems).is_some() {
        check_points(&values.field("control"), "the list of the baseline's points", problems);
        check_points(&values.field("experiment"), "the list of the canary's points", problems);
    }
    let history = pair.field("history");
    if !history.is_absent() {
        let list = history.list(problems).map(Vec::as_slice).unwrap_or_default();
        for series in elements(&history.path, list) {
            if too_many(problems) {
                return;
            }
            check_points(&series, "a list of points", problems);
        }
    }
    let scopes = pair.field("scopes");
    if !scopes.is_absent() {
        scopes.object(problems);
    }
}

/// Adds a problem unless the value can be read as a string; numbers and flags can.
fn check_text(text: &Node<'_>, problems: &mut ProblemList) {
    if text.value.is_some_and(|value| value.is_array() || value.is_object()) {
        problems.push(text.error("a string"));
    }
}

fn check_points(points: &Node<'_>, what: &str, problems: &mut ProblemList) {
    let Some(list) = points.value.and_then(Value::as_array) else {
        let allowed = if points.is_absent() { what } else { "a list of points" };
        problems.push(points.error(allowed));
        return;
    };
    for point in elements(&points.path, list) {
        if !point.is_absent() && point.number().is_none() {
            if too_many(problems) {
                return;
            }
            problems.push(point.error(POINT));
        }
    }
}
