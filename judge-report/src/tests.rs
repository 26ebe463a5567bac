use judge_core::judgement::Judgement;
use judge_core::judges::{Judge, NetflixAcaJudge};
use judge_core::{CanaryConfig, Clock, JudgeRequest, MetricConfig, MetricPair, Series};

use super::*;

/// Names that a page must show as text.
const HOSTILE: [&str; 5] = [
    "</script><script>alert(1)</script>",
    "\"quotes' & <!-- comment",
    "\u{202e}drawkcab \u{5d0}\u{5d1}\u{5d2}",
    "<img src=x onerror=alert(1)>",
    "]]> {{7*7}} ${7*7}",
];

fn pair(name: &str, offset: f64) -> MetricPair {
    let clock = Some(Clock { start_millis: 1_795_183_742_000, step_millis: 2000 });
    let points = |offset: f64| Series {
        values: (0..20).map(|index| f64::from(index % 7) + offset).collect(),
        clock,
    };
    MetricPair {
        baseline: points(10.0),
        canary: points(10.0 + offset),
        ..MetricPair::new(name, vec![], vec![])
    }
}

fn request(names: &[&str]) -> JudgeRequest {
    JudgeRequest {
        config: CanaryConfig {
            metrics: names
                .iter()
                .map(|name| MetricConfig::new(*name, format!("group {name}")))
                .collect(),
            ..CanaryConfig::default()
        },
        pairs: names
            .iter()
            .zip([50.0, 0.0].into_iter().cycle())
            .map(|(name, offset)| pair(name, offset))
            .collect(),
        ..JudgeRequest::default()
    }
}

fn judge(request: &JudgeRequest) -> Judgement {
    NetflixAcaJudge.judge(request).unwrap()
}

#[test]
fn hostile_names_stay_text() {
    let request = request(&HOSTILE);
    let judgement = judge(&request);
    let facts = HOSTILE.map(|text| Fact { name: text.to_owned(), value: text.to_owned() });
    let warnings = HOSTILE.map(str::to_owned);
    let config = serde_json::json!(HOSTILE);
    for name in HOSTILE {
        let html = page(&Report {
            name,
            pairs: &request.pairs,
            facts: &facts,
            warnings: &warnings,
            config: Some(&config),
            ..Report::of(&judgement)
        });
        assert!(!html.contains("<script>alert"), "{name}");
        assert!(!html.contains("<img"), "{name}");
        assert!(!html.contains("<!--"), "{name}");
        // Series, licences, and what draws.
        assert_eq!(html.matches("<script").count(), 6, "{name}");
        assert_eq!(html.matches("</script>").count(), 6, "{name}");
    }
}

#[test]
fn twenty_metrics_of_sixty_points_fit_in_400_kb() {
    let names: Vec<String> =
        (0..20).map(|index| format!("service-latency-percentile-{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut request = request(&names);
    for pair in &mut request.pairs {
        let values = (0..60).map(|index| (f64::from(index) * 1.618).sin().abs() / 123.0);
        pair.baseline.values = values.collect();
        pair.canary.values = pair.baseline.values.iter().map(|value| value * 1.01).collect();
    }
    let judgement = judge(&request);
    let html = page(&Report { pairs: &request.pairs, ..Report::of(&judgement) });
    assert!(html.len() < 400_000, "{} bytes", html.len());
}

#[test]
fn a_judgement_without_series_has_no_scripts() {
    let judgement = judge(&request(&["latency"]));
    let html = page(&Report::of(&judgement));
    assert!(html.contains("no charts"));
    assert!(!html.contains("<script"));
}

#[test]
fn failing_metrics_share_what_their_group_cost() {
    let mut request = request(&["a", "b", "c", "d"]);
    for metric in &mut request.config.metrics {
        metric.groups = vec!["all".to_owned()];
    }
    // Counts twice, as in Kayenta.
    request.config.metrics[2].groups.push("all".to_owned());
    let costs = cost::costs(&judge(&request));
    // Of five counts three fail: a once, c twice.
    assert_eq!(costs, [20.0, 0.0, 40.0, 0.0]);
}

#[test]
fn pairs_of_one_name_keep_their_order() {
    let request = request(&["a", "b"]);
    let pairs = [request.pairs[1].clone(), request.pairs[0].clone(), pair("c", 1.0)];
    let matched = series::matched(&judge(&request), &pairs);
    let names: Vec<&str> = matched.iter().map(|pair| pair.unwrap().name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}
