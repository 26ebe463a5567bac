//! The recorded canaries.

use std::path::Path;

use crate::judgement::{Classification, Judgement, Verdict};
use crate::judges::{EvidenceJudge, Judge};
use crate::kayenta;

fn judge(canary: &str) -> Judgement {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recorded").join(canary);
    let request = kayenta::read_request(&std::fs::read(folder.join("request.json")).unwrap());
    EvidenceJudge.judge(&request.unwrap()).unwrap()
}

fn failing(judgement: &Judgement) -> Vec<&str> {
    let metrics = judgement.metrics.iter().filter(|metric| {
        matches!(metric.classification, Classification::High | Classification::Low)
    });
    metrics.map(|metric| metric.name.as_str()).collect()
}

#[test]
fn the_same_version_passes() {
    let judgement = judge("same-version");
    assert_eq!((judgement.verdict, failing(&judgement)), (Verdict::Pass, vec![]));
}

#[test]
fn the_harmful_metrics_are_named() {
    for (canary, metric) in
        [("slower", "latency-p50"), ("failing", "error-ratio"), ("leaky", "memory-bytes")]
    {
        let judgement = judge(canary);
        assert_ne!(judgement.verdict, Verdict::Pass, "{canary}");
        assert!(failing(&judgement).contains(&metric), "{canary}: {:?}", failing(&judgement));
    }
}
