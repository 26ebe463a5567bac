//! The command, started as systemd starts it: it tells when it serves, and where.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use judge_contract::proto::judge_service_client::JudgeServiceClient;
use judge_contract::proto::{
    CanaryConfig, JudgeRequest, MetricConfig, MetricPair, Series, Thresholds, judge_request,
};
use serde_json::Value;
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_judge-server");

/// Longer than anything here takes.
const BOUND: Duration = Duration::from_mins(1);

/// The running command; a test that fails leaves none behind.
pub(crate) struct Server {
    pub(crate) process: Child,
    pub(crate) grpc: String,
    pub(crate) http: String,
    supervisor: UnixDatagram,
    _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    pub(crate) fn start(flags: &[&str], stderr: Stdio) -> Self {
        Self::start_by(Command::new(BINARY), flags, stderr)
    }

    /// One that a write beyond the size that files may have does not end.
    pub(crate) fn start_bounded(flags: &[&str]) -> Self {
        Self::start_after("trap '' XFSZ", flags, Stdio::null())
    }

    /// One whose own view of `folder` is a new disk of so many bytes, gone with it; root alone may have one.
    pub(crate) fn start_on_small_disk(size: &str, folder: &str, flags: &[&str]) -> Self {
        let mount = format!(r#"mount -t tmpfs -o size={size} tmpfs {folder} && exec "$0" "$@""#);
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", &mount, BINARY]);
        Self::start_by(command, flags, Stdio::null())
    }

    /// One that a shell becomes after a line of its own.
    pub(crate) fn start_after(line: &str, flags: &[&str], stderr: Stdio) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!(r#"{line}; exec "$0" "$@""#), BINARY]);
        Self::start_by(shell, flags, stderr)
    }

    fn start_by(mut command: Command, flags: &[&str], stderr: Stdio) -> Self {
        let folder = TempDir::new().unwrap();
        let socket = folder.path().join("notify");
        let supervisor = UnixDatagram::bind(&socket).unwrap();
        supervisor.set_read_timeout(Some(BOUND)).unwrap();
        let process = command
            .args(["--grpc-listen=127.0.0.1:0", "--http-listen=127.0.0.1:0"])
            .args(flags)
            .env("NOTIFY_SOCKET", &socket)
            .stderr(stderr)
            .spawn()
            .unwrap();
        let (grpc, http) = (String::new(), String::new());
        let mut server = Self { process, grpc, http, supervisor, _folder: folder };
        let told = server.told();
        let addresses = told.strip_prefix("READY=1\nSTATUS=gRPC on ").expect(&told).trim_end();
        let (grpc, http) = addresses.split_once(", HTTP on ").expect(&told);
        (server.grpc, server.http) = (grpc.to_owned(), http.to_owned());
        server
    }

    /// The next that systemd would be told.
    pub(crate) fn told(&self) -> String {
        let mut told = [0; 1024];
        let length = loop {
            match self.supervisor.recv(&mut told) {
                // With a time limit the system does not take it up again after a signal.
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                received => break received.expect("to be told something in time"),
            }
        };
        String::from_utf8(told[..length].to_vec()).unwrap()
    }

    /// Its standard error, for those who asked for a pipe.
    pub(crate) fn log(&mut self) -> BufReader<ChildStderr> {
        BufReader::new(self.process.stderr.take().unwrap())
    }

    pub(crate) async fn client(&self) -> JudgeServiceClient<Channel> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.grpc)).unwrap();
        JudgeServiceClient::new(endpoint.connect().await.unwrap())
    }

    /// What is answered to the bytes of a request.
    pub(crate) fn ask(&self, request: &str) -> String {
        let mut connection = TcpStream::connect(&self.http).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The answer to a document, head and all.
    pub(crate) fn post(&self, path: &str, json: &str) -> String {
        self.ask(&format!("POST {path} HTTP/1.0\r\ncontent-length: {}\r\n\r\n{json}", json.len()))
    }

    /// The value of a counter or gauge.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let answer = self.ask("GET /metrics HTTP/1.0\r\n\r\n");
        let value = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.expect(name).parse().unwrap()
    }

    /// Waits until a counter or gauge is as wanted.
    pub(crate) fn until(&self, name: &str, wanted: impl Fn(u64) -> bool) {
        let bound = Instant::now() + BOUND;
        loop {
            let value = self.metric(name);
            if wanted(value) {
                return;
            }
            assert!(Instant::now() < bound, "{name} stays {value}");
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &process]).status().unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let bound = Instant::now() + BOUND;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < bound, "it goes on");
            std::thread::yield_now();
        }
    }
}

/// A line of the log, or nothing at its end.
pub(crate) fn line(log: &mut BufReader<ChildStderr>) -> Option<Value> {
    let mut line = String::new();
    (log.read_line(&mut line).unwrap() > 0).then(|| serde_json::from_str(&line).unwrap())
}

pub(crate) fn request() -> JudgeRequest {
    let series = |shift: usize| {
        let values = (0..200).map(|point| (shift + point * 37 % 101) as f64);
        Some(Series { values: values.collect(), times: None })
    };
    let metric = MetricConfig {
        name: "latency".into(),
        groups: vec!["Latency".into()],
        ..Default::default()
    };
    let config = CanaryConfig {
        metrics: vec![metric],
        group_weights: [("Latency".to_owned(), 100.0)].into(),
        ..Default::default()
    };
    JudgeRequest {
        id: "busy".into(),
        pairs: vec![MetricPair {
            name: "latency".into(),
            baseline: series(0),
            canary: series(50),
            ..Default::default()
        }],
        thresholds: Some(Thresholds { pass: Some(95.0), marginal: Some(75.0) }),
        judge: None,
        looks: None,
        config: Some(judge_request::Config::CanaryConfig(config)),
    }
}
