//! A service with known metrics, and a Prometheus that scrapes it.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

const CONFIG: &str = r#"{
    "name": "shop",
    "judge": {"name": "NetflixACAJudge-v1.0", "judgeConfigurations": {}},
    "metrics": [{
        "name": "latency", "groups": ["Latency"],
        "query": {"type": "prometheus", "customInlineTemplate": "PromQL:sum(latency{version=\"${scope}\"})"},
        "analysisConfigurations": {"canary": {"direction": "increase"}}
    }],
    "classifier": {"groupWeights": {"Latency": 100}}
}"#;

/// The outcome of a command.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    /// Runs `command` to its end.
    pub(crate) fn run(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Files, a service and a Prometheus.
pub(crate) struct Shop {
    pub(crate) folder: TempDir,
    pub(crate) url: String,
    prometheus: Child,
}

impl Shop {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let service = TcpListener::bind("127.0.0.1:0").unwrap();
        let scraped = service.local_addr().unwrap();
        thread::spawn(move || service.incoming().for_each(|stream| answer(stream.unwrap())));
        let scrape = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n  - job_name: shop\n    \
             static_configs: [{{targets: [\"{scraped}\"]}}]\n"
        );
        fs::write(folder.path().join("prometheus.yml"), scrape).unwrap();
        fs::write(folder.path().join("canary.json"), CONFIG).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = format!("http://{free}");
        let prometheus = start(&folder, &url);
        let shop = Self { folder, url, prometheus };
        shop.await_sample_after(0);
        shop
    }

    /// Kills Prometheus and starts it again with its stored data.
    pub(crate) fn start_again(&mut self) {
        self.await_sample_after(crate::now() + 3);
        self.stop();
        self.prometheus = start(&self.folder, &self.url);
    }

    fn stop(&mut self) {
        let id = self.prometheus.id().to_string();
        let _ = Command::new("kill").arg(id).status();
        let _ = self.prometheus.wait();
    }

    /// Waits until Prometheus has a sample of the time `seconds` since 1970, or a later one.
    pub(crate) fn await_sample_after(&self, seconds: i64) {
        let end = Instant::now() + Duration::from_mins(1);
        let query = format!("{}/api/v1/query?query=timestamp(latency)>{seconds}", self.url)
            .replace('>', "%3E");
        while Instant::now() < end {
            let answer = Command::new("curl").args(["-s", &query]).output().unwrap();
            if String::from_utf8_lossy(&answer.stdout).contains("\"value\"") {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("no sample after {seconds}");
    }

    /// A `judge` command in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_judge"));
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    /// A `judge` command about two versions of the shop, from Prometheus, with a step of a second.
    pub(crate) fn command_about(
        &self,
        arguments: &[&str],
        baseline: &str,
        canary: &str,
    ) -> Command {
        let mut command = self.command(arguments);
        command.args(["--prometheus", &self.url, "--step", "1s"]);
        command.args(["--baseline-scope", baseline, "--canary-scope", canary]);
        command
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.stop();
    }
}

fn start(folder: &TempDir, url: &str) -> Child {
    let path = |name: &str| folder.path().join(name).display().to_string();
    Command::new("prometheus")
        .arg(format!("--config.file={}", path("prometheus.yml")))
        .arg(format!("--storage.tsdb.path={}", path("data")))
        .arg(format!("--web.listen-address={}", url.trim_start_matches("http://")))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("prometheus: {error}"))
}

/// The current metrics. `same` differs from `stable` so little that no few points are worse by chance; `slow` is
/// three times as slow.
fn answer(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 4096]);
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let level = |phase: u128| {
        100.0 + f64::from(u32::try_from((millis / 10 + phase) * 37 % 101).unwrap()) / 10.0
    };
    let trifle = if (millis / 1000).is_multiple_of(2) { 0.1 } else { -0.1 };
    let lines = [("stable", level(0)), ("same", level(0) + trifle), ("slow", 3.0 * level(70))]
        .map(|(version, value)| format!("latency{{version=\"{version}\"}} {value}\n"));
    let body = lines.concat();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close";
    let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
}
