//! Checks of the values of a side.

use judge_core::judgement::Side;

use crate::grid::Grid;
use crate::gridding::Found;
use crate::notice::Notice;

/// Fewest changes of a value: fewer may come at equal times by chance.
const FEWEST_RUNS: usize = 4;

/// Notices about the values of `side`, which were requested at the times of `grid`.
pub(crate) fn notice_about_values(side: Side, grid: Grid, series: &[Found]) -> Option<Notice> {
    let values = || series.iter().map(|found| found.series.values.as_slice());
    if !series.is_empty() && values().all(|values| values.iter().all(|value| value.is_nan())) {
        return Some(Notice::NoNumbers { side });
    }
    // One series that is measured more often is enough.
    let repeats: Option<Vec<usize>> = values().map(repeats).collect();
    let points = repeats?.into_iter().min()?;
    let step =
        series.first()?.series.clock.map_or(grid.step_millis(), judge_core::Clock::step_millis);
    let millis = step.saturating_mul(points as u64);
    Some(Notice::Repeats { side, points, millis })
}

/// Number of times that each value is repeated, if it is more than one and about equal for all values.
fn repeats(values: &[f64]) -> Option<usize> {
    let runs: Vec<usize> = values.chunk_by(|one, other| one == other).map(<[f64]>::len).collect();
    // The window may cut the first and the last repetition.
    let inner = runs.get(1..runs.len().saturating_sub(1))?;
    let (least, most) = (inner.iter().min()?, inner.iter().max()?);
    (inner.len() >= FEWEST_RUNS && *least >= 2 && most - least <= 1).then_some(*most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_stand_several_times_in_a_row_are_counted() {
        let every = |times: usize, count: usize| -> Vec<f64> {
            (0..count).map(|point| ((point + 1) / times * 7 % 11) as f64).collect()
        };
        let mut gaps = every(5, 60);
        gaps[30] = f64::NAN;
        for (values, expected) in [
            (every(5, 60), Some(5)),
            (every(2, 30), Some(2)),
            (every(1, 60), None),
            (every(5, 20), None),
            (vec![3.0; 60], None),
            (vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 1.0, 1.0], None),
            (gaps, None),
            (Vec::new(), None),
        ] {
            assert_eq!(repeats(&values), expected, "{values:?}");
        }
    }

    #[test]
    fn a_side_of_nan_alone_has_no_numbers() {
        let grid = Grid::new(0, 60_000, 1000).unwrap();
        let found = |values: Vec<f64>| Found { labels: [].into(), series: values.into() };
        let side = Side::Canary;
        let nan = || found(vec![f64::NAN; 60]);
        assert_eq!(
            notice_about_values(side, grid, &[nan(), nan()]),
            Some(Notice::NoNumbers { side })
        );
        assert_eq!(notice_about_values(side, grid, &[]), None);
        assert_eq!(notice_about_values(side, grid, &[nan(), found(vec![1.0; 60])]), None);
        let slow = || found((0..60).map(|point| f64::from(point / 5 % 7)).collect());
        let repeats = Some(Notice::Repeats { side, points: 5, millis: 5000 });
        assert_eq!(notice_about_values(side, grid, &[slow(), slow()]), repeats);
        let fast = found((0..60).map(f64::from).collect());
        assert_eq!(notice_about_values(side, grid, &[slow(), fast]), None);
    }
}
