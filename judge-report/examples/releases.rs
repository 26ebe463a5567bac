//! Writes the pages that the browser opens: every recorded canary judged over growing windows, releases
//! with hostile names, one without intervals, and an index of them all; two of planned looks.
//! `cargo run -p canary-judge-report --example releases -- FOLDER`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failure ends the program, as it should"
)]

use std::fs;
use std::path::{Path, PathBuf};

use judge_core::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
use judge_core::{
    JudgeRequest, Judgement, Looks, MetricPair, Series, Thresholds, Verdict, kayenta,
};
use judge_report::index::{Index, IndexEntry, ReleaseOutcome};
use judge_report::timeline::{Stop, TimelineInterval};
use judge_report::{Fact, Report, TimeRange, Timeline, file_names, index_page, timeline_page};

/// Points that are added from interval to interval.
const INTERVAL: usize = 10;
const RECORDED: [&str; 5] = ["cold-start", "failing", "leaky", "same-version", "slower"];
const HOSTILE: [&str; 5] = [
    "</script><script>window.harmed = true</script>",
    "<img src=x onerror='window.harmed = true'>",
    "\"quotes' & &amp; <!-- comment",
    "\u{202e}drawkcab \u{5d0}\u{5d1}\u{5d2} name",
    "${window.harmed = true} {{7*7}} \\u003c",
];

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder to write to"));
    fs::create_dir_all(&folder).unwrap();
    let mut releases: Vec<(String, JudgeRequest)> =
        RECORDED.map(|name| (name.to_owned(), recorded(name))).to_vec();
    releases.push(("long-".repeat(60), recorded("failing")));
    for name in HOSTILE {
        let mut request = recorded("slower");
        for (at, hostile) in HOSTILE.iter().enumerate() {
            (*hostile).clone_into(&mut request.pairs[at].name);
            (*hostile).clone_into(&mut request.config.metrics[at].name);
        }
        releases.push((name.to_owned(), request));
    }
    let names = file_names(releases.iter().map(|(name, _)| name.as_str()));
    let mut entries: Vec<IndexEntry> = Vec::new();
    for ((name, request), file) in releases.iter().zip(names) {
        let timeline = write_release(&folder, &file, name, request, &NetflixAcaJudge);
        let outcome = ReleaseOutcome::from(&timeline);
        entries.push(IndexEntry { release: name.clone(), page: Some(file), outcome });
    }
    entries.push(IndexEntry {
        release: "broken".to_owned(),
        page: None,
        outcome: ReleaseOutcome::Broken { problem: format!("no canary in {}", HOSTILE[0]) },
    });
    let facts = vec![Fact { name: "Judge".to_owned(), value: NetflixAcaJudge.name().to_owned() }];
    let index =
        |name: &str, releases| Index { name: name.to_owned(), releases, facts: facts.clone() };
    write(&folder, "index.html", &index_page(&index("shop", entries)));
    write(&folder, "empty-index.html", &index_page(&index(HOSTILE[1], vec![])));
    for name in ["slower", "same-version"] {
        let file = format!("planned-{name}.html");
        write_release(&folder, &file, name, &recorded(name), &EvidenceJudge);
    }
    let (mut never, judgement) = replay("never judged", &recorded("slower"), &NetflixAcaJudge);
    (never.intervals, never.stopped, never.deciding) = (vec![], None, 0);
    write(&folder, "never.html", &timeline_page(&never, &Report::new(&judgement)));
}

/// Judges a release over growing windows by `judge` and writes its page.
fn write_release(
    folder: &Path,
    file: &str,
    name: &str,
    request: &JudgeRequest,
    judge: &dyn Judge,
) -> Timeline {
    let (timeline, judgement) = replay(name, request, judge);
    let report =
        Report { name, pairs: &request.pairs, judged: last(&timeline), ..Report::new(&judgement) };
    write(folder, file, &timeline_page(&timeline, &report));
    timeline
}

fn write(folder: &Path, file: &str, page: &str) {
    fs::write(folder.join(file), page).unwrap();
}

fn recorded(name: &str) -> JudgeRequest {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recorded");
    kayenta::read_request(&fs::read(root.join(name).join("request.json")).unwrap()).unwrap()
}

/// The first `points` of both sides.
fn start_of(request: &JudgeRequest, points: usize) -> JudgeRequest {
    let cut = |series: &Series| {
        let values = series.values.iter().take(points).copied().collect();
        Series { values, clock: series.clock }
    };
    let pairs = request.pairs.iter().map(|pair| MetricPair {
        baseline: cut(&pair.baseline),
        canary: cut(&pair.canary),
        ..pair.clone()
    });
    JudgeRequest { pairs: pairs.collect(), ..request.clone() }
}

/// Judges a growing window and stops at the first score below marginal. The intervals are planned looks, which the judge
/// may read.
fn replay(name: &str, request: &JudgeRequest, judge: &dyn Judge) -> (Timeline, Judgement) {
    let clock = request.pairs[0].canary.clock.unwrap();
    let points = request.pairs[0].canary.values.len();
    let end =
        |points: usize| clock.start_millis() + (clock.step_millis() * points as u64).cast_signed();
    let planned = points / INTERVAL;
    let look = |interval: usize| {
        let points = interval * INTERVAL;
        let looks = Looks::new(u32::try_from(interval).unwrap(), u32::try_from(planned).unwrap());
        let looks = looks.ok().filter(|_| judge.name() == EvidenceJudge.name());
        let request = JudgeRequest { looks, ..start_of(request, points) };
        (points, judge.judge(&request).unwrap())
    };
    let judged: Vec<(usize, Judgement)> = (1..=planned).map(look).collect();
    let stopped = judged.iter().position(|(_, judgement)| judgement.verdict == Verdict::Fail);
    let deciding = stopped.unwrap_or(judged.len() - 1);
    let (_, judgement) = &judged[deciding];
    let dearest = judgement.metrics.iter().find(|metric| metric.reason.is_some());
    let timeline = Timeline {
        release: name.to_owned(),
        verdict: judgement.verdict,
        unfinished: None,
        thresholds: Thresholds::DEFAULT,
        start_millis: clock.start_millis(),
        metrics: judgement.metrics.iter().map(|metric| metric.name.clone()).collect(),
        intervals: judged
            .iter()
            .map(|(points, judgement)| interval(end(*points), clock.start_millis(), judgement))
            .collect(),
        deciding,
        stopped: stopped.map(|interval| Stop {
            at_millis: end(judged[interval].0),
            metric: dearest.map(|metric| metric.name.clone()),
        }),
    };
    (timeline, judgement.clone())
}

fn interval(to_millis: i64, from_millis: i64, judgement: &Judgement) -> TimelineInterval {
    let classes = judgement.metrics.iter().map(|metric| Some(metric.classification));
    TimelineInterval::new(TimeRange { from_millis, to_millis }, judgement, classes.collect())
}

fn last(timeline: &Timeline) -> Option<TimeRange> {
    timeline.intervals.get(timeline.deciding).map(|interval| interval.window)
}
