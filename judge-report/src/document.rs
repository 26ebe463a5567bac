//! The page of a judgement, and the frame that all pages share: head, style, scripts.

use judge_core::{MetricPair, format};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::isolated::isolated_text;
use crate::metric::{MetricSection, metric};
use crate::{Report, cost, details, groups, head, series, words};

pub(crate) const STYLE: &str = include_str!("../assets/page.css");
/// The charting library, compressed (raw deflate) and in base64.
pub(crate) const PLOT: &str = include_str!("../assets/plot.packed.txt");
const UNPACK: &str = include_str!("../assets/unpack.js");
const CHARTS: [&str; 3] = [
    include_str!("../assets/numbers.js"),
    include_str!("../assets/charts.js"),
    include_str!("../assets/views.js"),
];
pub(crate) const PAGE: &str = include_str!("../assets/page.js");
pub(crate) const TIMELINE: &str = include_str!("../assets/timeline.js");
pub(crate) const LICENCE: &str = include_str!("../assets/plot.LICENSE.txt");

/// Content security policy: the page loads nothing, even if a name contains HTML.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'";

/// The report as one HTML file: about 170 KB and, for each metric, 2 KB and 9 bytes a point, more
/// where points differ little from each other.
///
/// It needs no other file and no network. All text of the report is escaped (no XSS).
pub fn page(report: &Report) -> String {
    let judgement = report.judgement;
    let sections = Sections::new(report);
    let title = html! {
        (words::verdict(judgement.verdict).text) " " (format::value(judgement.score))
        " · " (isolated_text(head::title(report)))
    };
    let body = html! { (head::head(report)) (sections.markup()) };
    shell(&title, &body, &scripts(sections.series(), None))
}

/// A whole page: `body` in the frame that all pages share.
pub(crate) fn shell(title: &Markup, body: &Markup, scripts: &Markup) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main { (body) }
                (scripts)
            }
        }
    };
    markup.into_string()
}

/// The sections about one judgement that follow its verdict.
pub(crate) struct Sections<'a> {
    report: &'a Report<'a>,
    pairs: Vec<Option<&'a MetricPair>>,
}

impl<'a> Sections<'a> {
    pub(crate) fn new(report: &'a Report<'a>) -> Self {
        Self { report, pairs: series::matched(report.judgement, report.pairs) }
    }

    fn has_charts(&self) -> bool {
        self.pairs.iter().any(Option::is_some)
    }

    /// The points of the charts as JSON; `None` if there are no charts.
    pub(crate) fn series(&self) -> Option<String> {
        self.has_charts().then(|| series::json(self.report, &self.pairs))
    }

    pub(crate) fn markup(&self) -> Markup {
        let Self { report, pairs } = self;
        let judgement = report.judgement;
        let costs = cost::costs(judgement);
        html! {
            (details::warnings(report))
            (groups::groups(&judgement.groups, &judgement.metrics, &costs))
            section aria-labelledby="metrics" {
                h2 id="metrics" { "Metrics" }
                @if !self.has_charts() {
                    p.note { "The judgement came without its series, so there are no charts." }
                }
                @for (index, judged) in judgement.metrics.iter().enumerate() {
                    (metric(&MetricSection {
                        index,
                        judgement: judged,
                        cost: costs[index],
                        pair: pairs[index],
                    }))
                }
            }
            (details::facts(report))
            (details::config(report.config))
        }
    }
}

/// The scripts that draw the charts of metrics and of scores; empty if the page has no chart.
pub(crate) fn scripts(series: Option<String>, scores: Option<&str>) -> Markup {
    let mut code = vec![UNPACK];
    if series.is_some() {
        code.extend(CHARTS);
        code.push(PAGE);
    }
    if scores.is_some() {
        code.push(TIMELINE);
    }
    html! {
        @if code.len() > 1 {
            noscript { p.note { "The charts need scripts; everything else is here." } }
            (data("series", series))
            (data("scores", scores.map(str::to_owned)))
            script type="text/plain" id="licences" { (PreEscaped(LICENCE)) }
            script type="text/plain" id="plot" { (PreEscaped(PLOT)) }
            @for script in code { script { (PreEscaped(script)) } }
        }
    }
}

/// JSON for the scripts, in an element of its own. It contains no `<`.
pub(crate) fn data(id: &str, json: Option<String>) -> Markup {
    html! {
        @if let Some(json) = json {
            script type="application/json" id=(id) { (PreEscaped(json)) }
        }
    }
}
