//! Names of series that consist of a metric and labels.

/// The metric that `series` is of: `latency` of `latency{pod="a"}`, of `{__name__="latency", pod="a"}` as
/// Prometheus and Grafana write it, and of `latency(pod=a)` as Grafana wrote it once. Another name is
/// itself.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metric_is_told_from_its_labels() {
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
