//! Pairs of windows of healthy history, which are as similar as a baseline and a good canary.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use serde::Serialize;

use crate::history::{HealthyHistory, Recording};

/// Which windows are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Pairing {
    /// Two instances over the same time, as a baseline and its canary.
    Concurrent,
    /// Two blocks of one instance, one after the other, with a gap in which autocorrelation fades. Changes over the
    /// day count as differences.
    Blocks,
}

impl Pairing {
    /// Concurrent if any recording has two instances.
    pub(crate) fn choose(history: &HealthyHistory) -> Self {
        if history.recordings().iter().any(|recording| recording.instances().len() > 1) {
            Self::Concurrent
        } else {
            Self::Blocks
        }
    }

    /// Name of the pairing for messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Concurrent => "two instances over windows",
            Self::Blocks => "two blocks",
        }
    }
}

/// The window of one side of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WindowPosition {
    pub(crate) instance: usize,
    pub(crate) start: usize,
}

/// Two windows of one recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WindowPair {
    pub(crate) recording: usize,
    pub(crate) baseline: WindowPosition,
    pub(crate) canary: WindowPosition,
    /// Seed of the random choices of an injected change.
    pub(crate) seed: u64,
}

/// The pairs to judge for one length of window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PairPlan {
    /// Points of a window.
    pub(crate) points: usize,
    pub(crate) pairs: Vec<WindowPair>,
    /// Number of pairs in the history that share no point with each other.
    pub(crate) separate: usize,
}

/// The arrangement of windows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WindowLayout {
    pub(crate) pairing: Pairing,
    /// Points of a window.
    pub(crate) points: usize,
    /// Points between two blocks.
    pub(crate) gap: usize,
}

impl WindowLayout {
    /// Number of points from the start of a pair to its end.
    pub(crate) fn span(self) -> usize {
        match self.pairing {
            Pairing::Concurrent => self.points,
            Pairing::Blocks => 2 * self.points + self.gap,
        }
    }

    /// Distance between the starts of two pairs that share no point.
    pub(crate) fn stride(self) -> usize {
        match self.pairing {
            Pairing::Concurrent => self.points,
            Pairing::Blocks => 2 * (self.points + self.gap),
        }
    }

    /// Number of pairs at one time that share no instance.
    fn concurrent_pairs(self, recording: &Recording) -> usize {
        let instances = recording.instances().len();
        match self.pairing {
            Pairing::Concurrent => instances / 2,
            Pairing::Blocks => instances,
        }
    }

    /// Number of possible starts of a pair.
    fn starts(self, recording: &Recording) -> usize {
        match self.concurrent_pairs(recording) {
            0 => 0,
            _ => (recording.points() + 1).saturating_sub(self.span()),
        }
    }

    /// Number of starts of pairs that share no point.
    pub(crate) fn tiles(self, recording: &Recording) -> usize {
        let starts = self.starts(recording);
        starts.div_ceil(self.stride())
    }

    /// The instances of pair number `which` at one time. All pairs of one time have different instances.
    fn instances(self, which: usize, turn: usize, recording: &Recording) -> [usize; 2] {
        let instances = recording.instances().len();
        match self.pairing {
            Pairing::Concurrent => [0, 1].map(|side| (2 * which + side + turn) % instances),
            Pairing::Blocks => [which; 2],
        }
    }
}

impl PairPlan {
    /// Draws at most `wanted` pairs; `None` if the history has no window of this length.
    ///
    /// If the history has enough pairs that share no point, we draw from these. Otherwise windows overlap. In both
    /// cases the pairs are spread evenly over the history, and a coin flip chooses the baseline.
    pub(crate) fn new(
        history: &HealthyHistory,
        layout: WindowLayout,
        wanted: usize,
        seed: u64,
    ) -> Option<Self> {
        let recordings = history.recordings();
        let tiles =
            |recording: &Recording| layout.tiles(recording) * layout.concurrent_pairs(recording);
        let separate: usize = recordings.iter().map(tiles).sum();
        let mut random = Pcg64::seed_from_u64(seed);
        let pairs = if separate == 0 {
            return None;
        } else if separate >= wanted {
            let places = draw_stratified(separate, wanted, &mut random);
            places.filter_map(|place| separate_pair(recordings, layout, place)).collect::<Vec<_>>()
        } else {
            let starts = recordings.iter().map(|recording| layout.starts(recording)).sum();
            let places: Vec<usize> = draw_stratified(starts, wanted, &mut random).collect();
            let pairs = places.into_iter();
            pairs
                .filter_map(|place| overlapping_pair(recordings, layout, place, &mut random))
                .collect()
        };
        let mut pairs = pairs;
        for pair in &mut pairs {
            if random.random_bool(0.5) {
                (pair.baseline, pair.canary) = (pair.canary, pair.baseline);
            }
            pair.seed = random.random();
        }
        Some(Self { points: layout.points, pairs, separate })
    }

