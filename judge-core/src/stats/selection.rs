//! Selection by rank among explicit values.

use crate::order;

use super::rank_targets::{Ends, RankRange, TARGETS};

/// The values at `targets` among all differences of two small sides, in O(mn).
pub(super) fn ends_among_all(
    x: &[f64],
    y: &[f64],
    targets: &[RankRange],
    buffer: &mut Vec<f64>,
) -> [Ends; TARGETS] {
    buffer.clear();
    for &xi in x {
        buffer.extend(y.iter().map(|yj| xi - yj));
    }
    let most = buffer.len() - 1;
    let place = |rank: u64| usize::try_from(rank - 1).unwrap_or(usize::MAX).min(most);
    let wanted = targets.iter().flat_map(|ranks| [ranks.first, ranks.last]).map(place);
    let (first, last) = (wanted.clone().min().unwrap_or(0), wanted.max().unwrap_or(0));
    // So few differences are sorted sooner than selected from, once for each of six ranks. Those outside need no order.
    order::as_keys(buffer, |keys| {
        let (_, _, behind) = keys.select_nth_unstable(first);
        if last > first {
            let (between, _, _) = behind.select_nth_unstable(last - first - 1);
            between.sort_unstable();
        }
    });
    let mut found = [Ends::UNKNOWN; TARGETS];
    for (ends, ranks) in found.iter_mut().zip(targets) {
        *ends = Ends { first: buffer[place(ranks.first)], last: buffer[place(ranks.last)] };
    }
    found
}

/// The values at `ranks` among `values`, which `below` others precede; O(values).
///
/// Ranks outside the values count as the nearest one.
pub(super) fn ends_among(values: &mut [f64], ranks: RankRange, below: u64) -> Ends {
    let index = |rank: u64| {
        let offset = rank.saturating_sub(below + 1);
        usize::try_from(offset).unwrap_or(usize::MAX).min(values.len() - 1)
    };
    let (first, last) = (index(ranks.first), index(ranks.last));
    order::as_keys(values, |keys| {
        let (_, _, after) = keys.select_nth_unstable(first);
        if last > first {
            after.select_nth_unstable(last - first - 1);
        }
    });
    Ends { first: values[first], last: values[last] }
}

/// A value with a weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighted {
    pub(super) value: f64,
    pub(super) weight: u64,
}

/// The value at which half of all weight is reached, in O(values); `None` of nothing.
pub(super) fn weighted_median(values: &mut [Weighted]) -> Option<f64> {
    let half = values.iter().map(|v| v.weight).sum::<u64>().div_ceil(2);
    weighted_select(values, half)
}

/// The value at which the weight `wanted`, from 1 on, is reached in ascending order, in O(values).
pub(super) fn weighted_select(mut values: &mut [Weighted], mut wanted: u64) -> Option<f64> {
    while values.len() > 1 {
        let middle = values.len() / 2;
        let (left, pivot, right) =
            values.select_nth_unstable_by(middle, |a, b| a.value.total_cmp(&b.value));
        let weight_left = left.iter().map(|v| v.weight).sum::<u64>();
        if wanted <= weight_left {
            values = left;
        } else if wanted <= weight_left + pivot.weight || right.is_empty() {
            return Some(pivot.value);
        } else {
            wanted -= weight_left + pivot.weight;
            values = right;
        }
    }
    values.first().map(|v| v.value)
}
