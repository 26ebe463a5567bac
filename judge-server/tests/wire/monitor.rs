//! Canaries that are watched point by point.

use judge_contract::proto::monitor_request::Content;
use judge_contract::proto::series::Times;
use judge_contract::proto::{
    self, JudgeStreamRequest, MonitorPoints, MonitorRequest, MonitorResponse, MonitorStart,
    MonitoredSeries, monitor_start,
};
use judge_core::config::{Direction, MetricConfig};
use judge_core::monitor::{Monitor, MonitorReport};
use judge_core::{CanaryConfig, Side, Thresholds};
use pbjson_types::{Duration, Timestamp};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use crate::harness::{Server, fields, reason};
use crate::raw::{Raw, framed};

const MONITOR: &str = "/canary.judge.v1.JudgeService/Monitor";
const METRICS: [&str; 2] = ["latency", "errors"];
const STEPS: usize = 60;
const START: i64 = 1_767_225_600;

fn at(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanos: 0 }
}

pub(crate) fn started(verdict_every: u32) -> MonitorRequest {
    let metric = |name: &str| proto::MetricConfig {
        name: name.into(),
        groups: vec!["all".into()],
        direction: proto::Direction::Increase.into(),
        ..Default::default()
    };
    let config = proto::CanaryConfig { metrics: METRICS.map(metric).into(), ..Default::default() };
    let start = MonitorStart {
        id: "v7".into(),
        config: Some(monitor_start::Config::CanaryConfig(config)),
        thresholds: Some(proto::Thresholds { pass: Some(95.0), marginal: Some(75.0) }),
        start_time: Some(at(START)),
        step: Some(Duration { seconds: 60, nanos: 0 }),
        baseline_offset: Some(Duration { seconds: 3600, nanos: 0 }),
        verdict_every,
        ..Default::default()
    };
    MonitorRequest { content: Some(Content::Start(start)) }
}

fn changed(change: impl FnOnce(&mut MonitorStart)) -> MonitorRequest {
    let Some(Content::Start(mut start)) = started(1).content else { unreachable!() };
    change(&mut start);
    MonitorRequest { content: Some(Content::Start(start)) }
}

/// A latency that is a little higher from the start; a gap here and there.
fn value(metric: usize, side: Side, step: usize) -> f64 {
    let seed = step * 7919 + metric * 104_729 + usize::from(side == Side::Canary) * 31_337;
    let noise = f64::from(u32::try_from(seed % 1009).unwrap()) / 1009.0;
    if seed.is_multiple_of(23) {
        f64::NAN
    } else {
        10.0 + noise + if metric == 0 && side == Side::Canary { 0.4 } else { 0.0 }
    }
}

fn series(metric: usize, side: Side, steps: impl Iterator<Item = usize>) -> MonitoredSeries {
    let start = if side == Side::Canary { START } else { START - 3600 };
    let (millis, values) = steps
        .map(|step| {
            ((start + 60 * i64::try_from(step).unwrap()) * 1000 + 7, value(metric, side, step))
        })
        .unzip();
    let times = Some(Times::Timestamps(proto::Timestamps { millis }));
    let points = Some(proto::Series { values, times });
    let name = METRICS[metric].to_owned();
    match side {
        Side::Canary => MonitoredSeries { name, canary: points, baseline: None },
        Side::Baseline => MonitoredSeries { name, canary: None, baseline: points },
    }
}

pub(crate) fn all(steps: impl Iterator<Item = usize>) -> Vec<MonitoredSeries> {
    let sides = [Side::Canary, Side::Baseline];
    let both = (0..METRICS.len()).flat_map(|metric| sides.map(|side| (metric, side)));
    let steps: Vec<usize> = steps.collect();
    both.map(|(metric, side)| series(metric, side, steps.iter().copied())).collect()
}

/// Points up to `steps`, all complete.
pub(crate) fn points(series: Vec<MonitoredSeries>, steps: usize) -> MonitorRequest {
    let complete_to = Some(at(START + 60 * i64::try_from(steps).unwrap()));
    MonitorRequest { content: Some(Content::Points(MonitorPoints { series, complete_to })) }
}

