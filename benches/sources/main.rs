//! Fetches both sides of 20 metrics of 60 points from a Prometheus on this machine and judges them. The peer is a
//! bare client that sends the same 40 queries, as many at once. We use a real Prometheus if `prometheus` and
//! `promtool` are installed, and stand-ins that answer at once or after two milliseconds.
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]
#![allow(clippy::expect_used, reason = "a benchmark that cannot run stops")]

mod store;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use futures_util::{StreamExt, stream};
use judge_core::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
use judge_core::{CanaryConfig, JudgeRequest, MetricConfig};
use judge_sources::{
    Compat, FetchRequest, FetchedMetric, Grid, Queries, Scope, SideRequest, SourceSettings,
    Sources, StoreKind,
};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

pub(crate) const METRICS: usize = 20;
pub(crate) const POINTS: u32 = 60;
/// Default number of concurrent queries to a source.
const AT_ONCE: usize = 8;
pub(crate) const START: u32 = 1_700_000_000;
pub(crate) const STEP: u32 = 60;

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn metric(number: usize) -> String {
    format!("metric-{number}")
}

fn query(number: usize, side: &str) -> String {
    format!("sum(rate(requests_{number}{{version=\"{side}\"}}[1m]))")
}

fn config() -> CanaryConfig {
    let metrics = (0..METRICS).map(|number| MetricConfig::new(metric(number), "All")).collect();
    CanaryConfig { metrics, ..CanaryConfig::default() }
}

fn fetch_request() -> FetchRequest {
    let millis = |point: u32| 1000 * i64::from(START + point * STEP);
    let grid = Grid::new(millis(0), millis(POINTS), u64::from(STEP) * 1000).expect("a grid");
    let side = |scope: &str| SideRequest { scope: Scope::new(scope), grid };
    let timeout = Duration::from_mins(1);
    FetchRequest { baseline: side("old"), canary: side("new"), compat: Compat::None, timeout }
}

fn queries() -> Queries {
    let query_document =
        |number| json!({"customInlineTemplate": format!("PromQL:{}", query(number, "${scope}"))});
    let metrics: Vec<_> = (0..METRICS)
        .map(|number| json!({"name": metric(number), "groups": ["All"], "query": query_document(number)}))
        .collect();
    Queries::read(&json!({"metrics": metrics})).expect("queries")
}

/// The URLs that the sources query, for another client.
fn urls(store: &str) -> Vec<reqwest::Url> {
    let end = START + (POINTS - 1) * STEP;
    let url = |text: String| {
        let mut url = reqwest::Url::parse(&format!("{store}/api/v1/query_range")).expect("a URL");
        let times = [("start", START), ("end", end), ("step", STEP)];
        url.query_pairs_mut()
            .append_pair("query", &text)
            .extend_pairs(times.map(|(name, value)| (name, value.to_string())));
        url
    };
    (0..METRICS).flat_map(|number| ["old", "new"].map(|side| url(query(number, side)))).collect()
}

/// Reads all responses and drops them.
async fn ask(client: &reqwest::Client, urls: &[reqwest::Url]) -> usize {
    stream::iter(urls)
        .map(|url| async move {
            let answer = client.get(url.clone()).send().await.expect("an answer");
            answer.bytes().await.expect("a whole answer").len()
        })
        .buffer_unordered(AT_ONCE)
        .fold(0, |all, bytes| async move { all + bytes })
        .await
}

fn fetched(found: Vec<FetchedMetric>, config: &CanaryConfig) -> JudgeRequest {
    let pairs: Vec<_> = found.into_iter().flat_map(|metric| metric.pairs).collect();
    assert_eq!(pairs.len(), METRICS, "a pair for each metric");
    JudgeRequest { config: config.clone(), pairs, ..JudgeRequest::default() }
}

fn sources(criterion: &mut Criterion) {
    let (runtime, queries, request, config) = (runtime(), queries(), fetch_request(), config());
    let mut group = criterion.benchmark_group("20 metrics of 60 points a side");
    group.sample_size(30);
    let real = store::real(&runtime);
    let mut stores: Vec<(&str, String)> =
        real.iter().map(|real| ("Prometheus", real.url.clone())).collect();
    stores.push(("stand-in", store::stand_in(Duration::ZERO)));
    stores.push(("stand-in, 2 ms", store::stand_in(Duration::from_millis(2))));
    for (name, url) in stores {
        let urls = urls(&url);
        let client = reqwest::Client::new();
        let settings =
            SourceSettings::at("prometheus", StoreKind::Prometheus, &url).expect("settings");
        let sources = Sources::new(vec![settings]).expect("sources");
        group.bench_function(BenchmarkId::new("40 queries by a bare client", name), |bencher| {
            bencher.iter(|| black_box(runtime.block_on(ask(&client, &urls))));
        });
        let fetch = || runtime.block_on(sources.fetch(&queries, &request)).expect("series");
        group.bench_function(BenchmarkId::new("fetched", name), |bencher| {
            bencher.iter(|| black_box(fetched(fetch(), &config)));
        });
        group.bench_function(
            BenchmarkId::new("fetched and judged by NetflixACAJudge", name),
            |bencher| {
                bencher.iter(|| {
                    NetflixAcaJudge.judge(&fetched(fetch(), &config)).expect("a judgement")
                });
            },
        );
        group.bench_function(
            BenchmarkId::new("fetched and judged by EvidenceJudge", name),
            |bencher| {
                bencher
                    .iter(|| EvidenceJudge.judge(&fetched(fetch(), &config)).expect("a judgement"));
            },
        );
    }
}

criterion_group!(benches, sources);
criterion_main!(benches);
