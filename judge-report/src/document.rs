//! The page around everything.

use judge_core::figure;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::metric::{Metric, metric};
use crate::{Report, cost, details, groups, head, series, words};

const STYLE: &str = include_str!("../assets/page.css");
const SCRIPTS: [&str; 4] = [
    include_str!("../assets/plot.min.js"),
    include_str!("../assets/charts.js"),
    include_str!("../assets/views.js"),
    include_str!("../assets/page.js"),
];
const LICENCE: &str = include_str!("../assets/plot.LICENSE.txt");

/// Nothing is loaded from anywhere, whatever a name may hold.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'";

/// The report as one HTML file: about 310 KB and, for each metric, 2 KB and 12 bytes a point.
///
/// It needs no other file and no network. Text of the report is shown as text, whatever it holds.
pub fn page(report: &Report) -> String {
    let judgement = report.judgement;
    let pairs = series::matched(judgement, report.pairs);
    let costs = cost::costs(judgement);
    let charts = pairs.iter().any(Option::is_some);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title {
                    (words::verdict(judgement.verdict).text) " " (figure::value(judgement.score))
                    " · " (head::title(report))
                }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (head::head(report))
                    (details::warnings(report))
                    (groups::groups(&judgement.groups, &judgement.metrics, &costs))
                    section aria-labelledby="metrics" {
                        h2 id="metrics" { "Metrics" }
                        @if !charts {
                            p.note { "The judgement came without its series, so there are no charts." }
                        }
                        @for (index, judged) in judgement.metrics.iter().enumerate() {
                            (metric(&Metric {
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
                @if charts { (scripts(&series::json(report, &pairs))) }
            }
        }
    };
    markup.into_string()
}

fn scripts(series: &str) -> Markup {
    html! {
        noscript { p.note { "The charts need scripts; everything else is here." } }
        script type="application/json" id="series" { (PreEscaped(series)) }
        script type="text/plain" id="licences" { (PreEscaped(LICENCE)) }
        @for script in SCRIPTS { script { (PreEscaped(script)) } }
    }
}
