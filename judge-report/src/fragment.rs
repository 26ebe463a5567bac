//! Parts of pages, for programs that have pages of their own and serve the scripts themselves.

use maud::html;

use crate::timeline::{intervals, scores};
use crate::{Report, Timeline, details, document};

/// The style sheet of these parts.
pub const STYLE: &str = document::STYLE;

/// The charting library: raw deflate, in base64.
pub const PLOT: &str = document::PLOT;

/// The licences of the charting library and its dependencies.
pub const PLOT_LICENCE: &str = document::LICENCE;

/// The script that draws the charts. It runs after [`PLOT`]. Call `Page.start()` and `Scores.start()` to draw them again
/// after the page has changed.
pub const CHARTS: &str = concat!(
    "const plotReady = Promise.resolve();\n",
    include_str!("../assets/numbers.js"),
    include_str!("../assets/charts.js"),
    include_str!("../assets/views.js"),
    include_str!("../assets/page.js"),
    include_str!("../assets/timeline.js"),
);

/// The sections about one judgement that follow its verdict, as HTML that contains the points of its charts.
pub fn judgement(report: &Report) -> String {
    let sections = document::Sections::new(report);
    html! { (sections.markup()) (document::data("series", sections.series())) }.into_string()
}

/// The scores over time and the class of each metric, as HTML that contains the chart's data.
pub fn intervals(timeline: &Timeline) -> String {
    html! {
        (intervals::picture(timeline))
        (document::data("scores", Some(scores::json(timeline))))
    }
    .into_string()
}

/// One entry of a list of facts, as HTML.
pub fn fact(name: &str, value: &str) -> String {
    details::fact(name, value).into_string()
}
