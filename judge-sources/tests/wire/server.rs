//! A server that does with each connection what a test says.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use judge_sources::{
    Compat, FetchRequest, FetchedMetric, Grid, Queries, Scope, SideRequest, SourceSettings,
    Sources, StoreKind,
};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// For tests of what no kind of store does otherwise.
pub(crate) const PROMETHEUS: StoreKind = StoreKind::Prometheus;

/// The requests that came, whole.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

/// Runs `serve` for each connection; gives the address.
pub(crate) async fn listen<F, Served>(serve: F) -> String
where
    F: Fn(TcpStream) -> Served + 'static,
    Served: Future<Output = ()> + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::task::spawn_local(serve(stream));
        }
    });
    address
}

/// Answers each request with what `answer` makes of it, and keeps the requests.
pub(crate) async fn answering(answer: impl Fn(&str) -> String + 'static) -> (String, Seen) {
    let seen = Seen::default();
    let kept = Arc::clone(&seen);
    let answer = Arc::new(answer);
    let address = listen(move |mut stream| {
        let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
        async move {
            while let Some(request) = request(&mut stream).await {
                let answer = answer(&request);
                kept.lock().unwrap().push(request);
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    });
    (address.await, seen)
}

/// The next request, head and body.
pub(crate) async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&more[..read]),
        }
    }
}

pub(crate) fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

/// What a store answers with one series, a point a second from 0 on.
pub(crate) fn points(kind: StoreKind, points: usize) -> String {
    let all = 0..points;
    let body = match kind {
        StoreKind::Graphite => {
            let points: Vec<_> = all.map(|point| json!([point, point])).collect();
            json!([{"target": "up", "tags": {"job": "shop"}, "datapoints": points}])
        }
        StoreKind::InfluxDb => {
            let rows: Vec<_> = all.map(|point| json!([point * 1000, point])).collect();
            let series = json!([{"name": "up", "columns": ["time", "count"], "values": rows}]);
            json!({"results": [{"statement_id": 0, "series": series}]})
        }
        _ => {
            let values: Vec<_> = all.map(|point| json!([point, point.to_string()])).collect();
            let result = json!([{"metric": {}, "values": values}]);
            json!({"status": "success", "data": {"resultType": "matrix", "result": result}})
        }
    };
    body.to_string()
}

/// The same of a Prometheus.
pub(crate) fn matrix(count: usize) -> String {
    points(StoreKind::Prometheus, count)
}

pub(crate) fn ok(body: &str) -> String {
    http("200 OK", "content-type: application/json\r\n", body)
}

/// Three points a second apart.
pub(crate) fn grid() -> Grid {
    Grid::new(0, 3000, 1000).unwrap()
}

/// The queries of one metric.
pub(crate) fn read(query: &Value) -> Queries {
    let config = json!({"metrics": [{"name": "latency", "groups": ["G"], "query": query}]});
    Queries::read(&config).unwrap()
}

/// A query of the scope's counter.
pub(crate) fn queries(kind: StoreKind) -> Queries {
    read(&match kind {
        StoreKind::Graphite => json!({"type": "graphite", "metricName": "up.$scope.count"}),
        StoreKind::InfluxDb => {
            json!({"type": "influxdb", "metricName": "up", "fields": ["count"]})
        }
        _ => json!({"customInlineTemplate": "PromQL:up{side=\"${scope}\"}"}),
    })
}

/// The scope of a side as the kind of store has them.
fn scope(kind: StoreKind, side: &str) -> Scope {
    if kind == StoreKind::InfluxDb { Scope::new(format!("side:{side}")) } else { Scope::new(side) }
}

/// What [`queries`] asks for the baseline.
pub(crate) fn asked(kind: StoreKind) -> &'static str {
    match kind {
        StoreKind::Graphite => "up.old.count",
        StoreKind::InfluxDb => {
            "SELECT count FROM up WHERE time >= '1970-01-01T00:00:00Z' AND time < '1970-01-01T00:00:03Z' \
             AND side = 'old'"
        }
        _ => "up{side=\"old\"}",
    }
}

pub(crate) fn settings(kind: StoreKind, url: &str, more: &str) -> Vec<SourceSettings> {
    let table = format!("[sources.store]\nurl = '{url}'\ntype = '{}'\n{more}", kind.name());
    SourceSettings::read_all(&table).unwrap()
}

pub(crate) fn at(kind: StoreKind, url: &str) -> Vec<SourceSettings> {
    vec![SourceSettings::at("store", kind, url).unwrap()]
}

/// Asks for one metric on both sides; the error is that of the baseline.
pub(crate) async fn fetch(
    settings: Vec<SourceSettings>,
    queries: &Queries,
    grid: Grid,
    timeout: Duration,
) -> Result<FetchedMetric, String> {
    let kind = settings[0].kind();
    let side = |side: &str| SideRequest { scope: scope(kind, side), grid };
    let request =
        FetchRequest { baseline: side("old"), canary: side("new"), compat: Compat::None, timeout };
    let sources = Sources::new(settings).map_err(|error| error.to_string())?;
    let mut found =
        sources.fetch(queries, &request).await.map_err(|failures| failures[0].to_string())?;
    Ok(found.remove(0))
}

/// The same with [`queries`] and few points.
pub(crate) async fn fetch_up(
    settings: Vec<SourceSettings>,
    timeout: Duration,
) -> Result<FetchedMetric, String> {
    let queries = queries(settings[0].kind());
    fetch(settings, &queries, grid(), timeout).await
}

/// Runs a test with servers of its own.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

/// The same for each kind of store, side by side.
pub(crate) fn run_each(test: impl AsyncFn(StoreKind)) {
    run(async {
        join_all(StoreKind::ALL.map(|kind| test(kind))).await;
    });
}