async fn said(
    server: &Server,
    messages: Vec<MonitorRequest>,
) -> Result<Vec<MonitorResponse>, Status> {
    let mut stream =
        server.client().await.monitor(tokio_stream::iter(messages)).await?.into_inner();
    let mut said = Vec::new();
    while let Some(response) = stream.message().await? {
        said.push(response);
    }
    Ok(said)
}

/// What the library says of the same points, step by step.
fn expected() -> Vec<MonitorReport> {
    let metric = |name: &str| MetricConfig {
        direction: Direction::Increase,
        ..MetricConfig::new(name, "all")
    };
    let config = CanaryConfig { metrics: METRICS.map(metric).into(), ..CanaryConfig::default() };
    let mut monitor = Monitor::new(config, Thresholds::DEFAULT).unwrap();
    let mut reports = Vec::new();
    for step in 0..STEPS {
        for (metric, name) in METRICS.iter().enumerate() {
            for side in [Side::Canary, Side::Baseline] {
                let step_at = i64::try_from(step).unwrap();
                monitor.add(name, side, step_at, value(metric, side, step)).unwrap();
            }
        }
        monitor.complete_through(i64::try_from(step).unwrap());
        reports.push(monitor.report());
    }
    reports
}

#[track_caller]
fn assert_same(said: &MonitorResponse, report: &MonitorReport) {
    assert_eq!(
        said.verdict(),
        proto::Verdict::from_str_name(&format!(
            "VERDICT_{}",
            format!("{:?}", report.verdict).to_uppercase()
        ))
        .unwrap()
    );
    assert_eq!(said.score.to_bits(), report.score.to_bits());
    assert_eq!(said.steps, report.complete_through.unwrap().unsigned_abs() + 1);
    for (said, metric) in said.metrics.iter().zip(&report.metrics) {
        assert_eq!((said.pairs, said.gaps), (metric.pairs, metric.gaps));
        assert_eq!(said.alarm.as_ref().map(|alarm| alarm.step), metric.alarm.map(|alarm| alarm.at));
        for (said, expected) in [
            (said.evidence, metric.evidence),
            (said.needed, metric.needed),
            (said.shift, metric.shift),
            (said.mean_ratio, metric.mean_ratio),
        ] {
            assert_eq!(said.to_bits(), expected.to_bits(), "{}", metric.name);
        }
    }
}

#[tokio::test]
async fn the_same_points_give_the_same_verdicts_however_they_come() {
    let server = Server::start(&[]).await;
    let expected = expected();
    let alarm = expected.last().unwrap().metrics[0].alarm.unwrap();
    assert!((8..40).contains(&alarm.at), "{alarm:?}");

    // A step a message; points again, as after a stream that broke; in the order of time and backwards.
    let one = |step: usize| points(all(step..=step), step + 1);
    let each = std::iter::once(started(1)).chain((0..STEPS).map(one)).collect();
    let each = said(&server, each).await.unwrap();
    assert_eq!(each.len(), STEPS + 1);
    for (said, report) in each.iter().zip(&expected) {
        assert_same(said, report);
        assert!(said.id == "v7" && !said.last && said.late == 0);
    }
    assert!(each[STEPS].last);
    assert_same(&each[STEPS], &expected[STEPS - 1]);
    let end = each[STEPS].metrics[0].alarm.as_ref().unwrap().end_time.as_ref().unwrap();
    assert_eq!(*end, at(START + 60 * (alarm.at + 1)));

    let mut again = vec![started(7)];
    for steps in [20, 30, STEPS] {
        let mut reversed = all((0..steps).rev());
        reversed.reverse();
        again.push(points(reversed, steps));
    }
    let again = said(&server, again).await.unwrap();
    for (said, steps) in again.iter().zip([20, 30, STEPS, STEPS]) {
        assert_same(said, &expected[steps - 1]);
    }
    assert_eq!((again.len(), again[3].late), (4, 4 * 50));

    // Nothing says that steps are complete before the client has said all.
    let open = points(all(0..STEPS), 0);
    let at_end = said(&server, vec![started(1), open]).await.unwrap();
    assert_eq!(at_end.len(), 1);
    assert_same(&at_end[0], &expected[STEPS - 1]);
    assert_eq!(server.metric("judge_verdicts_total").await, Some(3.0));
    assert_eq!(server.metric("judge_calls_total{code=\"OK\",method=\"Monitor\"}").await, Some(3.0));
    server.until("judge_buffered_bytes", 0.0).await;
}

