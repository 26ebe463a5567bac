//! Which source a metric asks.

use std::time::Duration;

use judge_sources::{
    Compat, FetchedMetric, Queries, QueryFailure, Scope, Sought, SoughtSide, SourceSettings,
    Sources, StoreKind,
};
use serde_json::{Value, json};

use super::server::{answering, grid, ok, points, run};

async fn fetch(
    settings: Vec<SourceSettings>,
    queries: &[Value],
) -> Result<Vec<FetchedMetric>, Vec<QueryFailure>> {
    let metric = |(number, query): (usize, &Value)| json!({"name": format!("m{number}"), "groups": ["G"], "query": query});
    let metrics: Vec<Value> = queries.iter().enumerate().map(metric).collect();
    let queries = Queries::read(&json!({"metrics": metrics})).unwrap();
    let [baseline, canary] =
        ["old", "new"].map(|scope| SoughtSide { scope: Scope::new(scope), grid: grid() });
    let sought = Sought { baseline, canary, compat: Compat::None, timeout: Duration::from_secs(5) };
    Sources::new(settings).unwrap().fetch(&queries, &sought).await
}

fn prometheus(metric: &str) -> Value {
    json!({"customInlineTemplate": format!("PromQL:{metric}{{a=\"${{scope}}\"}}")})
}

fn from(source: &str, mut query: Value) -> Value {
    query["source"] = source.into();
    query
}

#[test]
fn each_metric_asks_the_source_that_it_names_or_the_only_one_of_its_type() {
    run(async {
        let store = async |kind| answering(move |_| ok(&points(kind, 3))).await;
        let (eu, of_eu) = store(StoreKind::Prometheus).await;
        let (us, of_us) = store(StoreKind::Prometheus).await;
        let (old, of_old) = store(StoreKind::Graphite).await;
        let settings = [
            ("eu", format!("http://{eu}")),
            ("us", format!("http://{us}")),
            ("old", format!("graphite+http://{old}")),
        ];
        let settings = settings.map(|(name, url)| SourceSettings::from_url(name, &url).unwrap());
        let graphite = json!({"type": "graphite", "metricName": "servers.$scope.cpu"});
        let queries = [from("us", prometheus("a")), from("eu", prometheus("b")), graphite];
        let fetched = fetch(settings.to_vec(), &queries).await.unwrap();
        let asked: Vec<&str> = fetched.iter().map(|metric| metric.source.as_str()).collect();
        assert_eq!(asked, ["us", "eu", "old"]);
        for (seen, part) in
            [(of_us, "query=a%7B"), (of_eu, "query=b%7B"), (of_old, "target=servers.")]
        {
            let seen = seen.lock().unwrap();
            assert_eq!(seen.len(), 2, "once a side");
            assert!(seen.iter().all(|request| request.contains(part)), "{seen:?}");
        }
    });
}

#[test]
fn a_metric_without_a_source_is_reported_with_the_known_ones() {
    let sources = |all: &[(&str, &str)]| -> Vec<SourceSettings> {
        all.iter().map(|(name, url)| SourceSettings::from_url(*name, url).unwrap()).collect()
    };
    let (eu, us) = (("eu", "http://127.0.0.1:1"), ("us", "http://127.0.0.1:1"));
    let old = ("old", "graphite+http://127.0.0.1:1");
    for (all, query, said) in [
        (
            vec![eu, old],
            from("asia", prometheus("a")),
            "expected query.source to name one of eu, old, got \"asia\"",
        ),
        (
            vec![eu, old],
            from("old", prometheus("a")),
            "the query is of type prometheus, but its source old is of type graphite",
        ),
        (
            vec![old],
            prometheus("a"),
            "no source of type prometheus is known; give one in a table [sources.NAME]",
        ),
        (
            vec![eu, us, old],
            prometheus("a"),
            "several sources are of type prometheus: eu, us; name one as query.source",
        ),
    ] {
        run(async {
            let failed = fetch(sources(&all), &[query]).await.unwrap_err();
            assert_eq!(failed.len(), 2, "one a side");
            let error = failed[0].to_string();
            assert!(
                error.contains(said) && error.starts_with("m0 of the baseline from "),
                "{error}"
            );
        });
    }
}
