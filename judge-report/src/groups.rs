//! The section on groups: the weight, score and cost of each.

use judge_core::format;
use judge_core::judgement::{GroupScore, MetricJudgement};
use maud::{Markup, html};

use crate::cost::members;
use crate::isolated::isolated;
use crate::metric::anchor;
use crate::words;

pub(crate) fn groups(groups: &[GroupScore], metrics: &[MetricJudgement], costs: &[f64]) -> Markup {
    let members = members(metrics);
    html! {
        section aria-labelledby="groups" {
            h2 id="groups" { "Groups" }
            @if groups.is_empty() {
                p { "No metric counts in a group." }
            } @else {
                div.scroll tabindex="0" role="region" aria-labelledby="groups" {
                    table.groups {
                        thead {
                            tr {
                                th scope="col" { "Group" }
                                th.number scope="col" { "Score" }
                                th.number scope="col" { "Weight" }
                                th.number scope="col" { "Points lost" }
                                th scope="col" { "Metrics and the points each cost" }
                            }
                        }
                        tbody {
                            @for group in groups {
                                @let members = members.get(group.name.as_str());
                                (row(group, members.map_or(&[], Vec::as_slice), metrics, costs))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn row(
    group: &GroupScore,
    members: &[usize],
    metrics: &[MetricJudgement],
    costs: &[f64],
) -> Markup {
    html! {
        tr {
            th scope="row" { (isolated(&group.name)) }
            td.number {
                (format::value(group.score))
                meter min="0" max="100" value=(group.score) aria-hidden="true" {}
            }
            td.number { (format::value(group.weight)) " %" }
            td.number { (format::value(group.cost)) }
            td {
                ul.members {
                    @for &index in members {
                        @let (metric, cost) = (&metrics[index], costs[index]);
                        li.(words::classification(metric.classification).tone.class()) {
                            a href={ "#" (anchor(index)) } { (isolated(metric.shown_name())) }
                            @if metric.muted { " muted" }
                            @if cost > 0.0 { " −" (format::value(cost)) }
                        }
                    }
                }
            }
        }
    }
}