#[tokio::test]
async fn a_verdict_every_so_many_steps_and_at_once_for_an_alarm() {
    let server = Server::start(&[]).await;
    let alarm = expected().last().unwrap().metrics[0].alarm.unwrap().at.unsigned_abs() + 1;
    let one = |step: usize| points(all(step..=step), step + 1);
    let messages = std::iter::once(started(1000)).chain((0..STEPS).map(one)).collect();
    let steps: Vec<u64> =
        said(&server, messages).await.unwrap().iter().map(|said| said.steps).collect();
    assert_eq!(steps, [alarm, STEPS as u64]);
}

#[tokio::test]
async fn some_of_the_metrics() {
    let server = Server::start(&[]).await;
    let start = changed(|start| start.metrics = vec!["errors".into()]);
    let only = vec![series(1, Side::Canary, 0..9), series(1, Side::Baseline, 0..9)];
    let said = said(&server, vec![start.clone(), points(only, 9)]).await.unwrap();
    assert_eq!(said[1].metrics.len(), 1);
    assert_eq!(said[1].verdict(), proto::Verdict::Pass);
    // A silent canary has no data in the last verdict.
    let silent = self::said(&server, vec![start]).await.unwrap();
    assert_eq!(silent[0].metrics[0].classification(), proto::Classification::NoData);
    assert_eq!(silent[0].verdict(), proto::Verdict::Fail);
}

fn one_point(name: &str, millis: i64, value: f64) -> MonitoredSeries {
    let times = Some(Times::Timestamps(proto::Timestamps { millis: vec![millis] }));
    let canary = Some(proto::Series { values: vec![value], times });
    MonitoredSeries { name: name.into(), canary, baseline: None }
}

#[tokio::test]
async fn hostile_messages_end_their_stream_with_what_is_wrong() {
    let server = Server::start(&["--max-points=1000"]).await;
    let in_time = START * 1000;
    let open = |series| points(series, 0);
    let timeless = MonitoredSeries {
        name: "latency".into(),
        canary: Some(proto::Series { values: vec![1.0], times: None }),
        baseline: None,
    };
    let many = (0..300).map(|step| one_point("errors", in_time + 60_000 * step, 0.0)).collect();
    let kayenta = monitor_start::Config::KayentaConfigJson("{".into());
    let cases: Vec<(Vec<MonitorRequest>, &str)> = vec![
        (vec![], "start"),
        (vec![MonitorRequest { content: None }], "content"),
        (vec![points(all(0..1), 1)], "start"),
        (vec![started(1), started(1)], "start"),
        (vec![changed(|start| start.config = None)], "start.config"),
        (vec![changed(|start| start.config = Some(kayenta))], "start.kayentaConfigJson"),
        (vec![changed(|start| start.thresholds = None)], "start.thresholds"),
        (vec![changed(|start| start.judge = Some("NetflixACAJudge-v1.0".into()))], "start.judge"),
        (vec![changed(|start| start.judge = Some("x".into()))], "start.judge"),
        (vec![changed(|start| start.metrics = vec!["x".into()])], "start.metrics[0]"),
        (vec![changed(|start| start.id = "x".repeat(257))], "start.id"),
        (vec![changed(|start| start.start_time = None)], "start.startTime"),
        (vec![changed(|start| start.step = None)], "start.step"),
        (vec![changed(|start| start.step = Some(Duration { seconds: 0, nanos: 0 }))], "start.step"),
        (
            vec![changed(|start| start.step = Some(Duration { seconds: i64::MIN, nanos: -1 }))],
            "start.step",
        ),
        (vec![started(1), open(vec![one_point("x", in_time, 1.0)])], "points.series[0].name"),
        (
            vec![started(1), open(vec![one_point("latency", i64::MIN, 1.0)])],
            "points.series[0].canary.times[0]",
        ),
        (
            vec![
                started(1),
                open(vec![
                    one_point("latency", in_time, 1.0),
                    one_point("latency", in_time + 1, 2.0),
                ]),
            ],
            "points.series[1].canary.value",
        ),
        (vec![started(1), open(many)], "points.series[256].canary.at"),
        (vec![started(1), open(vec![timeless])], "points.series[0].canary.times"),
        (vec![started(1), points(all(0..251), 251)], "points.series"),
    ];
    for (messages, field) in cases {
        let status = said(&server, messages).await.unwrap_err();
        assert_eq!((status.code(), &*reason(&status)), (Code::InvalidArgument, "INVALID_REQUEST"));
        assert_eq!(fields(&status), [field], "{status}");
    }
    server.until("judge_streams", 0.0).await;
    server.until("judge_buffered_bytes", 0.0).await;
    assert_eq!(server.metric("judge_refusals_total{reason=\"INTERNAL\"}").await, Some(0.0));
}

