//! Inputs from the field that were once judged wrong. `fixtures/field/README.md` says what each is.

use std::path::Path;

use crate::judgement::{Classification, Judgement, Verdict};
use crate::judges::{EvidenceJudge, Judge};
use crate::kayenta;
use crate::warning::Warning;

fn judge(input: &str) -> Judgement {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/field");
    let document = std::fs::read(folder.join(format!("{input}.json"))).unwrap();
    EvidenceJudge.judge(&kayenta::read_request(&document).unwrap()).unwrap()
}

#[test]
fn every_input_gets_its_class() {
    use Classification::{High, Inconclusive, Low, NoData, Pass};
    for (input, class) in [
        ("success-rate/9995-9805", Low),
        ("success-rate/ratio-9995-9805", Low),
        ("success-rate/9995-9805-effect", Low),
        ("success-rate/latency-allowed-1005", High),
        ("rare-errors/req-p-3of361-8of361-keep", Pass),
        ("rare-errors/req-p-3of361-8of361-remove", Pass),
        ("rare-errors/req-p-3of361-12of361-keep", Inconclusive),
        ("rare-errors/counts-15-against-2", Inconclusive),
        // Its baseline has no data, and the config says that it must.
        ("rare-errors/five-of-ten-minutes", NoData),
        ("verdicts/1-common-late-move-a", Pass),
        ("verdicts/2-ramp-missed-b", High),
        ("verdicts/3-short-shift-missed-counts", High),
        ("verdicts/4-floor-latency-healthy-pods-0", Pass),
        ("verdicts/5-bursts-missed-1", High),
        ("verdicts/7-long-start-that-heals", Pass),
        ("verdicts/8-eight-percent-of-five-allowed", High),
    ] {
        let judgement = judge(input);
        let metric = &judgement.metrics[0];
        assert_eq!(metric.classification, class, "{input}: {:#?}", metric.findings);
        let fails = matches!(class, High | Low | NoData);
        assert_eq!(judgement.verdict == Verdict::Fail, fails, "{input}");
    }
}

#[test]
fn an_inconclusive_metric_says_the_rate_and_keeps_the_score_at_the_pass_threshold() {
    for (input, rate) in [
        (
            "rare-errors/counts-15-against-2",
            "15 events against 2 of the baseline, 7.5 times the rate",
        ),
        ("rare-errors/req-p-3of361-12of361-keep", "12 events against 3 of the baseline, 4 times"),
    ] {
        let judgement = judge(input);
        let reason = judgement.metrics[0].reason.as_deref().unwrap();
        assert!(reason.contains(rate), "{reason}");
        assert_eq!(judgement.verdict, Verdict::Pass);
        assert_eq!(judgement.score, judgement.thresholds.pass());
    }
}

#[test]
fn a_canary_that_stops_to_report_or_repeats_one_value_is_warned_of() {
    for (input, said) in [
        ("verdicts/6-canary-silent-at-the-end-0", "no points for the last 18 of its baseline"),
        ("verdicts/6-canary-stuck-0", "60 points of the canary have one value, 0.3"),
    ] {
        let judgement = judge(input);
        let silent = judgement.warnings.iter().any(|warning| {
            matches!(warning, Warning::SilentCanary { finding, .. } if finding.contains(said))
        });
        assert!(silent, "{input}: {:?}", judgement.warnings);
    }
}
