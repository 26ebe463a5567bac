//! Answers: metric by metric and finding by finding, each while it is at hand.

use judge_core::Judgement;
use judge_core::judgement::{Finding, MetricJudgement};

use crate::convert::without_findings;
use crate::proto;

use super::fields::Sink;

/// Bytes that an answer has for each finding beside its sentence, where nothing would change it.
const FINDING_BYTES: usize = 96;

/// The same for each metric, where its texts are not long.
const METRIC_BYTES: usize = 768;

/// The same for everything else.
const OTHER_BYTES: usize = 1024;

/// Bytes that are taken at once: what is longer grows as it comes.
const EXPECTED_BYTES: usize = 64 * 1024;

/// An encoded `JudgeResponse`. Where the judgement is an outcome, it is a `JudgeStreamResponse` too:
/// the fields of both have the same numbers.
pub(crate) fn write_response(id: &str, judgement: Judgement) -> Vec<u8> {
    let mut sink = Sink::with_capacity(expected_bytes(&judgement));
    sink.text(1, id);
    sink.message::<3>(2, |sink| put_judgement(judgement, sink));
    sink.into_bytes()
}

/// About how long the answer is, so that it need not be moved while it grows.
fn expected_bytes(judgement: &Judgement) -> usize {
    let metrics = judgement.metrics.iter().map(|metric| {
        let findings = metric.findings.iter().map(|found| found.sentence.len() + FINDING_BYTES);
        findings.sum::<usize>() + METRIC_BYTES
    });
    (metrics.sum::<usize>() + OTHER_BYTES).min(EXPECTED_BYTES)
}

// The numbers of the fields are those of the published contract, which cannot change.

fn put_judgement(mut judgement: Judgement, sink: &mut Sink) {
    let metrics = std::mem::take(&mut judgement.metrics);
    sink.fields(&proto::Judgement::from(judgement));
    for metric in metrics {
        sink.message::<2>(8, |sink| put_metric(metric, sink));
    }
}

fn put_metric(metric: MetricJudgement, sink: &mut Sink) {
    let (metric, findings) = without_findings(metric);
    sink.fields(&metric);
    for finding in &findings {
        sink.message::<1>(15, |sink| put_finding(finding, sink));
    }
}

/// A judgement has over a hundred of these, so they are written without a message between.
fn put_finding(finding: &Finding, sink: &mut Sink) {
    sink.number(1, proto::TestKind::from(finding.test).into());
    sink.number(2, proto::Change::from(finding.change).into());
    sink.double(3, finding.statistic);
    sink.double(4, finding.p);
    sink.double(5, finding.level);
    sink.number(6, proto::Estimated::from(finding.estimated).into());
    sink.double(7, finding.estimate);
    if let Some(interval) = finding.interval {
        sink.message::<1>(8, |sink| {
            sink.double(1, interval.lower);
            sink.double(2, interval.upper);
            sink.double(3, interval.level);
        });
    }
    sink.number(9, finding.matters.into());
    sink.text(10, &finding.sentence);
    sink.text(11, &finding.what_would_change());
}