#[tokio::test]
async fn absurd_values_and_times_are_gaps_or_wait() {
    let server = Server::start(&[]).await;
    let millis = |step: i64| (START + 60 * step) * 1000;
    let absurd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -f64::MAX, 5e-324, -0.0];
    let series = (0..).zip(absurd).map(|(step, value)| one_point("latency", millis(step), value));
    let mut series: Vec<_> = series.chain([one_point("errors", i64::MAX, 1.0)]).collect();
    for step in 0..7 {
        let mut baseline = one_point("latency", millis(step) - 3_600_000, 1.0);
        std::mem::swap(&mut baseline.baseline, &mut baseline.canary);
        series.push(baseline);
    }
    let far = Some(Timestamp { seconds: i64::MAX, nanos: i32::MAX });
    let content = Some(Content::Points(MonitorPoints { series, complete_to: far }));
    let said = said(&server, vec![started(1), MonitorRequest { content }]).await.unwrap();
    assert_eq!((said[1].metrics[0].pairs, said[1].metrics[0].gaps), (4, 3));
    assert!(said[1].metrics[0].evidence > 0.0);
}

#[tokio::test]
async fn a_client_that_leaves_is_counted_with_the_verdict_so_far() {
    let server = Server::start(&[]).await;
    let (sender, receiver) = mpsc::channel(2);
    let mut client = server.client().await;
    let mut stream = client.monitor(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    sender.send(started(1)).await.unwrap();
    sender.send(points(all(0..STEPS), STEPS)).await.unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap().verdict(), proto::Verdict::Fail);
    drop((sender, stream, client));
    server.until("judge_calls_total{code=\"CANCELLED\",method=\"Monitor\"}", 1.0).await;
    let verdicts = "judge_verdicts_total{judge=\"EvidenceJudge-v1\",verdict=\"Fail\"}";
    assert_eq!(server.metric(verdicts).await, Some(1.0));
    server.until("judge_buffered_bytes", 0.0).await;
}

#[tokio::test]
async fn a_million_metrics_are_refused() {
    let server = Server::start(&["--max-message-size=64MiB"]).await;
    let status = said(
        &server,
        vec![changed(|start| {
            let metrics = vec![proto::MetricConfig::default(); 1_000_000];
            let config = proto::CanaryConfig { metrics, ..Default::default() };
            start.config = Some(monitor_start::Config::CanaryConfig(config));
        })],
    );
    let status = status.await.unwrap_err();
    assert!(status.message().contains("objects, lists, fields and elements"), "{status}");
    let status =
        said(&server, vec![changed(|start| start.metrics = vec![String::new(); 1_000_000])]);
    assert!(status.await.unwrap_err().message().contains("objects, lists, fields and elements"));
    let status =
        said(&server, vec![started(1), points(vec![MonitoredSeries::default(); 1_000_000], 1)]);
    assert!(status.await.unwrap_err().message().contains("objects, lists, fields and elements"));
    server.until("judge_buffered_bytes", 0.0).await;
}

