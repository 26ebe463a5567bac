//! Cuts a window out of a recorded series.

use judge_core::{Clock, Series};

use crate::release::ReleaseGrid;
use judge_core::stage::{TimeSpan, show_length};

/// The first moment after the last point of `grid`.
pub(super) fn end(grid: ReleaseGrid) -> i64 {
    let length = (grid.points as u64).saturating_mul(grid.step_millis);
    grid.start_millis.saturating_add_unsigned(length)
}

/// A window may have this many points for each recorded one, ...
const POINTS_PER_POINT: i64 = 16;
/// ... and this many more.
const SPARE_POINTS: i64 = 1 << 16;

/// Copies to `series` the points of `values`, which are on `grid`, whose time is in `span`. Where the span reaches
/// beyond the grid, there are gaps. A series without any recorded points stays without points.
pub(super) fn cut(
    values: &[f64],
    grid: ReleaseGrid,
    span: TimeSpan,
    series: &mut Series,
) -> Result<(), String> {
    series.values.clear();
    series.clock = None;
    if values.is_empty() {
        return Ok(());
    }
    let step = i64::try_from(grid.step_millis).unwrap_or(i64::MAX);
    let slot = |time: i64| {
        let since = time.saturating_sub(grid.start_millis);
        since.div_euclid(step) + i64::from(since.rem_euclid(step) > 0)
    };
    let (first, end) = (slot(span.start_millis), slot(span.end_millis));
    let recorded = i64::try_from(values.len()).unwrap_or(i64::MAX);
    let most = recorded.saturating_mul(POINTS_PER_POINT).saturating_add(SPARE_POINTS);
    if end - first > most {
        return Err(format!(
            "a window of {} has {} steps of {}, but {recorded} points were recorded; shorten \
             the lifetime or the lookback, or lengthen the step",
            show_length(span.millis()),
            end - first,
            show_length(grid.step_millis)
        ));
    }
    let gaps = |from: i64, to: i64| {
        std::iter::repeat_n(f64::NAN, usize::try_from(to - from).unwrap_or_default())
    };
    let inside = |slot: i64| usize::try_from(slot.clamp(0, recorded)).unwrap_or_default();
    series.values.extend(gaps(first, end.min(0)));
    series.values.extend_from_slice(&values[inside(first)..inside(end).max(inside(first))]);
    series.values.extend(gaps(first.max(recorded), end));
    let start_millis = grid.start_millis.saturating_add(first.saturating_mul(step));
    series.clock = Clock::new(start_millis, grid.step_millis).ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points 0, 1, 2, 3 at 1000, 1060, 1120, 1180.
    const GRID: ReleaseGrid = ReleaseGrid { start_millis: 1000, step_millis: 60, points: 4 };

    #[test]
    fn a_window_has_the_points_whose_time_is_in_it() {
        let gap = -1.0;
        let cases: [(i64, i64, i64, &[f64]); 10] = [
            (1000, 1240, 1000, &[0.0, 1.0, 2.0, 3.0]),
            (1000, 1120, 1000, &[0.0, 1.0]),
            (1060, 1180, 1060, &[1.0, 2.0]),
            (1001, 1121, 1060, &[1.0, 2.0]),
            (880, 1060, 880, &[gap, gap, 0.0]),
            (1120, 1300, 1120, &[2.0, 3.0, gap]),
            (880, 1360, 880, &[gap, gap, 0.0, 1.0, 2.0, 3.0, gap, gap]),
            (700, 820, 700, &[gap, gap]),
            (1240, 1360, 1240, &[gap, gap]),
            (1010, 1050, 1060, &[]),
        ];
        for (start_millis, end_millis, first, expected) in cases {
            let mut series = Series::from(vec![9.0]);
            let span = TimeSpan { start_millis, end_millis };
            cut(&[0.0, 1.0, 2.0, 3.0], GRID, span, &mut series).unwrap();
            let values: Vec<f64> =
                series.values.iter().map(|v| if v.is_nan() { gap } else { *v }).collect();
            assert_eq!(values, expected, "{span:?}");
            let clock = Clock::new(first, 60).ok();
            assert_eq!(series.clock, clock, "{span:?}");
        }
    }

    #[test]
    fn windows_that_would_be_almost_nothing_but_gaps_are_refused() {
        let mut series = Series::default();
        let year = TimeSpan { start_millis: 1000, end_millis: 1000 + 366 * 86_400_000 };
        let error = cut(&[1.0], GRID, year, &mut series).unwrap_err();
        assert!(error.contains("a window of 366d has 527040000 steps of 60ms"), "{error}");
        assert_eq!(cut(&[], GRID, year, &mut series), Ok(()), "nothing was recorded");
        assert_eq!(series, Series::default());
    }

    #[test]
    fn a_recording_ends_a_step_after_its_last_point() {
        assert_eq!(end(GRID), 1240);
    }
}
