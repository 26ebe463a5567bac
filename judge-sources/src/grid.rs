//! The times of points that are requested from a store.

use judge_points::time;
use std::fmt;
use thiserror::Error;

/// Times a step apart: `start_millis + i * step_millis` for each `i` below `points`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    start_millis: i64,
    step_millis: u64,
    points: usize,
}

/// Most points of one series: four weeks of seconds.
pub const MOST_POINTS: usize = 2_419_200;

/// 0001-01-01T00:00:00Z: earlier times cannot be written as RFC 3339.
const FIRST_MILLIS: i64 = -62_135_596_800_000;

/// Why times cannot be requested.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GridError {
    /// The end is not after the start.
    #[error(
        "expected an end after the start, got a start of {} and an end of {}",
        time::show(*.start_millis),
        time::show(*.end_millis)
    )]
    Empty {
        /// The start.
        start_millis: i64,
        /// The end.
        end_millis: i64,
    },
    /// The step is 0.
    #[error("expected a step above 0, got 0")]
    NoStep,
    /// More points than one series may have.
    #[error("expected at most {MOST_POINTS} points a series, got {0}; lengthen the step")]
    TooManyPoints(u64),
    /// A time is outside the years of real recordings.
    #[error("expected a time between the years 1 and 5138, got {0} ms")]
    FarAway(i64),
}

impl Grid {
    /// Any grid, for texts that do not depend on times.
    pub(crate) const ONE: Self = Self { start_millis: 0, step_millis: 1000, points: 1 };

    /// The times from `start_millis` on that lie before `end_millis`.
    ///
    /// # Errors
    /// If there is no time, or more than [`MOST_POINTS`].
    ///
    /// # Example
    /// ```
    /// let grid = judge_sources::Grid::new(0, 150, 60)?;
    /// assert_eq!(grid.points(), 3);
    /// assert_eq!(grid.last_millis(), 120);
    /// # Ok::<(), judge_sources::GridError>(())
    /// ```
    pub fn new(start_millis: i64, end_millis: i64, step_millis: u64) -> Result<Self, GridError> {
        for millis in [start_millis, end_millis] {
            if !(FIRST_MILLIS..time::LAST_MILLIS).contains(&millis) {
                return Err(GridError::FarAway(millis));
            }
        }
        if step_millis == 0 {
            return Err(GridError::NoStep);
        }
        if end_millis <= start_millis {
            return Err(GridError::Empty { start_millis, end_millis });
        }
        let points = start_millis.abs_diff(end_millis).div_ceil(step_millis);
        match usize::try_from(points) {
            Ok(points) if points <= MOST_POINTS => Ok(Self { start_millis, step_millis, points }),
            _ => Err(GridError::TooManyPoints(points)),
        }
    }

    /// The first time, in milliseconds since the Unix epoch.
    pub fn start_millis(self) -> i64 {
        self.start_millis
    }

    /// Time between two points, in milliseconds.
    pub fn step_millis(self) -> u64 {
        self.step_millis
    }

    /// Number of times, at least one.
    pub fn points(self) -> usize {
        self.points
    }

    /// The last time, in milliseconds since the Unix epoch.
    pub fn last_millis(self) -> i64 {
        self.time(self.points - 1)
    }

    /// The end: one step after the last time.
    pub fn end_millis(self) -> i64 {
        self.time(self.points)
    }

    /// The time of a point.
    pub fn time(self, point: usize) -> i64 {
        let since = (point as u64).saturating_mul(self.step_millis);
        self.start_millis.saturating_add_unsigned(since)
    }

    /// Index of the point at `millis`; `None` if the grid does not have this time.
    pub fn point(self, millis: i64) -> Option<usize> {
        let since = u64::try_from(millis.checked_sub(self.start_millis)?).ok()?;
        let point = usize::try_from(since / self.step_millis).ok()?;
        (since.is_multiple_of(self.step_millis) && point < self.points).then_some(point)
    }

    /// Splits the times into parts of at most `most` points, in order.
    pub(crate) fn parts(self, most: usize) -> impl Iterator<Item = Self> {
        let most = most.max(1);
        (0..self.points).step_by(most).map(move |first| Self {
            start_millis: self.time(first),
            points: most.min(self.points - first),
            ..self
        })
    }

    /// The same times with one more at the end, as Kayenta requests them.
    pub(crate) fn with_its_end(self) -> Self {
        Self { points: self.points + 1, ..self }
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (time::show(self.start_millis), time::show(self.end_millis()));
        write!(f, "{start} to {end}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_holds_its_start_and_not_its_end() {
        for (start, end, step, points, last) in
            [(0, 60, 60, 1, 0), (0, 61, 60, 2, 60), (-60, 60, 60, 2, 0), (5, 6, 1000, 1, 5)]
        {
            let grid = Grid::new(start, end, step).unwrap();
            assert_eq!((grid.points(), grid.last_millis()), (points, last), "{start} to {end}");
        }
        let many = u64::try_from(MOST_POINTS).unwrap() + 1;
        for (start, end, step, error) in [
            (0, 0, 60, GridError::Empty { start_millis: 0, end_millis: 0 }),
            (0, 60, 0, GridError::NoStep),
            (0, i64::try_from(many).unwrap(), 1, GridError::TooManyPoints(many)),
            (i64::MIN, 0, 1, GridError::FarAway(i64::MIN)),
            (FIRST_MILLIS - 1, 0, 1, GridError::FarAway(FIRST_MILLIS - 1)),
        ] {
            assert_eq!(Grid::new(start, end, step), Err(error));
        }
    }

    #[test]
    fn times_are_found_on_the_grid_alone() {
        let grid = Grid::new(1000, 1180, 60).unwrap();
        for (millis, point) in [
            (1000, Some(0)),
            (1120, Some(2)),
            (1180, None),
            (1001, None),
            (940, None),
            (i64::MIN, None),
            (i64::MAX, None),
        ] {
            assert_eq!(grid.point(millis), point, "{millis}");
        }
    }

    #[test]
    fn parts_are_the_grid_again() {
        let grid = Grid::new(1000, 1300, 60).unwrap();
        let times = |grid: Grid| (0..grid.points()).map(move |point| grid.time(point));
        for most in [1, 2, 3, 5, 100] {
            let parts: Vec<i64> = grid.parts(most).flat_map(times).collect();
            assert_eq!(parts, times(grid).collect::<Vec<_>>(), "{most}");
            assert!(grid.parts(most).all(|part| part.points() <= most));
        }
    }
}