#[tokio::test]
async fn silence_ends_a_monitor_unless_an_empty_message_breaks_it() {
    let server = Server::start(&["--stream-silence=2s"]).await;
    let (sender, receiver) = mpsc::channel(1);
    let mut client = server.client().await;
    let mut stream = client.monitor(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    sender.send(started(1)).await.unwrap();
    let begun = std::time::Instant::now();
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(50));
    while begun.elapsed() < std::time::Duration::from_secs(3) {
        ticks.tick().await;
        let content = Some(Content::Points(MonitorPoints::default()));
        sender.send(MonitorRequest { content }).await.unwrap();
    }
    let status = stream.message().await.unwrap_err();
    assert_eq!((status.code(), &*reason(&status)), (Code::Unavailable, "STREAM_SILENT"));
}

#[tokio::test]
async fn age_deadline_and_drain_end_it() {
    let server = Server::start(&["--stream-age=3s"]).await;
    let open = async |server: &Server, timeout: &str| {
        let (sender, receiver) = mpsc::channel(2);
        sender.send(started(1)).await.unwrap();
        let mut call = tonic::Request::new(ReceiverStream::new(receiver));
        call.metadata_mut().insert("grpc-timeout", timeout.parse().unwrap());
        let stream = server.client().await.monitor(call).await.unwrap().into_inner();
        (sender, stream)
    };
    for (timeout, expected) in [("1H", "STREAM_OLD"), ("1S", "DEADLINE_EXCEEDED")] {
        let (_sender, mut stream) = open(&server, timeout).await;
        assert_eq!(reason(&stream.message().await.unwrap_err()), expected);
    }
    let server = Server::start(&[]).await;
    let (sender, mut stream) = open(&server, "1H").await;
    sender.send(points(all(0..3), 3)).await.unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap().steps, 3);
    server.stop.send(()).unwrap();
    assert_eq!(reason(&stream.message().await.unwrap_err()), "SHUTTING_DOWN");
    server.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn memory_of_monitors_counts_in_the_one_budget() {
    // The stream takes an eighth of it.
    let server = Server::start(&["--max-buffered=256KiB"]).await;
    let Some(Content::Start(mut start)) = started(1).content else { unreachable!() };
    let metric = |index: usize| proto::MetricConfig {
        name: format!("metric-{index}"),
        groups: vec!["all".into()],
        ..Default::default()
    };
    let metrics = (0..100).map(metric).collect();
    let config = proto::CanaryConfig { metrics, ..Default::default() };
    start.config = Some(monitor_start::Config::CanaryConfig(config));
    let large = MonitorRequest { content: Some(Content::Start(start)) };
    let status = said(&server, vec![large]).await.unwrap_err();
    assert_eq!((status.code(), &*reason(&status)), (Code::ResourceExhausted, "TOO_MANY_BYTES"));
    server.until("judge_buffered_bytes", 0.0).await;
    said(&server, vec![started(1)]).await.unwrap();

    // One whose client reads nothing fills no memory, and ends.
    let server = Server::start(&["--stream-silence=2s"]).await;
    let unread = Raw::new(&server, 256).call(MONITOR);
    unread.send(framed(&started(1)));
    for step in 0..200 {
        unread.send(framed(&points(all(step..=step), step + 1)));
    }
    server.until("judge_streams", 1.0).await;
    server.until("judge_streams", 0.0).await;
    assert_eq!(reason(&unread.status().await), "STREAM_SILENT");
    server.until("judge_buffered_bytes", 0.0).await;
    // Nor does another stream's message say anything here.
    let mut other = Raw::new(&server, 64 * 1024).call(MONITOR);
    other.send(framed(&JudgeStreamRequest { request: Some(crate::harness::request("", 1, 5)) }));
    other.end();
    assert_eq!(other.status().await.code(), Code::InvalidArgument);
}