    /// Number of independent pairs with the same information as these. For overlapping pairs, the variance of a share
    /// is at most that of the separate pairs (it is a mean of such shares) plus that of drawing.
    pub(crate) fn independent(&self) -> f64 {
        let (drawn, separate) = (self.pairs.len() as f64, self.separate as f64);
        if drawn <= separate { drawn } else { 1.0 / (1.0 / drawn + 1.0 / separate) }
    }
}

/// Draws `count` random numbers below `all`, one from each of `count` equal parts.
fn draw_stratified(all: usize, count: usize, random: &mut Pcg64) -> impl Iterator<Item = usize> {
    let part = all as f64 / count as f64;
    (0..count).map(move |index| {
        let place = (index as f64 + random.random::<f64>()) * part;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below `all`")]
        let place = place as usize;
        place.min(all - 1)
    })
}

/// Pair number `place` of those that share no point.
fn separate_pair(
    recordings: &[Recording],
    layout: WindowLayout,
    mut place: usize,
) -> Option<WindowPair> {
    for (index, recording) in recordings.iter().enumerate() {
        let concurrent_pairs = layout.concurrent_pairs(recording);
        let tiles = layout.tiles(recording) * concurrent_pairs;
        if place < tiles {
            let turn = place / concurrent_pairs;
            let instances = layout.instances(place % concurrent_pairs, turn, recording);
            return Some(pair(index, instances, turn * layout.stride(), layout));
        }
        place -= tiles;
    }
    None
}

/// A random pair at start number `place` of all starts.
fn overlapping_pair(
    recordings: &[Recording],
    layout: WindowLayout,
    mut place: usize,
    random: &mut Pcg64,
) -> Option<WindowPair> {
    for (index, recording) in recordings.iter().enumerate() {
        let starts = layout.starts(recording);
        if place < starts {
            let which = random.random_range(0..layout.concurrent_pairs(recording));
            let turn = random.random_range(0..recording.instances().len());
            let instances = layout.instances(which, turn, recording);
            return Some(pair(index, instances, place, layout));
        }
        place -= starts;
    }
    None
}

fn pair(
    recording: usize,
    [first, second]: [usize; 2],
    start: usize,
    layout: WindowLayout,
) -> WindowPair {
    let later = match layout.pairing {
        Pairing::Concurrent => start,
        Pairing::Blocks => start + layout.points + layout.gap,
    };
    WindowPair {
        recording,
        baseline: WindowPosition { instance: first, start },
        canary: WindowPosition { instance: second, start: later },
        seed: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::history::Instance;

    fn history(instances: usize, points: usize) -> HealthyHistory {
        let instance = || Instance::from([("m".to_owned(), vec![1.0; points])]);
        let recording = Recording::new("r", (0..instances).map(|_| instance()).collect()).unwrap();
        HealthyHistory::new(1000, vec![recording.clone(), recording]).unwrap()
    }

    fn points_of(pair: &WindowPair, n: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        [pair.baseline, pair.canary].into_iter().flat_map(move |place| {
            (place.start..place.start + n).map(move |at| (pair.recording, place.instance, at))
        })
    }

    #[test]
    fn separate_pairs_share_no_point() {
        for (instances, pairing, expected) in
            [(2, Pairing::Concurrent, 20), (5, Pairing::Concurrent, 40), (1, Pairing::Blocks, 8)]
        {
            let history = history(instances, 100);
            let layout = WindowLayout { pairing, points: 10, gap: 2 };
            let plan = PairPlan::new(&history, layout, 4, 7).unwrap();
            assert_eq!((plan.separate, plan.pairs.len()), (expected, 4), "{pairing:?}");
            let all = PairPlan::new(&history, layout, expected, 7).unwrap();
            let mut seen = BTreeSet::new();
            for pair in &all.pairs {
                assert!(points_of(pair, 10).all(|point| seen.insert(point)), "{pair:?}");
            }
            assert_eq!(all.independent(), expected as f64);
        }
    }

    #[test]
    fn overlapping_pairs_stay_inside_and_are_worth_less() {
        for (instances, pairing) in [(3, Pairing::Concurrent), (2, Pairing::Blocks)] {
            let history = history(instances, 50);
            let layout = WindowLayout { pairing, points: 12, gap: 5 };
            let plan = PairPlan::new(&history, layout, 300, 7).unwrap();
            assert_eq!(plan.pairs.len(), 300);
            assert!(plan.independent() < plan.separate as f64);
            for pair in &plan.pairs {
                assert!(
                    points_of(pair, 12).all(|(_, instance, at)| instance < instances && at < 50)
                );
                assert_ne!(pair.baseline, pair.canary);
            }
        }
    }

    #[test]
    fn a_window_longer_than_any_recording_has_no_plan() {
        let layout = WindowLayout { pairing: Pairing::Blocks, points: 30, gap: 0 };
        assert_eq!(PairPlan::new(&history(1, 59), layout, 10, 1), None);
        assert!(PairPlan::new(&history(1, 60), layout, 10, 1).is_some());
    }
}
