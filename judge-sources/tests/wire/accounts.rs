//! Which source a metric asks.

use std::time::Duration;

use judge_sources::{
    Compat, FetchRequest, FetchedMetric, Grid, Queries, QueryFailure, Scope, SideRequest,
    SourceSettings, Sources, StoreKind,
};
use serde_json::{Value, json};

use super::server::{answering, grid, listen, ok, points, request, run};

async fn fetch(
    settings: Vec<SourceSettings>,
    queries: &[Value],
) -> Result<Vec<FetchedMetric>, Vec<QueryFailure>> {
    fetch_within(settings, queries, Duration::from_secs(20)).await
}

async fn fetch_within(
    settings: Vec<SourceSettings>,
    queries: &[Value],
    timeout: Duration,
) -> Result<Vec<FetchedMetric>, Vec<QueryFailure>> {
    let queries = read_all(queries);
    let [baseline, canary] =
        ["old", "new"].map(|scope| SideRequest { scope: Scope::new(scope), grid: grid() });
    let request = FetchRequest { baseline, canary, compat: Compat::None, timeout };
    Sources::new(settings).unwrap().fetch(&queries, &request).await
}

fn read_all(queries: &[Value]) -> Queries {
    let metric = |(number, query): (usize, &Value)| json!({"name": format!("m{number}"), "groups": ["G"], "query": query});
    let metrics: Vec<Value> = queries.iter().enumerate().map(metric).collect();
    Queries::read(&json!({"metrics": metrics})).unwrap()
}

fn prometheus(metric: &str) -> Value {
    json!({"customInlineTemplate": format!("PromQL:{metric}{{a=\"${{scope}}\"}}")})
}

fn from(source: &str, mut query: Value) -> Value {
    query["source"] = source.into();
    query
}

#[test]
fn an_error_of_pairing_names_the_side_with_the_series() {
    for side in ["old", "new"] {
        run(async {
            let (address, _) = answering(move |request| {
                // Both series of this side have the same labels but for the pod.
                let pods = if request.contains(side) { vec!["a", "b"] } else { vec!["c"] };
                let series = |pod: &&str| json!({"metric": {"pod": pod}, "values": [[0, "1"]]});
                let result: Vec<Value> = pods.iter().map(series).collect();
                let data = json!({"resultType": "matrix", "result": result});
                ok(&json!({"status": "success", "data": data}).to_string())
            })
            .await;
            let settings = SourceSettings::from_url("store", &format!("http://{address}")).unwrap();
            let mut query = prometheus("up");
            query["ignoreLabels"] = json!(["pod"]);
            let failures = fetch(vec![settings], &[query]).await.unwrap_err();
            let text = failures[0].to_string();
            let name = if side == "old" { "baseline" } else { "canary" };
            let said = format!("two series of the {name} are {{}} without the ignored labels");
            assert!(text.starts_with(&format!("m0 of the {name} from store")), "{text}");
            assert!(
                text.contains(&said) && text.contains(&format!("up{{a=\"{side}\"}}")),
                "{text}"
            );
        });
    }
}

#[test]
fn all_queries_together_hold_so_many_points_and_no_more() {
    run(async {
        // A point of each of 999 series, which are gaps for the rest of 9,600 seconds.
        let (address, seen) = answering(|_| {
            let series =
                |pod: i32| json!({"metric": {"pod": pod.to_string()}, "values": [[0, "1"]]});
            let result: Vec<Value> = (0..999).map(series).collect();
            let data = json!({"resultType": "matrix", "result": result});
            ok(&json!({"status": "success", "data": data}).to_string())
        })
        .await;
        let settings =
            vec![SourceSettings::from_url("store", &format!("http://{address}")).unwrap()];
        let queries = ["a", "b"].map(prometheus);
        let grid = Grid::new(0, 9_600_000, 1000).unwrap();
        let side = |scope| SideRequest { scope: Scope::new(scope), grid };
        let (baseline, canary) = (side("old"), side("new"));
        let timeout = Duration::from_mins(1);
        let request = FetchRequest { baseline, canary, compat: Compat::None, timeout };
        let sources = Sources::new(settings).unwrap();
        let failures = sources.fetch(&read_all(&queries), &request).await.unwrap_err();
        assert_eq!((failures.len(), seen.lock().unwrap().len()), (2, 4));
        for failure in failures {
            let text = failure.to_string();
            assert!(text.contains("more than 19353600 points together"), "{text}");
        }
    });
}

#[test]
fn a_query_that_was_never_sent_says_so() {
    run(async {
        let address = listen(|mut stream| async move {
            request(&mut stream).await;
            request(&mut stream).await;
        });
        let url = format!("http://{}", address.await);
        let table = format!("[sources.store]\nurl = '{url}'\nmax-queries = 1");
        let settings = SourceSettings::read_all(&table).unwrap();
        let timeout = Duration::from_secs(2);
        let failures = fetch_within(settings, &[prometheus("up")], timeout).await.unwrap_err();
        let texts: Vec<String> = failures.iter().map(ToString::to_string).collect();
        assert!(texts[0].contains("no whole answer within "), "{texts:?}");
        assert!(
            texts[1].contains("not asked in time: other queries came first, and max-queries allows 1 at once; raise"),
            "{texts:?}"
        );
    });
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
