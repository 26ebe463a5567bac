//! Puts the series of one side on grids, so that a missing point becomes a gap at its own time.

use std::ops::RangeInclusive;

use judge_core::{Clock, Series};

use crate::series_file::TimedSeries;

/// The series of one file, which all have one step.
#[derive(Debug)]
pub struct SeriesFile {
    /// The file, for messages.
    pub origin: String,
    /// Its series.
    pub series: Vec<TimedSeries>,
}

/// The series of one side, and warnings about them.
#[derive(Debug, Default)]
pub struct Aligned {
    /// For each file, its series in their order.
    pub files: Vec<Vec<Series>>,
    /// Messages for people.
    pub warnings: Vec<String>,
}

/// A grid may have this many points per recorded point, ...
const POINTS_PER_POINT: u64 = 4;
/// ... and this many more per side, which is 8 MiB.
const SPARE_POINTS: u64 = 1 << 20;

/// Puts every series on a grid at the smallest step between two points of any series of its file.
///
/// All grids of a side span the same time, from its first point to its last, so that missing points at either end are
/// gaps too. A series that does not fit its grid keeps its points in order, without gaps. So does a whole side if its
/// grids would be almost only gaps.
pub fn align(files: &[SeriesFile]) -> Aligned {
    let mut warnings = Vec::new();
    let Some(span) = span(files) else {
        return Aligned { files: files.iter().map(without_grid).collect(), warnings };
    };
    let steps: Vec<Option<u64>> = files.iter().map(step).collect();
    let common = steps.iter().flatten().min().copied();
    let grids: Vec<Option<Grid>> = steps
        .iter()
        .map(|step| step.or(common).map(|step| Grid { step, span: span.clone() }))
        .collect();
    let points: u64 = files.iter().flat_map(|file| &file.series).map(count).sum();
    let slots = files.iter().zip(&grids).fold(0_u64, |sum, (file, grid)| {
        let slots = grid.as_ref().map_or(0, Grid::most_slots);
        sum.saturating_add(slots.saturating_mul(file.series.len() as u64))
    });
    if slots > points.saturating_mul(POINTS_PER_POINT).saturating_add(SPARE_POINTS) {
        let origins: Vec<&str> = files.iter().map(|file| file.origin.as_str()).take(3).collect();
        warnings.push(format!(
            "{}: {points} points are spread over a time of {slots} steps; they are taken in order, \
             and missing points are not seen as gaps; look for a wrong timestamp",
            origins.join(", ")
        ));
        return Aligned { files: files.iter().map(without_grid).collect(), warnings };
    }
    let files = files
        .iter()
        .zip(grids)
        .map(|(file, grid)| match grid {
            Some(grid) => grid.place_all(file, &mut warnings),
            None => without_grid(file),
        })
        .collect();
    Aligned { files, warnings }
}

fn count(series: &TimedSeries) -> u64 {
    series.values.len() as u64
}

fn without_grid(file: &SeriesFile) -> Vec<Series> {
    file.series.iter().map(|series| Series::from(series.values.clone())).collect()
}

/// The time from the first to the last point of a side.
fn span(files: &[SeriesFile]) -> Option<RangeInclusive<i64>> {
    let series = || files.iter().flat_map(|file| &file.series);
    let first = series().filter_map(|series| series.times.first()).min()?;
    let last = series().filter_map(|series| series.times.last()).max()?;
    Some(*first..=*last)
}

/// The smallest time between two points of one series.
fn step(file: &SeriesFile) -> Option<u64> {
    let all = file.series.iter().flat_map(|series| series.times.windows(2));
    all.map(|pair| pair[0].abs_diff(pair[1])).min()
}

struct Grid {
    step: u64,
    span: RangeInclusive<i64>,
}

impl Grid {
    fn most_slots(&self) -> u64 {
        self.span.start().abs_diff(*self.span.end()) / self.step + 1
    }

    fn place_all(&self, file: &SeriesFile, warnings: &mut Vec<String>) -> Vec<Series> {
        let mut irregular: Vec<&str> = Vec::new();
        let placed = file
            .series
            .iter()
            .map(|series| {
                self.place(series).unwrap_or_else(|| {
                    irregular.push(&series.labels);
                    Series::from(series.values.clone())
                })
            })
            .collect();
        if !irregular.is_empty() {
            let more = if irregular.len() > MOST_NAMES { ", ..." } else { "" };
            warnings.push(format!(
                "{}: timestamps are not a regular {} apart ({}{more}); the points are taken in \
                 order, and missing points are not seen as gaps",
                file.origin,
                seconds(self.step),
                irregular[..irregular.len().min(MOST_NAMES)].join(", "),
            ));
        }
        placed
    }

    /// Places `series` on the grid, with gaps; `None` if a point does not fit the grid through the first point.
    fn place(&self, series: &TimedSeries) -> Option<Series> {
        let (start, end) = (*self.span.start(), *self.span.end());
        let first = series.times.first().copied().unwrap_or(start);
        let before = start.abs_diff(first);
        let phase = before % self.step;
        let start_millis = start.checked_add_unsigned(phase)?;
        let slots = start_millis.abs_diff(end) / self.step + 1;
        let mut values = vec![f64::NAN; usize::try_from(slots).ok()?];
        for (&time, &value) in series.times.iter().zip(&series.values) {
            let offset = start_millis.abs_diff(time);
            if offset % self.step != 0 {
                return None;
            }
            *values.get_mut(usize::try_from(offset / self.step).ok()?)? = value;
        }
        Some(Series { values, clock: Clock::new(start_millis, self.step).ok() })
    }
}

/// Largest number of names in a warning.
const MOST_NAMES: usize = 5;

fn seconds(millis: u64) -> String {
    if millis.is_multiple_of(1000) {
        format!("{} s", millis / 1000)
    } else {
        format!("{millis} ms")
    }
}

#[cfg(test)]
mod tests;
