//! The queried stores: a real Prometheus with known history, and stand-ins.

use std::fmt::Write as _;
use std::net::TcpListener as BlockingListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use judge_benches::latencies;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::{METRICS, POINTS, START, STEP, runtime};

/// A Prometheus process that ends with the benchmark.
pub(crate) struct Prometheus {
    pub(crate) url: String,
    process: Child,
    _folder: TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Time between two samples, in seconds.
const SCRAPE: u32 = 15;

/// Starts a real Prometheus with both sides of all metrics; `None` if it is not installed.
pub(crate) fn real(runtime: &Runtime) -> Option<Prometheus> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("history"), history()).expect("a file");
    std::fs::write(path("prometheus.yml"), "").expect("a file");
    let blocks = ["tsdb", "create-blocks-from", "openmetrics", &path("history"), &path("data")];
    let blocks_created =
        Command::new("promtool").args(blocks).stdout(Stdio::null()).status().ok()?;
    assert!(blocks_created.success(), "promtool takes the history");
    let free = BlockingListener::bind("127.0.0.1:0")
        .expect("a free port")
        .local_addr()
        .expect("an address");
    let process = Command::new("prometheus")
        .arg(format!("--config.file={}", path("prometheus.yml")))
        .arg(format!("--storage.tsdb.path={}", path("data")))
        .arg("--storage.tsdb.retention.time=100y")
        .arg(format!("--web.listen-address={free}"))
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let prometheus = Prometheus { url: format!("http://{free}"), process, _folder: folder };
    let ready = format!("{}/-/ready", prometheus.url);
    let end = Instant::now() + Duration::from_secs(30);
    let answers =
        async || reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success());
    while !runtime.block_on(answers()) {
        assert!(Instant::now() < end, "prometheus answers");
        thread::sleep(Duration::from_millis(50));
    }
    Some(prometheus)
}

/// A counter for each metric and side.
fn history() -> String {
    let mut text = String::new();
    for number in 0..METRICS {
        for (side, seed) in ["old", "new"].into_iter().zip(0..) {
            let samples = (POINTS + 2) * STEP / SCRAPE;
            let mut sum = 0.0;
            for (sample, step) in (0..samples).zip(latencies(samples as usize, seed)) {
                sum += step;
                let time = START - 2 * STEP + sample * SCRAPE;
                // Writing to a String cannot fail.
                let _ = writeln!(text, "requests_{number}{{version=\"{side}\"}} {sum} {time}");
            }
        }
    }
    text + "# EOF\n"
}

/// Answers every request in its own task, after `delay`.
pub(crate) fn stand_in(delay: Duration) -> String {
    let listener = BlockingListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("an address");
    let values = latencies(POINTS as usize, 7).into_iter().zip(0..);
    let points: Vec<_> =
        values.map(|(value, point)| json!([START + point * STEP, value.to_string()])).collect();
    let result = json!([{"metric": {"job": "shop"}, "values": points}]);
    let body = json!({"status": "success", "data": {"resultType": "matrix", "result": result}})
        .to_string();
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // Writing to a String cannot fail.
    let _ = write!(answer, "{body}");
    thread::spawn(move || {
        runtime().block_on(async move {
            let listener = TcpListener::from_std(listener).expect("a socket");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer.clone(), delay));
            }
        });
    });
    format!("http://{address}")
}

/// Answers requests without a body, one after another.
async fn serve(mut stream: TcpStream, answer: String, delay: Duration) {
    let mut read = Vec::new();
    loop {
        while !read.ends_with(b"\r\n\r\n") {
            if !matches!(stream.read_buf(&mut read).await, Ok(1..)) {
                return;
            }
        }
        read.clear();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
