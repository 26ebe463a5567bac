//! Metrics of the server.

use cpu_time::ProcessTime;
use judge_contract::VERSION;
use prometheus::process_collector::ProcessCollector;
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder, proto,
};

use super::canaries::{CanaryMetrics, register};
use super::logs;
use super::outcome::JudgedCounts;

/// The metrics, which their help explains, and where they are registered.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) calls: IntCounterVec,
    pub(crate) duration: HistogramVec,
    pub(crate) in_flight: IntGauge,
    pub(crate) refusals: IntCounterVec,
    verdicts: IntCounterVec,
    classifications: IntCounterVec,
    points: IntCounter,
    dropped_lines: IntCounter,
    pub(crate) reloads: IntCounterVec,
    config_files: IntGaugeVec,
    pub(crate) connections: IntGauge,
    pub(crate) closed: IntCounterVec,
    pub(crate) streams: IntGauge,
    pub(crate) certificate_expiry: IntGauge,
    pub(crate) admitted: IntGauge,
    /// Set when the metrics are read.
    pub(crate) buffered_bytes: IntGauge,
    pub(crate) canaries: CanaryMetrics,
}

/// Upper bounds of the latency histogram in seconds: a small judgement takes a fraction of a
/// millisecond, the largest allowed one about a second, and a queue may make minutes of it.
const BUCKETS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    60.0,
];

/// Refusals that alerts use. They exist from the start, at 0: a series that appears at 1 has not risen for Prometheus.
const ALERTED: [&str; 9] = [
    "INTERNAL",
    "STORE_FAILED",
    "TOO_MANY_BYTES",
    "TOO_MANY_BYTES_OF_CALLER",
    "TOO_MANY_CONNECTIONS",
    "TOO_MANY_CONNECTIONS_OF_ADDRESS",
    "TOO_MANY_LOOKS",
    "TOO_MANY_PROBES",
    "TOO_MANY_WATCHES",
];

/// Outcomes of reading files again.
pub(crate) const RELOAD_READ: &str = "read";
pub(crate) const RELOAD_KEPT: &str = "kept";

/// Processor time of the process, user and system.
const CPU_SECONDS: &str = "process_cpu_seconds_total";

impl Metrics {
    /// All at 0.
    pub(crate) fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| {
            register(&registry, IntCounterVec::new(Opts::new(name, help), labels))
        };
        let counter = |name: &str, help: &str| register(&registry, IntCounter::new(name, help));
        let gauge = |name: &str, help: &str| register(&registry, IntGauge::new(name, help));
        let gauges = |name: &str, help: &str, labels: &[&str]| {
            register(&registry, IntGaugeVec::new(Opts::new(name, help), labels))
        };
        let seconds = HistogramVec::new(
            HistogramOpts::new(
                "judge_call_duration_seconds",
                "Time from the headers of a call to its answer.",
            )
            .buckets(BUCKETS.to_vec()),
            &["method"],
        );
        let build =
            gauges("judge_build_info", "Always 1; the version that is running.", &["version"])?;
        build.with_label_values(&[VERSION]).set(1);
        registry.register(Box::new(ProcessCollector::for_self()))?;
        let metrics = Self {
            calls: counters("judge_calls_total", "Calls answered.", &["method", "code"])?,
            duration: register(&registry, seconds)?,
            in_flight: gauge("judge_calls_in_flight", "Calls begun and not yet answered.")?,
            refusals: counters(
                "judge_refusals_total",
                "Calls, messages of streams and connections refused.",
                &["reason"],
            )?,
            verdicts: counters(
                "judge_verdicts_total",
                "Judgements by verdict.",
                &["judge", "verdict"],
            )?,
            classifications: counters(
                "judge_classifications_total",
                "Metrics judged by class.",
                &["judge", "classification"],
            )?,
            points: counter("judge_points_total", "Points of the series that were judged.")?,
            dropped_lines: counter(
                "judge_log_lines_dropped_total",
                "Lines of the log that could not be written.",
            )?,
            reloads: counters(
                "judge_reloads_total",
                "Changed certificates and tokens: read, or kept as before, as the new are not usable.",
                &["outcome"],
            )?,
            config_files: gauges(
                "judge_config_files",
                "Files of configs: in force, or broken and not taken.",
                &["state"],
            )?,
            connections: gauge("judge_connections", "Open connections.")?,
            closed: counters(
                "judge_connections_closed_total",
                "Connections that the server closed, and why.",
                &["reason"],
            )?,
            streams: gauge("judge_streams", "Open streams of JudgeStream.")?,
            certificate_expiry: gauge(
                "judge_certificate_expiry_seconds",
                "When the server's certificate expires, in Unix time; 0 without TLS.",
            )?,
            admitted: gauge("judge_judgements_admitted", "Judgements queued or running.")?,
            buffered_bytes: gauge(
                "judge_buffered_bytes",
                "Bytes of requests and answers in memory.",
            )?,
            canaries: CanaryMetrics::new(&registry)?,
            registry,
        };
        for reason in ALERTED {
            metrics.refusals.with_label_values(&[reason]);
        }
        for outcome in [RELOAD_READ, RELOAD_KEPT] {
            metrics.reloads.with_label_values(&[outcome]);
        }
        metrics.show_config_files(0, 0);
        Ok(metrics)
    }

    /// Sets the numbers of config files that are in force and that are not.
    pub(crate) fn show_config_files(&self, in_force: usize, broken: usize) {
        for (state, files) in [("in_force", in_force), ("broken", broken)] {
            let files = i64::try_from(files).unwrap_or(i64::MAX);
            self.config_files.with_label_values(&[state]).set(files);
        }
    }

    /// Counts a judgement.
    pub(crate) fn count(&self, judged: &JudgedCounts) {
        let judge = judged.judge.as_str();
        let verdict = format!("{:?}", judged.verdict);
        self.verdicts.with_label_values(&[judge, &verdict]).inc();
        for (class, metrics) in &judged.classes {
            let class = format!("{class:?}");
            self.classifications.with_label_values(&[judge, &class]).inc_by(*metrics);
        }
        self.points.inc_by(judged.points as u64);
    }

    /// Everything in Prometheus's text format.
    pub(crate) fn text(&self) -> prometheus::Result<Vec<u8>> {
        self.dropped_lines.inc_by(logs::newly_dropped());
        let mut families = self.registry.gather();
        // The collector has whole seconds, which are too coarse for short ranges.
        if let Some(cpu) = families.iter_mut().find(|family| family.name() == CPU_SECONDS)
            && let (Ok(time), [metric]) = (ProcessTime::try_now(), cpu.mut_metric().as_mut_slice())
        {
            let mut seconds = proto::Counter::default();
            seconds.set_value(time.as_duration().as_secs_f64());
            metric.set_counter(seconds);
        }
        let mut text = Vec::new();
        TextEncoder::new().encode(&families, &mut text)?;
        Ok(text)
    }
}

/// Counts one on a gauge until it is dropped.
pub(crate) struct GaugeGuard(IntGauge);

impl GaugeGuard {
    pub(crate) fn by(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_has_fractions_of_seconds() {
        let seconds = || {
            let text = String::from_utf8(Metrics::new().unwrap().text().unwrap()).unwrap();
            let line =
                text.lines().find_map(|line| line.strip_prefix("process_cpu_seconds_total "));
            line.unwrap().parse::<f64>().unwrap()
        };
        let first = seconds();
        let second = seconds();
        assert!(0.0 < first && first < second && second < first + 1.0, "{first} {second}");
    }
}
