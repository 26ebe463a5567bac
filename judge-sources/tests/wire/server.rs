//! A server that does with each connection what a test says.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use judge_sources::{
    Compat, FetchedMetric, Grid, Queries, Scope, Sought, SoughtSide, SourceSettings, Sources,
    StoreKind,
};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

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

/// A matrix with one series without labels, a point a second from 0 on.
pub(crate) fn matrix(points: usize) -> String {
    let values: Vec<_> = (0..points).map(|point| json!([point, point.to_string()])).collect();
    let result = json!([{"metric": {}, "values": values}]);
    json!({"status": "success", "data": {"resultType": "matrix", "result": result}}).to_string()
}

pub(crate) fn ok(body: &str) -> String {
    http("200 OK", "content-type: application/json\r\n", body)
}

/// Three points a second apart.
pub(crate) fn grid() -> Grid {
    Grid::new(0, 3000, 1000).unwrap()
}

pub(crate) fn queries(template: &str) -> Queries {
    let query = json!({"type": "prometheus", "customInlineTemplate": template});
    let config = json!({"metrics": [{"name": "latency", "groups": ["G"], "query": query}]});
    Queries::read(&config).unwrap()
}

pub(crate) fn settings(url: &str, more: &str) -> Vec<SourceSettings> {
    SourceSettings::read_all(&format!("[sources.store]\nurl = '{url}'\n{more}")).unwrap()
}

pub(crate) fn at(url: &str) -> Vec<SourceSettings> {
    vec![SourceSettings::at("store", StoreKind::Prometheus, url).unwrap()]
}

/// Asks for one metric on both sides; the error is that of the baseline.
pub(crate) async fn fetch(
    settings: Vec<SourceSettings>,
    queries: &Queries,
    grid: Grid,
    timeout: Duration,
) -> Result<FetchedMetric, String> {
    let side = |scope: &str| SoughtSide { scope: Scope::new(scope), grid };
    let sought =
        Sought { baseline: side("old"), canary: side("new"), compat: Compat::None, timeout };
    let sources = Sources::new(settings).map_err(|error| error.to_string())?;
    let mut found =
        sources.fetch(queries, &sought).await.map_err(|failures| failures[0].to_string())?;
    Ok(found.remove(0))
}

/// The same with a query of `up` and few points.
pub(crate) async fn fetch_up(
    settings: Vec<SourceSettings>,
    timeout: Duration,
) -> Result<FetchedMetric, String> {
    fetch(settings, &queries("PromQL:up{side=\"${scope}\"}"), grid(), timeout).await
}

/// Runs a test with servers of its own.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}
