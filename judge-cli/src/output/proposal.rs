//! Proposed allowances and their effect, for people.

use std::fmt::Write;

use judge_calibrate::{
    Allowance, HeldOut, HistorySummary, MetricProposal, Pairing, Proposal, ProposalEffect,
    ProposalKind, Share, SpreadFigures,
};
use judge_core::format;

use super::calibration::{add, section, share, smallest, table};
use super::style::HEADING;
use super::text::printable;

const HEADER: [&str; 9] = [
    "",
    "allowance",
    "windows differ by",
    "windows",
    "instances",
    "false alarms before",
    "after",
    "smallest shift before",
    "after",
];

/// Formats the proposal in lines of at most `width` columns, if given.
pub(super) fn text(proposal: &Proposal, width: Option<u16>) -> String {
    let mut text = String::new();
    head(&mut text, proposal);
    let mut table = table(HEADER.map(str::to_owned).to_vec());
    let none = || "-".to_owned();
    let row = [none(), none(), none(), none()].into_iter().chain(effect(&proposal.effect));
    add(&mut table, "whole config", row);
    for metric in &proposal.metrics {
        let row =
            [allowance(metric)].into_iter().chain(spread(metric)).chain(effect(&metric.effect));
        add(&mut table, &printable(&metric.name), row);
    }
    let title = format!(
        "Proposed allowances for windows of {} min",
        format::value(proposal.window.minutes)
    );
    section(&mut text, &title, &table, width);
    notes(&mut text, proposal);
    text
}

fn head(text: &mut String, proposal: &Proposal) {
    let HistorySummary { pairing, instances, minutes, .. } = proposal.history;
    let compared = match pairing {
        Pairing::Concurrent => "at the same time",
        Pairing::Blocks => "each with itself later",
    };
    let held_out = match proposal.held_out {
        HeldOut::Times => "at times",
        HeldOut::TimesAndInstances => "of instances and at times",
    };
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{HEADING}{}{HEADING:#} on {} min of {instances} instances, compared {compared}; {} pairs (as {} independent \
         pairs), seed {}",
        printable(&proposal.judge),
        format::value(minutes),
        proposal.window.pairs,
        format::value(proposal.window.independent.round()),
        proposal.seed
    );
    let _ = writeln!(
        text,
        "false alarms: of healthy canaries {held_out} that were held out from the allowances; smallest shift: found \
         {} of the time; [95 % interval]",
        format::share(proposal.power)
    );
}

/// The proposed allowance, or a word that says why there is none.
fn allowance(metric: &MetricProposal) -> String {
    match metric.allowance {
        Some(Allowance::Relative { allowed_increase, allowed_decrease }) => {
            let ratios = [allowed_increase, allowed_decrease].into_iter().flatten();
            let changes = ratios.map(|ratio| change(ratio - 1.0)).collect::<Vec<_>>();
            changes.join(", ")
        }
        Some(Allowance::Absolute { minimum_absolute }) => {
            format!("{} absolute", format::value(minimum_absolute))
        }
        _ => why(metric.kind).to_owned(),
    }
}

fn why(kind: ProposalKind) -> &'static str {
    match kind {
        ProposalKind::NotNeeded => "none needed",
        ProposalKind::NoneSeen => "no alarm seen",
        ProposalKind::Kept => "kept",
        ProposalKind::TooLarge => "too large",
        ProposalKind::NoHelp => "no help",
        ProposalKind::NotAboveZero => "not above 0",
        ProposalKind::Cles => "cles",
        ProposalKind::FewWindows => "few windows",
        ProposalKind::Constant => "constant",
        ProposalKind::NotInHistory => "no history",
        ProposalKind::Muted => "muted",
        _ => "-",
    }
}

/// Formats a change that the config allows, in percent.
fn change(share: f64) -> String {
    // Two digits, without the rounding error of the subtraction.
    format!("{}%", format::signed((share * 1e6).round() / 1e4))
}

fn spread(metric: &MetricProposal) -> [String; 3] {
    let Some(SpreadFigures { difference, relative, windows, instances, .. }) = metric.spread else {
        return ["-", "-", "-"].map(str::to_owned);
    };
    let difference = if relative { format::share(difference) } else { format::value(difference) };
    [difference, windows.to_string(), instances.to_string()]
}

fn effect(effect: &ProposalEffect) -> [String; 4] {
    let ProposalEffect { false_alarms_before, false_alarms_after, shift_before, shift_after } =
        *effect;
    [
        share(false_alarms_before),
        share(false_alarms_after),
        smallest(shift_before),
        smallest(shift_after),
    ]
}

fn notes(text: &mut String, proposal: &Proposal) {
    let _ = writeln!(text, "\n{HEADING}Advice{HEADING:#}");
    let _ = writeln!(text, "  {}", target_sentence(proposal));
    if !proposal.shows_enough {
        let needed = (1.0 / proposal.target.false_alarms() - 1.0 - 1e-9).ceil();
        let more = if (proposal.window.pairs as f64) < needed {
            "more pairs (--pairs)"
        } else {
            "longer history"
        };
        let _ = writeln!(
            text,
            "  {} independent pairs cannot show that smaller allowances suffice; that needs {needed}: these \
             allowances cover the differences of healthy windows; give {more}",
            format::value(proposal.window.independent.round())
        );
    }
    let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
    for metric in &proposal.metrics {
        let Some(note) = metric.note.as_deref() else { continue };
        match told.iter_mut().find(|(known, _)| *known == note) {
            Some((_, metrics)) => metrics.push(&metric.name),
            None => told.push((note, vec![&metric.name])),
        }
    }
    for (note, metrics) in told {
        let names: Vec<_> = metrics.iter().map(|name| printable(name)).collect();
        let _ = writeln!(text, "  {}: {}", names.join(", "), printable(note));
    }
}

/// A sentence about whether the target is reached.
pub(super) fn target_sentence(proposal: &Proposal) -> String {
    let target = format::share(proposal.target.false_alarms());
    let muted = proposal.muted.map_or_else(String::new, |share: Share| {
        let muted = proposal.metrics.iter().filter(|metric| is_in_need(metric.kind));
        let names: Vec<_> = muted.map(|metric| printable(&metric.name)).collect();
        format!("; with {} muted {}", names.join(", "), format::share(share.share))
    });
    let Some(after) = proposal.effect.false_alarms_after else {
        return format!(
            "the history is too short to hold out a part, so it is unknown whether at most {target} of healthy \
             canaries are held back; give longer history, or judge shorter windows"
        );
    };
    let share = format::share(after.share);
    if proposal.reaches_target() != Some(true) {
        return format!(
            "{share} of healthy canaries are held back, more than the target of {target}{muted}"
        );
    }
    let upper = format::share(after.upper);
    let sure = if after.upper <= proposal.target.false_alarms() {
        format!("at most {upper} with 97.5 % confidence")
    } else {
        format!("the history only shows that it is at most {upper}")
    };
    format!(
        "{share} of healthy canaries are held back, within the target of {target}; {sure}{muted}"
    )
}

/// Whether the metric needs an allowance and has none.
fn is_in_need(kind: ProposalKind) -> bool {
    matches!(
        kind,
        ProposalKind::TooLarge
            | ProposalKind::NoHelp
            | ProposalKind::NotAboveZero
            | ProposalKind::Cles
            | ProposalKind::FewWindows
    )
}
