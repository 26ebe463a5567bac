//! Cross-validation: splits a history, so that allowances are judged on data to which they were not fitted.

use std::ops::Range;

use crate::history::{HealthyHistory, Recording};
use crate::pairs::{Pairing, WindowLayout};

/// Number of parts into which we cut time.
const FOLDS: usize = 5;
/// With this many concurrent instances, two pairs need not share an instance.
const ENOUGH_INSTANCES: usize = 4;

/// The data to which allowances are fitted, and the data on which they are judged.
pub(super) struct Fold {
    pub(super) fit: HealthyHistory,
    pub(super) held_out: HealthyHistory,
}

/// What the fitted data and the judged data do not share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum HeldOut {
    /// The times of the windows; the instances are the same.
    Times,
    /// The times and the instances of the windows.
    TimesAndInstances,
}

impl HeldOut {
    /// Also holds out instances if each recording has enough of them.
    pub(super) fn choose(history: &HealthyHistory, layout: WindowLayout) -> Self {
        let mut used = history.recordings().iter().filter(|recording| layout.tiles(recording) > 0);
        let enough = used.all(|recording| recording.instances().len() >= ENOUGH_INSTANCES);
        if enough && layout.pairing == Pairing::Concurrent {
            Self::TimesAndInstances
        } else {
            Self::Times
        }
    }
}

/// Cuts `history` into stretches of time of whole windows. Each stretch is held out once or, if instances are held
/// out too, once for each half of the instances. Empty if the history has only one window.
pub(super) fn folds(
    history: &HealthyHistory,
    layout: WindowLayout,
    held_out: HeldOut,
) -> Vec<Fold> {
    let recordings = history.recordings();
    let windows: usize = recordings.iter().map(|recording| layout.tiles(recording)).sum();
    let count = windows.min(FOLDS);
    if count < 2 {
        return Vec::new();
    }
    let halves: &[Option<usize>] = match held_out {
        HeldOut::Times => &[None],
        HeldOut::TimesAndInstances => &[Some(0), Some(1)],
    };
    let parts = (0..count).flat_map(|part| halves.iter().map(move |half| (part, *half)));
    parts
        .filter_map(|(part, half)| {
            let held_windows = part * windows / count..(part + 1) * windows / count;
            let (fit, held_out) = split(recordings, layout, held_windows, half);
            let step = history.step_millis();
            // A part without points cannot be judged.
            HealthyHistory::new(step, fit).ok().zip(HealthyHistory::new(step, held_out).ok())
        })
        .map(|(fit, held_out)| Fold { fit, held_out })
        .collect()
}

/// Splits `recordings` into a part to fit and a part to hold out, which has the windows `held_windows`.
fn split(
    recordings: &[Recording],
    layout: WindowLayout,
    held_windows: Range<usize>,
    half: Option<usize>,
) -> (Vec<Recording>, Vec<Recording>) {
    let (mut fit, mut held_out) = (Vec::new(), Vec::new());
    let stays = |instance: usize| half.is_none_or(|half| instance % 2 != half);
    let is_held_out = |instance: usize| half.is_none_or(|half| instance % 2 == half);
    let mut before = 0;
    for recording in recordings {
        let windows = layout.tiles(recording);
        // The last window's stretch ends with the recording.
        let at = |window: usize| {
            if window >= windows { recording.points() } else { window * layout.stride() }
        };
        let from = at(held_windows.start.clamp(before, before + windows) - before);
        let to = at(held_windows.end.clamp(before, before + windows) - before);
        before += windows;
        fit.push(recording.part(0..from, stays));
        fit.push(recording.part(to..recording.points(), stays));
        held_out.push(recording.part(from..to, is_held_out));
    }
    let used = |recording: &Recording| recording.points() > 0;
    fit.retain(used);
    held_out.retain(used);
    (fit, held_out)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::history::Instance;

    /// A history in which all points differ.
    fn history(recordings: &[(usize, u32)]) -> HealthyHistory {
        let mut next = 0.0;
        let mut recording = |(instances, points): &(usize, u32)| {
            let instances = (0..*instances).map(|_| {
                let values = (0..*points).map(|_| {
                    next += 1.0;
                    next
                });
                Instance::from([("m".to_owned(), values.collect())])
            });
            Recording::new("r", instances.collect()).unwrap()
        };
        HealthyHistory::new(1000, recordings.iter().map(&mut recording).collect()).unwrap()
    }

    fn points(history: &HealthyHistory) -> BTreeSet<u64> {
        history.series("m").flatten().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn every_point_is_held_out_once_and_never_from_itself() {
        for (recordings, pairing) in [
            (&[(2, 100)][..], Pairing::Concurrent),
            (&[(2, 25), (3, 47), (2, 3)], Pairing::Concurrent),
            (&[(1, 130)], Pairing::Blocks),
            (&[(4, 60), (6, 33)], Pairing::Concurrent),
        ] {
            let history = history(recordings);
            let layout = WindowLayout { pairing, points: 10, gap: 0 };
            let held_out = HeldOut::choose(&history, layout);
            let mut seen = BTreeSet::new();
            for fold in folds(&history, layout, held_out) {
                let held = points(&fold.held_out);
                assert!(points(&fold.fit).is_disjoint(&held), "{recordings:?}");
                assert!(held.iter().all(|point| seen.insert(*point)), "{recordings:?}");
            }
            let usable = history.recordings().iter().filter(|one| layout.tiles(one) > 0);
            let usable: usize = usable.map(|one| one.points() * one.instances().len()).sum();
            assert_eq!(seen.len(), usable, "{recordings:?}");
        }
    }

    #[test]
    fn instances_are_held_out_where_there_are_enough() {
        let layout = WindowLayout { pairing: Pairing::Concurrent, points: 10, gap: 0 };
        assert_eq!(
            HeldOut::choose(&history(&[(4, 60), (1, 5)]), layout),
            HeldOut::TimesAndInstances
        );
        assert_eq!(HeldOut::choose(&history(&[(4, 60), (3, 50)]), layout), HeldOut::Times);
        let of_four = folds(&history(&[(4, 60)]), layout, HeldOut::TimesAndInstances);
        assert_eq!(of_four.len(), 2 * FOLDS);
        assert!(of_four.iter().all(|fold| fold.held_out.recordings()[0].instances().len() == 2));
    }

    #[test]
    fn one_window_cannot_be_cut() {
        let layout = WindowLayout { pairing: Pairing::Concurrent, points: 10, gap: 0 };
        assert!(folds(&history(&[(2, 10)]), layout, HeldOut::Times).is_empty());
    }
}
