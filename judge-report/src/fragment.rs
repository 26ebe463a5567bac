//! Parts of pages, for programs that put a page of their own around them and serve its scripts beside it.

use maud::html;

use crate::timeline::{intervals, scores};
use crate::{Report, Timeline, details, document};

/// The style of everything here.
pub const STYLE: &str = document::STYLE;

/// The charting library: raw deflate, in base64.
pub const PLOT: &str = document::PLOT;

/// Licences of what the charting library is made of.
pub const PLOT_LICENCE: &str = document::LICENCE;

/// Draws what the page holds, once [`PLOT`] has run. `Page.start()` and `Scores.start()` draw again after the page has
/// changed.
pub const CHARTS: &str = concat!(
    "const plotReady = Promise.resolve();\n",
    include_str!("../assets/numbers.js"),
    include_str!("../assets/charts.js"),
    include_str!("../assets/views.js"),
    include_str!("../assets/page.js"),
    include_str!("../assets/timeline.js"),
);

/// Everything about one judgement below its verdict, as HTML with the points that its charts are drawn from.
pub fn judgement(report: &Report) -> String {
    let sections = document::Sections::new(report);
    html! { (sections.markup()) (document::data("series", sections.series())) }.into_string()
}

/// Scores over time and the class of each metric, as HTML with what the chart is drawn from.
pub fn intervals(timeline: &Timeline) -> String {
    html! {
        (intervals::picture(timeline))
        (document::data("scores", Some(scores::json(timeline))))
    }
    .into_string()
}

/// A term of a list of facts and what is known, as HTML.
pub fn fact(name: &str, value: &str) -> String {
    details::fact(name, value).into_string()
}
