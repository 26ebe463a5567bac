//! From the points that a store answered to series on a grid.

use std::collections::BTreeMap;

use judge_core::{Clock, Series};
use judge_points::prometheus::LabelledSeries;

use crate::error::{AnswerError, MOST_SERIES};
use crate::grid::Grid;

/// What tells a series from others of its side.
pub(crate) type Labels = BTreeMap<String, String>;

/// A series of a side with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its labels, without the metric's name.
    pub labels: BTreeMap<String, String>,
    /// Its points.
    pub series: Series,
}

/// Puts points where they belong: a time without a point is a gap. `parts` are answers for parts of the grid.
pub(crate) fn on_grid(
    parts: Vec<Vec<LabelledSeries>>,
    grid: Grid,
) -> Result<Vec<Found>, AnswerError> {
    let mut found: Vec<Found> = Vec::new();
    let mut known: BTreeMap<Labels, usize> = BTreeMap::new();
    for part in parts {
        for LabelledSeries { mut labels, times, values } in part {
            labels.remove("__name__");
            let index = *known.entry(labels).or_insert_with_key(|labels| {
                let clock =
                    Clock { start_millis: grid.start_millis(), step_millis: grid.step_millis() };
                let series = Series { values: vec![f64::NAN; grid.points()], clock: Some(clock) };
                found.push(Found { labels: labels.clone(), series });
                found.len() - 1
            });
            if found.len() > MOST_SERIES {
                return Err(AnswerError::TooManySeries(found.len()));
            }
            for (millis, value) in times.into_iter().zip(values) {
                let point = grid.point(millis).ok_or(AnswerError::OtherTimes { millis, grid })?;
                found[index].series.values[point] = value;
            }
        }
    }
    Ok(found)
}

/// Closes gaps up, as Kayenta does: the first point gives the start, the first two give the step in whole seconds,
/// and the rest follows without gaps.
pub(crate) fn closed_up(parts: Vec<Vec<LabelledSeries>>) -> Result<Vec<Found>, AnswerError> {
    let mut found: Vec<Found> = Vec::new();
    let mut times_of: BTreeMap<Labels, (usize, Vec<i64>)> = BTreeMap::new();
    for LabelledSeries { mut labels, times, values } in parts.into_iter().flatten() {
        labels.remove("__name__");
        let (index, all) = times_of.entry(labels).or_insert_with_key(|labels| {
            found.push(Found { labels: labels.clone(), series: Series::default() });
            (found.len() - 1, Vec::new())
        });
        all.extend(times);
        found[*index].series.values.extend(values);
        if found.len() > MOST_SERIES {
            return Err(AnswerError::TooManySeries(found.len()));
        }
    }
    for (index, times) in times_of.into_values() {
        let clock = times.first().map(|&start_millis| {
            let step = times.get(1).map_or(0, |second| second.abs_diff(start_millis) / 1000 * 1000);
            Clock { start_millis, step_millis: step }
        });
        found[index].series.clock = clock;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(labels: &[(&str, &str)], points: &[(i64, f64)]) -> LabelledSeries {
        LabelledSeries {
            labels: labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            times: points.iter().map(|(time, _)| *time).collect(),
            values: points.iter().map(|(_, value)| *value).collect(),
        }
    }

    /// With -1 for gaps.
    fn values(found: &Found) -> Vec<f64> {
        found.series.values.iter().map(|v| if v.is_nan() { -1.0 } else { *v }).collect()
    }

    #[test]
    fn a_time_without_a_point_is_a_gap_at_its_own_time() {
        let grid = Grid::new(1000, 6000, 1000).unwrap();
        let a = [("__name__", "up"), ("job", "a")];
        let b = [("job", "b")];
        let parts = vec![
            vec![series(&a, &[(2000, 2.0)]), series(&b, &[(1000, 1.0)])],
            vec![series(&a, &[(5000, 5.0)])],
        ];
        let found = on_grid(parts, grid).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(values(&found[0]), [-1.0, 2.0, -1.0, -1.0, 5.0]);
        assert_eq!(values(&found[1]), [1.0, -1.0, -1.0, -1.0, -1.0]);
        let job: Labels = [("job".to_owned(), "a".to_owned())].into();
        assert_eq!(found[0].labels, job, "without its name");
        assert_eq!(found[0].series.clock, Some(Clock { start_millis: 1000, step_millis: 1000 }));
    }

    #[test]
    fn times_that_were_not_asked_for_are_refused() {
        let grid = Grid::new(1000, 6000, 1000).unwrap();
        for millis in [0, 1500, 6000] {
            let error = on_grid(vec![vec![series(&[], &[(millis, 1.0)])]], grid).unwrap_err();
            assert!(matches!(error, AnswerError::OtherTimes { .. }), "{error}");
        }
    }

    /// `PrometheusResponseConverter`'s own test has 58 points a second apart from 1599657179.540 on, whatever was
    /// asked for.
    #[test]
    fn kayenta_believes_the_first_two_points() {
        let points: Vec<(i64, f64)> =
            (0..58).map(|i| (1_599_657_179_540 + i * 1000, 1.0)).collect();
        let found = closed_up(vec![vec![series(&[], &points)]]).unwrap();
        assert_eq!(found[0].series.values.len(), 58);
        let clock = Clock { start_millis: 1_599_657_179_540, step_millis: 1000 };
        assert_eq!(found[0].series.clock, Some(clock));
        // A first gap makes the step too large, one point makes it 0, and gaps are gone.
        let found =
            closed_up(vec![vec![series(&[], &[(0, 1.0), (3000, 2.0), (4000, 3.0)])]]).unwrap();
        assert_eq!(
            (values(&found[0]), found[0].series.clock.unwrap().step_millis),
            (vec![1.0, 2.0, 3.0], 3000)
        );
        let found = closed_up(vec![vec![series(&[], &[(0, 1.0)])]]).unwrap();
        assert_eq!(found[0].series.clock.unwrap().step_millis, 0);
    }
}
