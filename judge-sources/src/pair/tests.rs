use super::*;

fn found(labels: &[(&str, &str)], value: f64) -> Found {
    let labels = labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned()));
    Found { labels: labels.collect(), series: Series::from(vec![value, value]) }
}

/// Pairs as text: labels, then the first point of each side, with - for a gap.
fn shown(pairs: &[MetricPair]) -> Vec<String> {
    let first = |series: &Series| match series.values.first() {
        Some(value) if !value.is_nan() => value.to_string(),
        _ => "-".to_owned(),
    };
    let tags = |pair: &MetricPair| {
        let tags = pair.tags.iter().flatten();
        let tags =
            tags.map(|(tag, value)| format!("{tag}={} ", value.as_deref().unwrap_or_default()));
        tags.collect::<Vec<_>>().concat()
    };
    pairs
        .iter()
        .map(|pair| format!("{}{} {}", tags(pair), first(&pair.baseline), first(&pair.canary)))
        .collect()
}

fn paired(baseline: Vec<Found>, canary: Vec<Found>, ignored: &[&str]) -> Paired {
    let ignored = ignored.iter().map(|label| (*label).to_owned()).collect();
    by_labels("m", baseline, canary, &ignored).unwrap()
}

#[test]
fn labels_that_tell_the_sides_apart_are_dropped() {
    let baseline = vec![found(&[("pod", "shop-1"), ("job", "shop")], 1.0)];
    let canary = vec![found(&[("pod", "shop-2"), ("job", "shop"), ("canary", "true")], 2.0)];
    let Paired { pairs, dropped, apart } = paired(baseline, canary, &[]);
    assert_eq!(shown(&pairs), ["job=shop 1 2"]);
    let labels: Vec<&str> = dropped.iter().map(|dropped| dropped.label.as_str()).collect();
    assert_eq!(labels, ["canary", "pod"]);
    assert_eq!(dropped[0].baseline, None);
    assert_eq!(dropped[1].canary.as_deref(), Some("shop-2"));
    assert!(apart.is_empty());
}

#[test]
fn several_series_are_pairs_by_their_labels() {
    let side = |version, base: f64| {
        vec![
            found(&[("v", version), ("code", "200")], base),
            found(&[("v", version), ("code", "500")], base + 1.0),
        ]
    };
    let Paired { pairs, dropped, .. } = paired(side("1", 1.0), side("2", 11.0), &[]);
    assert_eq!(shown(&pairs), ["code=200 1 11", "code=500 2 12"]);
    assert_eq!(dropped.len(), 1);
    // A series that one side lacks is there with gaps on that side.
    let mut canary = side("2", 11.0);
    canary.truncate(1);
    assert_eq!(
        shown(&paired(side("1", 1.0), canary, &[]).pairs),
        ["code=200 1 11", "code=500 2 -"]
    );
}

#[test]
fn series_that_fall_apart_are_noticed_with_the_label() {
    let side =
        |pods: [&str; 2]| pods.map(|pod| found(&[("pod", pod), ("job", "shop")], 1.0)).to_vec();
    let Paired { pairs, apart, dropped } = paired(side(["a-1", "a-2"]), side(["b-1", "b-2"]), &[]);
    assert_eq!((pairs.len(), apart, dropped.len()), (4, vec!["pod".to_owned()], 0));
    // Then they are the same series twice.
    let (of, error) =
        by_labels("m", side(["a-1", "a-2"]), Vec::new(), &["pod".to_owned()].into()).unwrap_err();
    assert_eq!(of, Side::Baseline);
    assert!(
        error.to_string().contains("two series of the baseline are {job=\"shop\"} without"),
        "{error}"
    );
    let one = |pod| vec![found(&[("pod", pod), ("job", "shop")], 1.0)];
    let Paired { pairs, dropped, .. } = paired(one("a"), one("b"), &["pod"]);
    assert_eq!((shown(&pairs), dropped), (vec!["job=shop 1 1".to_owned()], vec![]));
}

#[test]
fn a_side_without_series_is_a_side_of_gaps() {
    let Paired { pairs, dropped, apart } =
        paired(vec![found(&[("job", "shop")], 1.0)], Vec::new(), &[]);
    assert_eq!(shown(&pairs), ["job=shop 1 -"]);
    assert_eq!(pairs[0].canary.values.len(), 2);
    assert!(dropped.is_empty() && apart.is_empty());
    assert!(paired(Vec::new(), Vec::new(), &[]).pairs.is_empty());
}

/// The rules of Kayenta's `MetricSetMixerService`.
#[test]
fn kayenta_pairs_equal_tags_and_nothing_else() {
    let kayenta = |baseline, canary| as_kayenta("m", baseline, canary, [3, 3]);
    let pods = |pod| vec![found(&[("pod", pod)], 1.0)];
    let apart = kayenta(pods("a"), pods("b")).unwrap();
    assert_eq!(shown(&apart), ["pod=a 1 -", "pod=b - 1"]);
    let keys = kayenta(pods("a"), vec![found(&[("version", "2")], 1.0)]).unwrap_err().to_string();
    assert!(
        keys.contains("different tag keys than the experiment tag set (pod and version)"),
        "{keys}"
    );
    // A side without tags gives way to gaps, even if it has values.
    assert_eq!(shown(&kayenta(vec![found(&[], 7.0)], pods("b")).unwrap()), ["pod=b - 1"]);
    assert_eq!(shown(&kayenta(Vec::new(), pods("b")).unwrap()), ["pod=b - 1"]);
    let none = kayenta(Vec::new(), Vec::new()).unwrap();
    assert_eq!((shown(&none), none[0].baseline.values.len()), (vec!["- -".to_owned()], 3));
    let plain = kayenta(vec![found(&[], 1.0)], vec![found(&[], 2.0)]).unwrap();
    assert_eq!(shown(&plain), ["1 2"]);
}
