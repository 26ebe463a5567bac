//! Pairs the series of both sides of a metric.

use std::collections::{BTreeMap, BTreeSet};

use judge_core::judgement::Side;
use judge_core::{MetricPair, Series};

use crate::error::AnswerError;
use crate::gridding::{Found, Labels, written};
use crate::notice::{DroppedLabel, Notice};

/// The pairs of a metric, and how they were made.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Paired {
    pub(crate) pairs: Vec<MetricPair>,
    /// Ignored labels that distinguish the sides, with their values on each.
    pub(crate) dropped: Vec<DroppedLabel>,
    /// Labels because of which series have no partner.
    pub(crate) apart: Vec<String>,
}

/// Pairs the series of a metric by their labels, from any source. Labels that distinguish the sides are
/// ignored, and a series without a partner is paired with gaps.
///
/// # Errors
/// If two series of a side have the same labels.
pub fn pair_by_labels(
    metric: &str,
    baseline: Vec<Found>,
    canary: Vec<Found>,
) -> Result<(Vec<MetricPair>, Vec<Notice>), AnswerError> {
    let paired = by_labels(metric, baseline, canary, &BTreeSet::new()).map_err(|(_, why)| why)?;
    Ok((paired.pairs, notices(paired.dropped, paired.apart)))
}

/// Notices about pairs.
pub(crate) fn notices(dropped: Vec<DroppedLabel>, apart: Vec<String>) -> Vec<Notice> {
    let apart = (!apart.is_empty()).then_some(Notice::FallApart { labels: apart });
    dropped.into_iter().map(Notice::Dropped).chain(apart).collect()
}

/// Pairs series by their labels, without the labels that distinguish the sides. A series without a partner is
/// paired with gaps. An error comes with its side.
pub(crate) fn by_labels(
    metric: &str,
    mut baseline: Vec<Found>,
    mut canary: Vec<Found>,
    ignored: &BTreeSet<String>,
) -> Result<Paired, (Side, AnswerError)> {
    for found in baseline.iter_mut().chain(&mut canary) {
        found.labels.retain(|label, _| !ignored.contains(label));
    }
    let dropped = telling_apart(&baseline, &canary);
    for found in baseline.iter_mut().chain(&mut canary) {
        found.labels.retain(|label, _| dropped.iter().all(|dropped| dropped.label != *label));
    }
    let mut by_labels: BTreeMap<Labels, [Option<Series>; 2]> = BTreeMap::new();
    for (side, of_side) in [(Side::Baseline, baseline), (Side::Canary, canary)] {
        for Found { labels, series } in of_side {
            let [of_baseline, of_canary] = by_labels.entry(labels.clone()).or_default();
            let slot = if side == Side::Baseline { of_baseline } else { of_canary };
            if slot.replace(series).is_some() {
                let (name, labels) = (crate::error::side_name(side), written(&labels));
                let said =
                    format!("two series of the {name} are {labels} without the ignored labels");
                return Err((side, AnswerError::SameLabels(said)));
            }
        }
    }
    let apart = apart(&by_labels);
    let mut pairs: Vec<MetricPair> = Vec::with_capacity(by_labels.len().max(1));
    for (labels, [baseline, canary]) in by_labels {
        let mut pair =
            MetricPair::new(metric, baseline.unwrap_or_default(), canary.unwrap_or_default());
        pair.pad_absent_side();
        pair.tags = tags(labels);
        pairs.push(pair);
    }
    Ok(Paired { pairs, dropped, apart })
}

/// Drops a label that our own reader added, if it does not distinguish series.
pub(crate) fn drop_if_same(label: &str, baseline: &mut [Found], canary: &mut [Found]) {
    let all = baseline.iter().chain(canary.iter());
    let values: BTreeSet<Option<&String>> = all.map(|found| found.labels.get(label)).collect();
    if values.len() == 1 {
        for found in baseline.iter_mut().chain(canary) {
            found.labels.remove(label);
        }
    }
}

pub(crate) fn tags(labels: Labels) -> Option<judge_core::Tags> {
    (!labels.is_empty())
        .then(|| labels.into_iter().map(|(label, value)| (label, Some(value))).collect())
}

/// Labels that are constant within each side and differ between the sides.
fn telling_apart(baseline: &[Found], canary: &[Found]) -> Vec<DroppedLabel> {
    if baseline.is_empty() || canary.is_empty() {
        return Vec::new();
    }
    let all = || baseline.iter().chain(canary);
    let names: BTreeSet<&String> = all().flat_map(|found| found.labels.keys()).collect();
    let mut telling = Vec::new();
    for label in names {
        let (Some(one), Some(other)) = (constant(label, baseline), constant(label, canary)) else {
            continue;
        };
        if one != other {
            let (baseline, canary) = (one.value(), other.value());
            telling.push(DroppedLabel { label: label.clone(), baseline, canary });
        }
    }
    telling
}

