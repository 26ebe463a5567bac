//! Servers in processes of their own, and the canary that both benchmarks send.

#![allow(dead_code, reason = "each benchmark uses its part")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use judge_contract::proto::judge_service_client::JudgeServiceClient;
use judge_contract::proto::{
    CanaryConfig, JudgeRequest, MetricConfig, MetricPair, Series, Thresholds, judge_request,
};
use tonic::transport::{Channel, Endpoint};

/// Metrics of the canary.
pub(crate) const METRICS: usize = 20;

/// Points of each series.
pub(crate) const POINTS: usize = 60;

/// A server in a process of its own, ended when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    /// Starts `command`, which says on standard output where it listens, and whose log nobody reads.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        Self::start_logging(command, Stdio::null())
    }

    /// The same with its log where `log` says.
    pub(crate) fn start_logging(command: &mut Command, log: Stdio) -> anyhow::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        let output = child.stdout.take().ok_or_else(|| anyhow::anyhow!("no output"))?;
        let mut address = String::new();
        BufReader::new(output).read_line(&mut address)?;
        Ok(Self { child, address: address.trim().to_owned() })
    }

    /// Seconds of processor time so far, user and system, of all its threads.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, in parentheses, may hold spaces.
        let (_, fields) = stat.rsplit_once(')').ok_or_else(|| anyhow::anyhow!("no stat"))?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |index: usize| anyhow::Ok(fields[index].parse::<f64>()?);
        // proc(5): utime and stime are the 14th and 15th field, of which two precede these.
        Ok((ticks(11)? + ticks(12)?) / TICKS_A_SECOND)
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) -> anyhow::Result<()> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status()?;
        anyhow::ensure!(sent.success(), "kill: {sent}");
        Ok(())
    }

    /// Whether it ended well, once it has ended.
    pub(crate) fn ended_well(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.wait()?.success())
    }

    /// Resident memory in MiB.
    pub(crate) fn resident_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next());
        Ok(kib.ok_or_else(|| anyhow::anyhow!("no VmRSS"))?.parse::<f64>()? / 1024.0)
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<JudgeServiceClient<Channel>> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address))?;
        Ok(JudgeServiceClient::new(endpoint.tcp_nodelay(true).connect().await?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `USER_HZ`, which Linux fixes at 100 for what user space sees.
const TICKS_A_SECOND: f64 = 100.0;

/// `metrics` metrics of `points` points a side in four groups, a little noise between the sides, its own
/// for each `id`.
pub(crate) fn request(id: &str, metrics: usize, points: usize) -> JudgeRequest {
    let mut state = id.bytes().fold(42_u64, |state, byte| state.wrapping_mul(31) + u64::from(byte));
    let mut series = || {
        let values = (0..points).map(|_| {
            // Knuth's MMIX generator; the upper bits are random enough for noise.
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            100.0 + (state >> 40) as f64 / (1_u64 << 24) as f64
        });
        Some(Series { values: values.collect(), times: None })
    };
    let name = |metric: usize| format!("metric-{metric}");
    let config = CanaryConfig {
        name: "benchmark".into(),
        metrics: (0..metrics)
            .map(|metric| MetricConfig {
                name: name(metric),
                groups: vec![format!("group-{}", metric % 4)],
                ..MetricConfig::default()
            })
            .collect(),
        ..CanaryConfig::default()
    };
    let pairs = (0..metrics).map(|metric| MetricPair {
        name: name(metric),
        id: None,
        tags: std::collections::BTreeMap::new(),
        baseline: series(),
        canary: series(),
        history: Vec::new(),
    });
    JudgeRequest {
        id: id.into(),
        pairs: pairs.collect(),
        thresholds: Some(Thresholds { pass: Some(95.0), marginal: Some(75.0) }),
        judge: None,
        looks: None,
        config: Some(judge_request::Config::CanaryConfig(config)),
    }
}
