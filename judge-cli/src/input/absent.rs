//! Warnings about metrics without a series on a side.

use super::side::{SideSeries, join_names};
use super::source::InputSource;

/// Warnings about the metrics of `wanted` without a series in `side`, which was read from `source`. Messages call the
/// side `role`. A side without any series has a different warning.
pub(crate) fn warnings(
    source: &InputSource,
    role: &str,
    side: &SideSeries,
    wanted: &[&str],
) -> Vec<String> {
    if side.by_metric.is_empty() {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    let mut unlike = Vec::new();
    for &metric in wanted.iter().filter(|metric| !side.by_metric.contains_key(**metric)) {
        match nearest(metric, &side.ignored) {
            Some(name) => warnings.push(format!(
                "{source}: the {role} has no series of {metric}, a metric of the config; did you mean \
                 {name}?"
            )),
            None => unlike.push(metric),
        }
    }
    if !unlike.is_empty() {
        let present = side.by_metric.keys().chain(&side.ignored).map(String::as_str);
        let metrics = if unlike.len() == 1 { "a metric" } else { "metrics" };
        warnings.push(format!(
            "{source}: the {role} has no series of {}, {metrics} of the config; it has {}",
            join_names(unlike.iter().copied()),
            join_names(present)
        ));
    }
    warnings
}

/// Similarity, from 0 to 1, from which on we suggest a name: at most half of the letters differ.
const SIMILAR: f64 = 0.5;

/// The name most similar to `metric`, if one is similar enough. Ignores case, separators, and prefixes and suffixes
/// of the whole name, such as a unit.
fn nearest<'a>(metric: &str, names: &'a [String]) -> Option<&'a str> {
    let wanted = letters(metric);
    let similarity = |name: &str| {
        let name = letters(name);
        let within = name.contains(&wanted) || wanted.contains(&name);
        let similarity = strsim::normalized_damerau_levenshtein(&wanted, &name);
        if within && !name.is_empty() { similarity.max(SIMILAR) } else { similarity }
    };
    let rated = names.iter().map(|name| (similarity(name), name.as_str()));
    let similar = rated.filter(|(similarity, _)| *similarity >= SIMILAR);
    similar.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// The letters and digits of `name`, in lower case.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_if_it_is_near() {
        let cases: [(&str, &[&str], Option<&str>); 8] = [
            ("http_5xx", &["http_5XX", "http_4xx"], Some("http_5XX")),
            ("http_5xx", &["http_4xx", "latency"], Some("http_4xx")),
            ("latency-p99", &["latencyP99"], Some("latencyP99")),
            ("latency", &["request_latency_milliseconds"], Some("request_latency_milliseconds")),
            ("errors", &["erors", "requests"], Some("erors")),
            ("errors", &["cpu", "requests"], None),
            ("cpu", &["--", "."], None),
            ("cpu", &[], None),
        ];
        for (metric, names, expected) in cases {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(nearest(metric, &names), expected, "{metric}");
        }
    }
}
