use judge_core::judgement::Judgement;
use judge_core::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
use judge_core::{
    CanaryConfig, Clock, JudgeRequest, Looks, MetricConfig, MetricPair, Series, Thresholds, Verdict,
};

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
    let clock = Some(Clock::new(1_795_183_742_000, 2000).unwrap());
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
            ..Report::new(&judgement)
        });
        assert!(!html.contains("<script>alert"), "{name}");
        assert!(!html.contains("<img"), "{name}");
        assert!(!html.contains("<!--"), "{name}");
        // Series, licences, the charting library, and what draws with it.
        assert_eq!(html.matches("<script").count(), 8, "{name}");
        assert_eq!(html.matches("</script>").count(), 8, "{name}");
    }
}

/// 20 metrics with 60 points of many digits a side, half of them failing.
fn full_size() -> JudgeRequest {
    let names: Vec<String> =
        (0..20).map(|index| format!("service-latency-percentile-{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut request = request(&names);
    for (pair, factor) in request.pairs.iter_mut().zip([1.01, 3.01].into_iter().cycle()) {
        let values = (0..60).map(|index| (f64::from(index) * 1.618).sin().abs() / 123.0);
        pair.baseline.values = values.collect();
        pair.canary.values = pair.baseline.values.iter().map(|value| value * factor).collect();
    }
    request
}

/// Bytes of the largest page for 20 metrics of 60 points.
const LARGEST: usize = 400_000;

#[test]
fn twenty_metrics_of_sixty_points_fit_in_400_kb() {
    let request = full_size();
    let config = serde_json::to_value(HOSTILE.repeat(20)).unwrap();
    let judgement = judge(&request);
    let html =
        page(&Report { pairs: &request.pairs, config: Some(&config), ..Report::new(&judgement) });
    assert!(html.len() < LARGEST, "{} bytes", html.len());
}

#[test]
fn a_timeline_of_that_size_fits_even_with_an_interval_a_point() {
    let request = full_size();
    let config = serde_json::to_value(HOSTILE.repeat(20)).unwrap();
    let judgement = judge(&request);
    for intervals in [6, 60] {
        let mut timeline = release().0;
        timeline.metrics = judgement.metrics.iter().map(|metric| metric.name.clone()).collect();
        let interval = |index: i64| timeline::TimelineInterval {
            verdict: Verdict::Fail,
            score: 100.0 / 3.0,
            reason: None,
            ..interval_of(&judgement, (index + 1) * 60_000)
        };
        timeline.intervals = (0..intervals).map(interval).collect();
        timeline.deciding = timeline.intervals.len() - 1;
        let html = timeline_page(
            &timeline,
            &Report {
                pairs: &request.pairs,
                config: Some(&config),
                warm_up: Some(TimeRange { from_millis: 0, to_millis: 60_000 }),
                judged: Some(TimeRange { from_millis: 0, to_millis: 60_000 }),
                ..Report::new(&judgement)
            },
        );
        assert!(html.len() < LARGEST, "{intervals} intervals: {} bytes", html.len());
    }
}

#[test]
fn a_judgement_without_series_has_no_scripts() {
    let judgement = judge(&request(&["latency"]));
    let html = page(&Report::new(&judgement));
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
fn thousands_of_groups_have_their_own_metrics() {
    let names: Vec<String> = (0..4_000).map(|index| format!("m{index:05}")).collect();
    let mut request = request(&names.iter().map(String::as_str).collect::<Vec<_>>());
    // In its group twice, and in another.
    let twice = [request.config.metrics[0].groups[0].clone(), "group m00001".to_owned()];
    request.config.metrics[0].groups.extend(twice);
    let judgement = judge(&request);
    let members = cost::members(&judgement.metrics);
    assert_eq!((&members["group m00000"], &members["group m00001"]), (&vec![0], &vec![0, 1]));
    let costs = cost::costs(&judgement);
    let shown = groups::groups(&judgement.groups, &judgement.metrics, &costs);
    assert_eq!(shown.0.matches("<li").count(), 4_001);
}

#[test]
fn pairs_of_one_name_keep_their_order() {
    let request = request(&["a", "b"]);
    let pairs = [request.pairs[1].clone(), request.pairs[0].clone(), pair("c", 1.0)];
    let matched = series::matched(&judge(&request), &pairs);
    let names: Vec<&str> = matched.iter().map(|pair| pair.unwrap().name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}

fn interval_of(judgement: &Judgement, to_millis: i64) -> timeline::TimelineInterval {
    let classes = judgement.metrics.iter().map(|metric| Some(metric.classification));
    let window = TimeRange { from_millis: 0, to_millis };
    timeline::TimelineInterval::new(window, judgement, classes.collect())
}

fn release() -> (Timeline, JudgeRequest) {
    let request = request(&HOSTILE);
    let judgement = judge(&request);
    let interval = |index: i64| timeline::TimelineInterval {
        verdict: if index == 2 { Verdict::Fail } else { Verdict::Pass },
        score: if index == 2 { 40.0 } else { 100.0 },
        reason: Some(HOSTILE[0].to_owned()),
        ..interval_of(&judgement, (index + 1) * 600_000)
    };
    let timeline = Timeline {
        release: HOSTILE[0].to_owned(),
        verdict: Verdict::Fail,
        unfinished: None,
        thresholds: Thresholds::DEFAULT,
        start_millis: 0,
        metrics: HOSTILE.map(str::to_owned).to_vec(),
        intervals: (0..3).map(interval).collect(),
        deciding: 2,
        stopped: Some(timeline::Stop { at_millis: 1_800_000, metric: Some(HOSTILE[3].to_owned()) }),
    };
    (timeline, request)
}

#[test]
fn a_timeline_says_when_and_by_what_it_was_stopped() {
    let (mut timeline, request) = release();
    timeline.release = "v42".to_owned();
    timeline.stopped =
        Some(timeline::Stop { at_millis: 1_800_000, metric: Some("cpu".to_owned()) });
    let judgement = judge(&request);
    let html =
        timeline_page(&timeline, &Report { pairs: &request.pairs, ..Report::new(&judgement) });
    assert!(html.contains("stopped after <strong>30 min</strong>"));
    assert!(html.contains("Interval 3 of 3 would have stopped it at 1970-01-01 00:30:00 UTC"));
    assert!(html.contains("most of it lost to <strong><bdi>cpu</bdi></strong>"));
    timeline.stopped = None;
    timeline.verdict = Verdict::Pass;
    let html = timeline_page(&timeline, &Report::new(&judgement));
    assert!(
        html.contains("The last of its 3 intervals has a score of 40; none would have stopped")
    );
    timeline.unfinished = Some("look 4 of 4 was not judged: <b>gone</b>".to_owned());
    let html = timeline_page(&timeline, &Report::new(&judgement));
    assert!(html.contains("<title>No verdict · v42</title>"), "{html}");
    assert!(html.contains("<span class=\"badge\">No verdict</span>"));
    assert!(html.contains("<bdi>look 4 of 4 was not judged: &lt;b&gt;gone&lt;/b&gt;</bdi>."));
}

#[test]
fn hostile_names_stay_text_in_timelines_and_indexes() {
    let (timeline, request) = release();
    let judgement = judge(&request);
    let page =
        timeline_page(&timeline, &Report { pairs: &request.pairs, ..Report::new(&judgement) });
    let broken = index::ReleaseOutcome::Broken { problem: HOSTILE[0].to_owned() };
    let entries =
        [index::ReleaseOutcome::from(&timeline), broken].map(|outcome| index::IndexEntry {
            release: HOSTILE[0].to_owned(),
            page: file_names(HOSTILE).pop(),
            outcome,
        });
    let facts = HOSTILE.map(|text| Fact { name: text.to_owned(), value: text.to_owned() });
    let name = HOSTILE[3].to_owned();
    let index = index_page(&Index { name, releases: entries.to_vec(), facts: facts.to_vec() });
    for (html, scripts) in [(page, 10), (index, 1)] {
        assert!(
            !html.contains("<script>alert") && !html.contains("<img") && !html.contains("<!--")
        );
        assert_eq!(html.matches("<script").count(), scripts);
        assert_eq!(html.matches("</script>").count(), scripts);
    }
}

#[test]
fn an_index_of_ten_thousand_releases_stays_small() {
    let (timeline, _) = release();
    let entry = |number: u32| index::IndexEntry {
        release: format!("2026-11-{number}"),
        page: Some(format!("2026-11-{number}.html")),
        outcome: index::ReleaseOutcome::from(&timeline),
    };
    let releases = (0..10_000).map(entry).collect();
    let html = index_page(&Index { name: String::new(), releases, facts: vec![] });
    assert!(html.len() < 8_000_000, "{} bytes", html.len());
    assert!(html.contains("10000 releases") && html.contains("10000 fail"));
}

#[test]
fn a_look_says_its_level_on_the_page_and_in_each_interval() {
    let (mut timeline, request) = release();
    let page_of = |timeline: &Timeline, judgement: &Judgement| {
        timeline_page(timeline, &Report { pairs: &request.pairs, ..Report::new(judgement) })
    };
    let once = judge(&request);
    let html = page_of(&timeline, &once);
    assert!(!html.contains(">Level</th>") && !html.contains(", level "));
    assert!(!html.contains("class=\"evidence\""));

    let mut judgement = once;
    let config =
        CanaryConfig { metrics: vec![MetricConfig::new("a", "A")], ..CanaryConfig::default() };
    let looks = Some(Looks::new(3, 6).unwrap());
    let third = JudgeRequest { looks, ..JudgeRequest::without_points(config) };
    judgement.look = EvidenceJudge.judge(&third).unwrap().look;
    timeline.intervals[2].look = judgement.look;
    let html = page_of(&timeline, &judgement);
    assert!(html.contains(" It was decided at look 3 of 6, level 0.026 %."));
    assert!(html.contains(">Level</th>") && html.contains(">0.026 %</td>"));
    assert!(html.contains("<div class=\"evidence\">") && !html.contains(r#""p":"#));
    timeline.intervals[2].strongest_p = Some(0.000_1);
    let html = page_of(&timeline, &judgement);
    assert!(html.contains(">Strongest p</th>") && html.contains(">0.01 %</td>"));
    assert!(html.contains(r#""p":0.0001"#), "for the chart");
    assert!(page(&Report::new(&judgement)).contains(" Look 3 of 6, level 0.026 %."));
}
