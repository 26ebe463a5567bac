//! A stand-in for a Prometheus: a socket with the responses of a test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;

/// The status of a store that is away for a day, for which nothing waits.
pub(crate) const AWAY: &str = "503 Service Unavailable\r\nretry-after: 86400";

/// A received request: the query, and the parameters by name.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) query: String,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) step: i64,
}

/// A store, and the requests that it received.
pub(crate) struct Store {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Store {
    /// Responds to each query with a status and a body.
    pub(crate) fn open(
        answer: impl Fn(&Asked) -> (&'static str, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                thread::spawn(move || serve(stream.unwrap(), &kept, answer.as_ref()));
            }
        });
        Self { url, asked }
    }

    /// The requests received so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The arguments that name the store.
    pub(crate) fn named(&self) -> String {
        format!("--prometheus {}", self.url)
    }
}

fn serve(
    mut stream: TcpStream,
    kept: &Mutex<Vec<Asked>>,
    answer: &(dyn Fn(&Asked) -> (&'static str, String) + Send + Sync),
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.trim_end().is_empty() {
                break;
            }
            lines.push(line);
        }
        let length = lines.iter().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
        });
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).unwrap();
        let target = lines[0].split(' ').nth(1).unwrap();
        let (path, in_url) = target.split_once('?').unwrap_or((target, ""));
        let params =
            if body.is_empty() { in_url.to_owned() } else { String::from_utf8(body).unwrap() };
        let (status, body) = if path.ends_with("/query_range") {
            let asked = read(&params);
            let answered = answer(&asked);
            kept.lock().unwrap().push(asked);
            answered
        } else {
            // Queries for suggestions find nothing.
            ("200 OK", json!({"status": "success", "data": []}).to_string())
        };
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
        if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

fn read(params: &str) -> Asked {
    let param = |wanted: &str| {
        let of = |pair: &str| {
            pair.split_once('=').map(|(name, value)| (name.to_owned(), decoded(value)))
        };
        params.split('&').filter_map(of).find(|(name, _)| name == wanted).unwrap().1
    };
    let number = |name| param(name).parse().unwrap();
    Asked {
        query: param("query"),
        start: number("start"),
        end: number("end"),
        step: number("step"),
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let code: String = rest.by_ref().take(2).map(char::from).collect();
            u8::from_str_radix(&code, 16).unwrap()
        } else {
            byte
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// A response with one series around `level` at all requested times. The value at a time does not depend on the
/// window.
pub(crate) fn matrix(asked: &Asked, level: f64) -> (&'static str, String) {
    matrix_of(asked, |time| level + f64::from(i32::try_from(time * 37 % 101).unwrap()) / 10.0)
}

/// A response with one series of these values at all requested times.
pub(crate) fn matrix_of(asked: &Asked, value: impl Fn(i64) -> f64) -> (&'static str, String) {
    let times = (asked.start..=asked.end).step_by(usize::try_from(asked.step).unwrap());
    let values: Vec<_> = times.map(|time| json!([time, value(time).to_string()])).collect();
    let result = json!([{"metric": {}, "values": values}]);
    answer(&result)
}

/// A response with these series.
pub(crate) fn answer(result: &serde_json::Value) -> (&'static str, String) {
    let data = json!({"resultType": "matrix", "result": result});
    ("200 OK", json!({"status": "success", "data": data}).to_string())
}

/// A config with one metric and this query.
pub(crate) fn config(query: &str) -> Vec<u8> {
    let metric = json!({
        "name": "latency", "groups": ["G"],
        "query": {"type": "prometheus", "customInlineTemplate": format!("PromQL:{query}")},
        "analysisConfigurations": {"canary": {"direction": "increase"}},
    });
    let judge = json!({"name": "NetflixACAJudge-v1.0", "judgeConfigurations": {}});
    let config = json!({"name": "c", "judge": judge, "metrics": [metric], "classifier": {"groupWeights": {"G": 100}}});
    serde_json::to_vec(&config).unwrap()
}