/// The value of a label in all series of `side`.
#[derive(Debug, PartialEq, Eq)]
enum Constant<'a> {
    Absent,
    Value(&'a String),
}

impl Constant<'_> {
    fn value(&self) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Value(value) => Some((*value).clone()),
        }
    }
}

/// The value of a label in all series of `side`; `None` if series differ in it.
fn constant<'a>(label: &str, side: &'a [Found]) -> Option<Constant<'a>> {
    let of = |found: &'a Found| found.labels.get(label).map_or(Constant::Absent, Constant::Value);
    let mut values = side.iter().map(of);
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// The labels in which series without a partner differ, if both sides have such series.
fn apart(pairs: &BTreeMap<Labels, [Option<Series>; 2]>) -> Vec<String> {
    let lonely = |side: usize| {
        let without = pairs
            .iter()
            .filter(move |(_, sides)| sides[side].is_some() && sides[1 - side].is_none());
        without.map(|(labels, _)| labels).collect::<Vec<_>>()
    };
    let (baseline, canary) = (lonely(0), lonely(1));
    if baseline.is_empty() || canary.is_empty() {
        return Vec::new();
    }
    let values = |side: &[&Labels], label: &str| -> BTreeSet<Option<String>> {
        side.iter().map(|labels| labels.get(label).cloned()).collect()
    };
    let names: BTreeSet<&String> =
        baseline.iter().chain(&canary).flat_map(|labels| labels.keys()).collect();
    let differs = |label: &&String| values(&baseline, label).is_disjoint(&values(&canary, label));
    let differing: Vec<String> = names.iter().copied().filter(differs).cloned().collect();
    if differing.is_empty() { names.into_iter().cloned().collect() } else { differing }
}

/// Pairs series as Kayenta's `MetricSetMixerService` does. `absent` is the number of gaps for a side that was
/// not found.
pub(crate) fn as_kayenta(
    metric: &str,
    baseline: Vec<Found>,
    canary: Vec<Found>,
    absent: [usize; 2],
) -> Result<Vec<MetricPair>, AnswerError> {
    let placeholder = |side: Vec<Found>| {
        if side.is_empty() {
            vec![Found { labels: Labels::new(), series: Series::default() }]
        } else {
            side
        }
    };
    let sides = [placeholder(baseline), placeholder(canary)];
    let keys = |side: &[Found]| -> BTreeSet<String> {
        side.iter().flat_map(|found| found.labels.keys().cloned()).collect()
    };
    let [of_baseline, of_canary] = [keys(&sides[0]), keys(&sides[1])];
    if !of_baseline.is_empty() && !of_canary.is_empty() && of_baseline != of_canary {
        let listed = |keys: BTreeSet<String>| keys.into_iter().collect::<Vec<_>>().join(", ");
        return Err(AnswerError::TagKeys {
            baseline: listed(of_baseline),
            canary: listed(of_canary),
        });
    }
    let has_tagless = |side: usize| sides[side].iter().any(|found| found.labels.is_empty());
    // Series with tags are paired with gaps as long as the side without tags.
    let one_is_tagless = has_tagless(0) != has_tagless(1);
    let all: BTreeSet<&Labels> = sides.iter().flatten().map(|found| &found.labels).collect();
    let wanted = all.into_iter().filter(|labels| !(one_is_tagless && labels.is_empty()));
    let side = |labels: &Labels, side: usize| {
        let found = sides[side].iter().find(|found| found.labels == *labels);
        let first = sides[side].first().map_or(0, |first| first.series.values.len());
        found.map_or_else(|| Series::from(vec![f64::NAN; first]), |found| found.series.clone())
    };
    let pair = |labels: &Labels| {
        let mut pair = MetricPair::new(metric, side(labels, 0), side(labels, 1));
        let most = |series: &Series, absent| {
            if series.values.is_empty() { absent } else { series.values.len() }
        };
        let lengths = [most(&pair.baseline, absent[0]), most(&pair.canary, absent[1])];
        for (series, length) in [(&mut pair.baseline, lengths[0]), (&mut pair.canary, lengths[1])] {
            series.values.resize(length, f64::NAN);
        }
        pair.tags = tags(labels.clone());
        pair
    };
    Ok(wanted.map(pair).collect())
}

#[cfg(test)]
mod tests;
