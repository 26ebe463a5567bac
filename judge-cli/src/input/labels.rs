//! Names of series that consist of a metric and labels.

use std::collections::BTreeMap;

/// The metric in the name of a series: `latency` in `latency{pod="a"}`, in `{__name__="latency", pod="a"}` as
/// Prometheus and Grafana write it, and in `latency(pod=a)` as older Grafana wrote it. Returns any other name
/// unchanged.
pub(crate) fn metric(series: &str) -> &str {
    const NAME: &str = "__name__=\"";
    let (name, labels) = match (series.find(['{', '(']), series.chars().next_back()) {
        (Some(at), Some('}' | ')')) => series.split_at(at),
        _ => return series,
    };
    if !name.is_empty() {
        return name.trim_end();
    }
    let named = labels.find(NAME).map(|at| &labels[at + NAME.len()..]);
    named.and_then(|rest| rest.split_once('"')).map_or(series, |(name, _)| name)
}

/// The labels in a name that ends with braces or brackets; empty for any other name.
pub(crate) fn labels(series: &str) -> BTreeMap<String, String> {
    let named = metric(series);
    let inner = series.find(['{', '(']).and_then(|at| {
        let inner = &series[at + 1..];
        inner.strip_suffix('}').or_else(|| inner.strip_suffix(')'))
    });
    let Some(mut rest) = inner.filter(|_| named != series) else {
        return BTreeMap::new();
    };
    let mut labels = BTreeMap::new();
    while let Some((label, value)) = rest.split_once('=') {
        let (value, behind) = match value.strip_prefix('"') {
            // A value with an escaped quote, which few labels have, is cut there.
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => value.split_once(',').unwrap_or((value, "")),
        };
        let label = label.trim();
        if label != "__name__" {
            labels.insert(label.to_owned(), value.to_owned());
        }
        rest = behind.trim_start().trim_start_matches(',');
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read() {
        for (series, expected) in [
            ("latency{pod=\"a,b\", zone=\"c\"}", "pod=a,b zone=c"),
            ("{__name__=\"latency\", instance=\"a:9090\"}", "instance=a:9090"),
            ("packets_out(device=eth0,host=node-a,)", "device=eth0 host=node-a"),
            ("latency", ""),
            ("{pod=\"a\"}", ""),
            ("latency{}", ""),
        ] {
            let found = labels(series).into_iter().map(|(label, value)| format!("{label}={value}"));
            assert_eq!(found.collect::<Vec<_>>().join(" "), expected, "{series}");
        }
    }

    #[test]
    fn the_metric_is_separated_from_its_labels() {
        for (series, expected) in [
            ("latency", "latency"),
            ("latency{pod=\"a\"}", "latency"),
            ("latency {}", "latency"),
            ("packets_out(device=eth0,host=node-a,)", "packets_out"),
            ("{__name__=\"latency\", pod=\"a\"}", "latency"),
            ("{pod=\"a\", __name__=\"latency\"}", "latency"),
            ("{pod=\"a\"}", "{pod=\"a\"}"),
            ("latency (ms", "latency (ms"),
            ("", ""),
            ("{__name__=\"}", "{__name__=\"}"),
        ] {
            assert_eq!(metric(series), expected);
        }
    }
}
