//! The unit of a PromQL expression, from the names in it. Prometheus's conventions put the unit at the end of a
//! name.

use crate::expression::{arguments, split_at_operators};

/// Units at the end of names. Prometheus advises base units; others are common.
const UNITS: &[&str] = &[
    "seconds",
    "milliseconds",
    "microseconds",
    "nanoseconds",
    "bytes",
    "bits",
    "ratio",
    "percent",
    "celsius",
    "volts",
    "amperes",
    "joules",
    "watts",
    "grams",
    "meters",
    "hertz",
];
/// Suffixes after the unit in the names of counters and histograms.
const SUFFIXES: &[&str] = &["_total", "_bucket", "_sum", "_count"];
/// Functions and aggregations whose result has the unit of their last argument, or of their first.
const OF_LAST: &[&str] = &[
    "sum",
    "avg",
    "min",
    "max",
    "topk",
    "bottomk",
    "quantile",
    "stddev",
    "increase",
    "delta",
    "idelta",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "quantile_over_time",
    "last_over_time",
    "stddev_over_time",
];
const OF_FIRST: &[&str] = &[
    "abs",
    "ceil",
    "floor",
    "round",
    "clamp",
    "clamp_min",
    "clamp_max",
    "label_replace",
    "label_join",
    "sort",
    "sort_desc",
];

/// Largest depth of nested expressions that is read.
const DEEPEST: usize = 32;

/// The quantity that an expression measures.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Measured {
    /// The unit; empty for a count.
    unit: String,
    per_second: bool,
    /// The name without the suffix, and the suffix.
    name: Option<(String, &'static str)>,
}

/// The unit of `promql`, in words; `None` if names do not tell it.
pub(crate) fn unit(promql: &str) -> Option<String> {
    let Measured { unit, per_second, .. } = measured(promql, DEEPEST)?;
    match (unit.as_str(), per_second) {
        ("", false) => None,
        ("", true) => Some("per second".to_owned()),
        (unit, false) => Some(unit.to_owned()),
        (unit, true) => Some(format!("{unit} per second")),
    }
}

fn measured(expression: &str, deepest: usize) -> Option<Measured> {
    let deepest = deepest.checked_sub(1)?;
    let expression = expression.trim();
    let (operands, operators) = split_at_operators(expression)?;
    match operators.as_slice() {
        [] => term(expression, deepest),
        ["/"] => quotient(measured(operands[0], deepest)?, &measured(operands[1], deepest)?),
        // Other operands only fill gaps, or filter.
        all if all.iter().all(|one| {
            matches!(*one, "or" | "and" | "unless" | ">" | "<" | ">=" | "<=" | "==" | "!=")
        }) =>
        {
            measured(operands[0], deepest)
        }
        all if all.iter().all(|one| matches!(*one, "+" | "-")) => {
            let mut all = operands.into_iter().map(|operand| measured(operand, deepest));
            let first = Measured { name: None, ..all.next()?? };
            all.all(|other| other.is_some_and(|other| other.is_like(&first))).then_some(first)
        }
        _ => None,
    }
}

impl Measured {
    fn is_like(&self, other: &Self) -> bool {
        (&self.unit, self.per_second) == (&other.unit, other.per_second)
    }
}

fn quotient(above: Measured, below: &Measured) -> Option<Measured> {
    let mean = match (&above.name, &below.name) {
        (Some((one, "_sum")), Some((other, "_count"))) => {
            one == other && above.per_second == below.per_second
        }
        _ => false,
    };
    let unit = if mean {
        above.unit
    } else if above.is_like(below) {
        "ratio".to_owned()
    } else {
        return None;
    };
    Some(Measured { unit, per_second: false, name: None })
}

/// The unit of an expression without operators: a selector, or a function.
fn term(text: &str, deepest: usize) -> Option<Measured> {
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        return measured(inner, deepest);
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    let Some(arguments) = arguments(rest) else { return of_name(word) };
    let function = word.to_ascii_lowercase();
    let (first, last) = (arguments.first()?, arguments.last()?);
    match function.as_str() {
        "rate" | "irate" => Some(Measured { per_second: true, ..measured(last, deepest)? }),
        "histogram_quantile" => {
            Some(Measured { per_second: false, name: None, ..measured(last, deepest)? })
        }
        "histogram_avg" | "histogram_sum" => {
            Some(Measured { name: None, ..measured(first, deepest)? })
        }
        function if OF_LAST.contains(&function) => measured(last, deepest),
        function if OF_FIRST.contains(&function) => measured(first, deepest),
        _ => None,
    }
}

/// The unit of series with this name; `None` if the name has no unit and is no count.
fn of_name(name: &str) -> Option<Measured> {
    let suffix = SUFFIXES.iter().find(|suffix| name.ends_with(**suffix)).copied();
    let base = suffix.and_then(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    let last = base.rsplit(['_', ':']).next().unwrap_or_default();
    let unit = match suffix {
        // A count of observations, whatever they measure.
        Some("_count") => "",
        _ if UNITS.contains(&last) => last,
        Some("_total") => "",
        _ => return None,
    };
    let name = suffix.map(|suffix| (base.to_owned(), suffix));
    Some(Measured { unit: unit.to_owned(), per_second: false, name })
}

#[cfg(test)]
mod tests {
    use super::unit;

    #[test]
    fn names_tell_the_unit() {
        for (promql, expected) in [
            ("process_resident_memory_bytes{job=\"shop\"}", Some("bytes")),
            ("avg(process_resident_memory_bytes{job=\"shop\"}) by (pod)", Some("bytes")),
            ("rate(process_cpu_seconds_total[1m])", Some("seconds per second")),
            ("sum(rate(http_requests_total{code=~\"5..\"}[2m]))", Some("per second")),
            ("sum(increase(http_requests_total[2m]))", None),
            (
                "histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket{a=\"x / y\"}[10s])))",
                Some("seconds"),
            ),
            (
                "sum(rate(http_requests_total{code=~\"5..\"}[2m])) / sum(rate(http_requests_total[2m]))",
                Some("ratio"),
            ),
            (
                "sum(rate(x_seconds_sum[2m])) by (pod) / sum(rate(x_seconds_count[2m])) by (pod)",
                Some("seconds"),
            ),
            ("rate(a_bytes_total[1m]) / rate(requests_total[1m])", None),
            (
                "rate(a_bytes_total[1m]) / on (pod) group_left (node) rate(b_bytes_total[1m])",
                Some("ratio"),
            ),
            ("max_over_time(up_ratio[5m]) or vector(0)", Some("ratio")),
            (
                "rate(a_bytes_total[1m]) + rate(b_bytes_total[1m] offset 1h)",
                Some("bytes per second"),
            ),
            ("cost / requests", None),
            ("1000 * latency_seconds", None),
            ("a_bytes - b_seconds", None),
            ("count(a_bytes)", None),
            ("up", None),
            ("(", None),
            ("", None),
            ("sum(", None),
            ("a_bytes{b=\"", None),
        ] {
            assert_eq!(unit(promql).as_deref(), expected, "{promql}");
        }
    }
}
