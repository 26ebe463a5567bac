//! A stand-in for a Prometheus: every query has one series, whose points follow from its text and their times alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use judge_sources::{SourceSettings, Sources, StoreKind};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The server, as long as it is kept.
#[derive(Debug)]
pub(crate) struct Prometheus {
    url: String,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    away: AtomicBool,
    asked: AtomicUsize,
    held: watch::Sender<bool>,
}

impl Prometheus {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, state }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn sources(&self) -> Arc<Sources> {
        let settings = SourceSettings::at("main", StoreKind::Prometheus, &self.url).unwrap();
        Arc::new(Sources::new(vec![settings]).unwrap())
    }

    /// Refuses queries from now on, or answers them again.
    pub(crate) fn set_away(&self, away: bool) {
        self.state.away.store(away, Ordering::SeqCst);
    }

    /// Answers nothing from now on, or all that waits.
    #[allow(dead_code, reason = "the server's tests use it")]
    pub(crate) fn set_held(&self, held: bool) {
        self.state.held.send_replace(held);
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        let mut first = String::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            if first.is_empty() {
                first.clone_from(&line);
            }
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        state.asked.fetch_add(1, Ordering::SeqCst);
        state.held.subscribe().wait_for(|held| !held).await.unwrap();
        let query = first.split_once('?').map_or("", |(_, rest)| rest.split(' ').next().unwrap());
        let form =
            if body.is_empty() { query.to_owned() } else { String::from_utf8(body).unwrap() };
        if form.contains("silent") {
            // No answer, for as long as the client waits.
            let _ = stream.read_u8().await;
            return;
        }
        let (status, body) = if state.away.load(Ordering::SeqCst) {
            ("503 Service Unavailable", json!({"status": "error", "error": "away"}))
        } else if form.contains("gone") {
            (
                "503 Service Unavailable\r\nretry-after: 86400",
                json!({"status": "error", "error": "away until tomorrow"}),
            )
        } else if form.contains("no_query") {
            (
                "400 Bad Request",
                json!({"status": "error", "errorType": "bad_data", "error": "unexpected end of input"}),
            )
        } else {
            (
                "200 OK",
                if first.contains("/label/__name__/values") { names() } else { answer(&form) },
            )
        };
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all(format!("{head}{body}").as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The metrics that there are, by name.
fn names() -> Value {
    json!({"status": "success", "data": ["node_cpu", "node_load1", "requests"]})
}

/// The points that a query gets: around 100, and around 1,000 if it names something bad, or is the first metric of
/// something weak. Something young has the last two only.
fn answer(form: &str) -> Value {
    let field = |name: &str| {
        let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value).unwrap_or_default()
    };
    // What the query finds at one time is asked where it found nothing.
    if field("start").is_empty() {
        return json!({"status": "success", "data": {"resultType": "vector", "result": []}});
    }
    // No series is like it.
    if field("step").is_empty() {
        return json!({"status": "success", "data": []});
    }
    let seconds = |name: &str| field(name).parse::<f64>().unwrap();
    let (start, end, step) = (seconds("start"), seconds("end"), seconds("step"));
    let query = field("query");
    let seed: u64 =
        query.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let is_worse = query.contains("bad") || (query.contains("weak") && query.starts_with("m0"));
    // Flagger's baseline of a bad canary is as good as any.
    let is_worse = is_worse && !query.contains("-primary");
    // A number after `slow`, as in `slow3`, is how much more that has.
    let slower = query.split_once("slow").map_or(0.0, |(_, rest)| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0.0)
    });
    let scale = if is_worse { 1000.0 } else { 100.0 + slower };
    let mut values = Vec::new();
    let mut time = start;
    while time <= end {
        let mixed = (seed ^ time.to_bits()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let noise = (mixed >> 40) as f64 / f64::from(1 << 24);
        values.push(json!([time, (scale + 10.0 * noise).to_string()]));
        time += step;
    }
    if query.contains("young") {
        values.drain(..values.len().saturating_sub(2));
    }
    let mut series = json!([{"metric": {"__name__": "requests"}, "values": values}]);
    if query.contains("nothing") {
        series = json!([]);
    }
    json!({"status": "success", "data": {"resultType": "matrix", "result": series}})
}

/// A config of so many metrics, all of them one query of `${scope}`.
pub(crate) fn config(metrics: usize) -> Value {
    let metric = |number: usize| {
        let query = format!("PromQL:m{number}{{app=\"${{scope}}\"}}");
        json!({
            "name": format!("m{number}"), "groups": ["G"],
            "query": {"type": "prometheus", "customInlineTemplate": query},
            "analysisConfigurations": {"canary": {"direction": "increase"}},
        })
    };
    json!({
        "name": "shop", "applications": ["shop"], "configVersion": "1",
        "judge": {"name": "NetflixACAJudge-v1.0", "judgeConfigurations": {}},
        "metrics": (0..metrics).map(metric).collect::<Vec<_>>(),
        "classifier": {"groupWeights": {"G": 100}, "scoreThresholds": {"pass": 95, "marginal": 75}},
    })
}
