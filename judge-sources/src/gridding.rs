//! Puts the points of an answer on a grid, as series.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use judge_core::{Clock, Series};
use judge_points::prometheus::LabelledSeries;
use tokio::time::Instant;

use crate::error::{AnswerError, MOST_CELLS, MOST_HELD, MOST_SERIES};
use crate::grid::Grid;

/// The identity of a series within its side.
pub(crate) type Labels = BTreeMap<String, String>;

/// The labels, as Prometheus writes them.
pub(crate) fn written(labels: &Labels) -> String {
    let labels: Vec<String> =
        labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
    format!("{{{}}}", labels.join(", "))
}

/// A series of a side with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its labels, without the metric's name.
    pub labels: BTreeMap<String, String>,
    /// Its points.
    pub series: Series,
}

/// Number of points that a fetch holds, gaps counted.
#[derive(Debug, Default)]
pub(crate) struct HeldPoints(AtomicUsize);

impl HeldPoints {
    fn add(&self, points: usize) -> Result<(), AnswerError> {
        let with = |held: usize| held.checked_add(points).filter(|all| *all <= MOST_HELD);
        let added = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, with);
        added.map(|_| ()).map_err(|_| AnswerError::TooManyPointsTogether)
    }

    /// Adds the points of series on their grids. They are held until the fetch ends.
    pub(crate) fn add_found(&self, found: &[Found]) -> Result<(), AnswerError> {
        self.add(found.iter().map(|found| found.series.values.len()).sum())
    }
}

/// Points that are buffered until the last part of an answer is there.
#[derive(Debug)]
pub(crate) struct BufferedPoints<'a> {
    held: &'a HeldPoints,
    points: AtomicUsize,
}

impl<'a> BufferedPoints<'a> {
    pub(crate) fn new(held: &'a HeldPoints) -> Self {
        Self { held, points: AtomicUsize::new(0) }
    }

    /// Adds the points of one more part.
    pub(crate) fn add(&self, part: &[LabelledSeries]) -> Result<(), AnswerError> {
        let points = part.iter().map(|series| series.values.len()).sum();
        self.held.add(points)?;
        self.points.fetch_add(points, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for BufferedPoints<'_> {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.points.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// Refuses to go on after the deadline. Checked before each series, which takes some milliseconds at most.
pub(crate) fn in_time(deadline: Instant) -> Result<(), AnswerError> {
    if Instant::now() < deadline { Ok(()) } else { Err(AnswerError::OutOfTime) }
}

/// Puts points at their times on the grid; a time without a point is a gap. `parts` are answers for parts of
/// the grid, in order.
pub(crate) fn on_grid(
    parts: Vec<Vec<LabelledSeries>>,
    grid: Grid,
    deadline: Instant,
) -> Result<Vec<Found>, AnswerError> {
    let mut found: Vec<Found> = Vec::new();
    // Index and last time by labels.
    let mut known: BTreeMap<Labels, (usize, i64)> = BTreeMap::new();
    for part in parts {
        let mut of_part = BTreeSet::new();
        for LabelledSeries { mut labels, times, values } in part {
            in_time(deadline)?;
            labels.remove("__name__");
            // Each series has all times of the grid, however few points it has.
            if !known.contains_key(&labels) && (found.len() + 1) * grid.points() > MOST_CELLS {
                return Err(AnswerError::TooManyPoints);
            }
            let (index, last) = known.entry(labels).or_insert_with_key(|labels| {
                let clock = Clock::new(grid.start_millis(), grid.step_millis()).ok();
                let series = Series { values: vec![f64::NAN; grid.points()], clock };
                found.push(Found { labels: labels.clone(), series });
                (found.len() - 1, i64::MIN)
            });
            if found.len() > MOST_SERIES {
                return Err(AnswerError::TooManySeries);
            }
            let Found { labels, series } = &mut found[*index];
            if !of_part.insert(*index) {
                let labels = written(labels);
                let said = format!("two series of the answer are {labels} but for their names");
                return Err(AnswerError::SameLabels(said));
            }
            for (millis, value) in times.into_iter().zip(values) {
                let point = grid.point(millis).ok_or(AnswerError::OtherTimes { millis, grid })?;
                if millis <= *last {
                    return Err(AnswerError::Backwards { millis, last: *last });
                }
                *last = millis;
                series.values[point] = value;
            }
        }
    }
    Ok(found)
}

/// Closes gaps up, as Kayenta does: the first point is the start, the first two points give the step in whole
/// seconds, and the rest follows without gaps.
pub(crate) fn closed_up(
    parts: Vec<Vec<LabelledSeries>>,
    deadline: Instant,
) -> Result<Vec<Found>, AnswerError> {
    let mut found: Vec<Found> = Vec::new();
    let mut times_of: BTreeMap<Labels, (usize, Vec<i64>)> = BTreeMap::new();
    for part in parts {
        let mut of_part = BTreeSet::new();
        for LabelledSeries { mut labels, times, values } in part {
            in_time(deadline)?;
            labels.remove("__name__");
            let (index, all) = times_of.entry(labels).or_insert_with_key(|labels| {
                found.push(Found { labels: labels.clone(), series: Series::default() });
                (found.len() - 1, Vec::new())
            });
            // Kayenta pairs the first of the series that differ in their names alone.
            if of_part.insert(*index) {
                all.extend(times);
                found[*index].series.values.extend(values);
            }
            if found.len() > MOST_SERIES {
                return Err(AnswerError::TooManySeries);
            }
        }
    }
    for (index, times) in times_of.into_values() {
        if let [first, second, ..] = times[..] {
            let step = second.abs_diff(first) / 1000 * 1000;
            found[index].series.clock = Clock::new(first, step).ok();
        }
    }
    Ok(found)
}

/// Puts points at the store's own times, for stores with a step of their own: on a grid with the step of the
/// series, else with the requested step, else in order without times. Missing points are gaps at their own
/// times, up to both ends of the window.
pub(crate) fn at_own_times(
    parts: Vec<Vec<LabelledSeries>>,
    grid: Grid,
    said: &mut Vec<String>,
    deadline: Instant,
) -> Result<Vec<Found>, AnswerError> {
    let (mut found, mut cells): (Vec<Found>, usize) = (Vec::new(), 0);
    for LabelledSeries { labels, times, values } in parts.into_iter().flatten() {
        in_time(deadline)?;
        if found.iter().any(|other| other.labels == labels) {
            let labels = written(&labels);
            return Err(AnswerError::SameLabels(format!("two series of the answer are {labels}")));
        }
        if found.len() == MOST_SERIES {
            return Err(AnswerError::TooManySeries);
        }
        let mut points: Vec<(i64, f64)> = times.into_iter().zip(values).collect();
        points.sort_by_key(|(time, _)| *time);
        if points.iter().all(|(_, value)| value.is_nan()) {
            continue;
        }
        let series = own_grid(&points, grid, said)?;
        cells += series.values.len();
        if cells > MOST_CELLS {
            return Err(AnswerError::TooManyPoints);
        }
        found.push(Found { labels, series });
    }
    Ok(found)
}

/// A series from points in order of time; there is at least one point.
fn own_grid(
    points: &[(i64, f64)],
    asked: Grid,
    said: &mut Vec<String>,
) -> Result<Series, AnswerError> {
    let steps = points.windows(2).map(|pair| pair[1].0.abs_diff(pair[0].0));
    let step = steps.min().unwrap_or(asked.step_millis());
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    // A group of InfluxDB begins before the window, if the window's start is no multiple of its step.
    if first.saturating_add_unsigned(step.max(asked.step_millis())) <= asked.start_millis() {
        return Err(AnswerError::OutsideWindow(first));
    }
    if last >= asked.end_millis() {
        return Err(AnswerError::OutsideWindow(last));
    }
    if step > 0 && points.iter().all(|(time, _)| time.abs_diff(first).is_multiple_of(step)) {
        let before = u64::try_from(first.saturating_sub(asked.start_millis())).unwrap_or(0) / step;
        let start = first.saturating_sub_unsigned(before * step);
        if let Ok(own) = Grid::new(start, asked.end_millis(), step) {
            return Ok(on(own, points));
        }
    }
    let cells: Vec<i64> = points
        .iter()
        .map(|(time, _)| {
            (time - asked.start_millis()).div_euclid(asked.step_millis().cast_signed())
        })
        .collect();
    if cells.is_sorted_by(|one, other| one < other) && cells[0] >= 0 {
        let times = cells.iter().map(|cell| asked.time(usize::try_from(*cell).unwrap_or(0)));
        let points: Vec<(i64, f64)> = times.zip(points.iter().map(|(_, value)| *value)).collect();
        return Ok(on(asked, &points));
    }
    said.push(
        "its points have no regular times, so they are taken in order, without gaps; group them by time in the query"
            .to_owned(),
    );
    Ok(points.iter().map(|(_, value)| *value).collect::<Vec<f64>>().into())
}

fn on(grid: Grid, points: &[(i64, f64)]) -> Series {
    let mut values = vec![f64::NAN; grid.points()];
    for (time, value) in points {
        if let Some(point) = grid.point(*time) {
            values[point] = *value;
        }
    }
    let clock = Clock::new(grid.start_millis(), grid.step_millis()).ok();
    Series { values, clock }
}

/// As Kayenta reads Graphite: series have no tags, so only the first one is paired; gaps stay.
pub(crate) fn first_target(parts: Vec<Vec<LabelledSeries>>) -> Vec<Found> {
    let first = parts.into_iter().flatten().next();
    let found = first.map(|LabelledSeries { times, values, .. }| {
        let step = times.windows(2).next().map_or(1000, |pair| pair[1].abs_diff(pair[0]));
        let clock = times.first().and_then(|&start_millis| Clock::new(start_millis, step).ok());
        Found { labels: Labels::new(), series: Series { values, clock } }
    });
    found.into_iter().collect()
}

/// As Kayenta reads InfluxDB: the columns of the first table are series with the tag `field`; gaps are closed
/// up.
pub(crate) fn first_table(parts: Vec<Vec<LabelledSeries>>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut first: Option<Labels> = None;
    for LabelledSeries { labels, times, mut values } in parts.into_iter().flatten() {
        let (field, tags): (Labels, Labels) =
            labels.into_iter().partition(|(label, _)| label == "field");
        if first.get_or_insert_with(|| tags.clone()) != &tags {
            break;
        }
        let step = times.windows(2).next().map_or(0, |pair| pair[1].abs_diff(pair[0]));
        let clock = times.first().and_then(|&start_millis| Clock::new(start_millis, step).ok());
        values.retain(|value| !value.is_nan());
        found.push(Found { labels: field, series: Series { values, clock } });
    }
    found
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::grid::MOST_POINTS;

    fn series(labels: &[(&str, &str)], points: &[(i64, f64)]) -> LabelledSeries {
        LabelledSeries {
            labels: labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            times: points.iter().map(|(time, _)| *time).collect(),
            values: points.iter().map(|(_, value)| *value).collect(),
        }
    }

    fn in_a_minute() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    fn on_grid(parts: Vec<Vec<LabelledSeries>>, grid: Grid) -> Result<Vec<Found>, AnswerError> {
        super::on_grid(parts, grid, in_a_minute())
    }

    fn closed_up(parts: Vec<Vec<LabelledSeries>>) -> Result<Vec<Found>, AnswerError> {
        super::closed_up(parts, in_a_minute())
    }

    fn at_own_times(
        parts: Vec<Vec<LabelledSeries>>,
        grid: Grid,
        said: &mut Vec<String>,
    ) -> Result<Vec<Found>, AnswerError> {
        super::at_own_times(parts, grid, said, in_a_minute())
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
        assert_eq!(found[0].series.clock, Clock::new(1000, 1000).ok());
    }

    #[test]
    fn times_that_were_not_asked_for_are_refused() {
        let grid = Grid::new(1000, 6000, 1000).unwrap();
        for millis in [0, 1500, 6000] {
            let error = on_grid(vec![vec![series(&[], &[(millis, 1.0)])]], grid).unwrap_err();
            assert!(matches!(error, AnswerError::OtherTimes { .. }), "{error}");
            assert!(!error.to_string().contains("multiples"), "{error}");
        }
        let grid = Grid::new(1250, 6250, 1000).unwrap();
        let error = on_grid(vec![vec![series(&[], &[(1000, 1.0)])]], grid).unwrap_err().to_string();
        let said = "; the store may move times to multiples of the step, so start at one";
        assert!(error.ends_with(said), "{error}");
    }

    #[test]
    fn a_time_has_one_point() {
        let grid = Grid::new(1000, 6000, 1000).unwrap();
        let of = |points: &[(i64, f64)]| series(&[("job", "a")], points);
        let first = || vec![of(&[(1000, 1.0), (2000, 2.0)])];
        for parts in [
            vec![vec![of(&[(1000, 1.0), (1000, 1.0), (2000, 2.0), (2000, 2.0)])]],
            vec![vec![of(&[(2000, 2.0), (1000, 1.0)])]],
            // A store that answers each part with the whole.
            vec![first(), first()],
        ] {
            let error = on_grid(parts, grid).unwrap_err();
            assert!(matches!(error, AnswerError::Backwards { .. }), "{error}");
        }
        assert!(on_grid(vec![first(), vec![of(&[(3000, 3.0)])]], grid).is_ok());
    }

    #[test]
    fn series_that_differ_in_their_names_alone_are_distinguished() {
        let named = |name, value| {
            series(&[("__name__", name), ("job", "a")], &[(1000, value), (2000, value)])
        };
        let both = || vec![vec![named("errors", 1.0), named("failures", 2.0)]];
        let error = on_grid(both(), Grid::new(1000, 6000, 1000).unwrap()).unwrap_err();
        let said =
            "two series of the answer are {job=\"a\"} but for their names; aggregate in the query";
        assert_eq!(error.to_string(), said);
        // Kayenta has no name among its tags, and pairs the first.
        let found = closed_up(both()).unwrap();
        assert_eq!((found.len(), values(&found[0])), (1, vec![1.0, 1.0]));
    }

    #[test]
    fn few_points_do_not_become_more_gaps_than_are_held() {
        let grid = Grid::new(0, i64::try_from(MOST_POINTS).unwrap() * 1000, 1000).unwrap();
        let all = |count: i32, points: &[(i64, f64)]| -> Vec<LabelledSeries> {
            (0..count).map(|number| series(&[("pod", &number.to_string())], points)).collect()
        };
        assert_eq!(on_grid(vec![all(4, &[(0, 1.0)])], grid).unwrap().len(), 4);
        let error = on_grid(vec![all(5, &[(0, 1.0)])], grid).unwrap_err();
        assert!(matches!(error, AnswerError::TooManyPoints), "{error}");
        // Points a millisecond apart in 40 minutes.
        let grid = Grid::new(0, 2_400_000, 60_000).unwrap();
        let close = [(0, 1.0), (1, 2.0)];
        assert_eq!(at_own_times(vec![all(4, &close)], grid, &mut Vec::new()).unwrap().len(), 4);
        let error = at_own_times(vec![all(5, &close)], grid, &mut Vec::new()).unwrap_err();
        assert!(matches!(error, AnswerError::TooManyPoints), "{error}");
    }

    #[test]
    fn a_fetch_holds_so_many_points_and_no_more() {
        let held = HeldPoints::default();
        held.add(MOST_HELD - 5).unwrap();
        let two = [series(&[], &[(0, 1.0), (1, 2.0)])];
        let buffered = BufferedPoints::new(&held);
        buffered.add(&two).unwrap();
        buffered.add(&two).unwrap();
        // What is refused is not held.
        let error = buffered.add(&two).unwrap_err();
        assert!(matches!(error, AnswerError::TooManyPointsTogether), "{error}");
        assert_eq!(held.0.load(Ordering::Relaxed), MOST_HELD - 1);
        // The buffer goes, and the series stays.
        let found = closed_up(vec![two.to_vec()]).unwrap();
        assert!(held.add_found(&found).is_err());
        drop(buffered);
        held.add_found(&found).unwrap();
        assert_eq!(held.0.load(Ordering::Relaxed), MOST_HELD - 3);
    }

    /// `PrometheusResponseConverter`'s own test has 58 points a second apart from 1599657179.540 on, whatever was
    /// asked for.
    #[test]
    fn kayenta_believes_the_first_two_points() {
        let points: Vec<(i64, f64)> =
            (0..58).map(|i| (1_599_657_179_540 + i * 1000, 1.0)).collect();
        let found = closed_up(vec![vec![series(&[], &points)]]).unwrap();
        assert_eq!(found[0].series.values.len(), 58);
        let clock = Clock::new(1_599_657_179_540, 1000).unwrap();
        assert_eq!(found[0].series.clock, Some(clock));
        // A first gap makes the step too large, one point makes it 0, and gaps are gone.
        let found =
            closed_up(vec![vec![series(&[], &[(0, 1.0), (3000, 2.0), (4000, 3.0)])]]).unwrap();
        assert_eq!(
            (values(&found[0]), found[0].series.clock.unwrap().step_millis()),
            (vec![1.0, 2.0, 3.0], 3000)
        );
        let found = closed_up(vec![vec![series(&[], &[(0, 1.0)])]]).unwrap();
        assert_eq!(found[0].series.clock, None);
    }

    #[test]
    fn stores_with_times_of_their_own_keep_them() {
        let grid = Grid::new(60_000, 300_000, 60_000).unwrap();
        let place = |points: &[(i64, f64)]| {
            let mut said = Vec::new();
            let found = at_own_times(vec![vec![series(&[], points)]], grid, &mut said);
            found.map(|found| (values(&found[0]), found[0].series.clock, said))
        };
        let clock = |start_millis, step_millis| Clock::new(start_millis, step_millis).ok();
        let nan = f64::NAN;
        for (points, expected, clocked) in [
            // Their own step, finer than the one asked for, with gaps up to both ends.
            (
                &[(120_000, 1.0), (150_000, 2.0), (210_000, 3.0)][..],
                &[-1.0, -1.0, 1.0, 2.0, -1.0, 3.0, -1.0, -1.0][..],
                clock(60_000, 30_000),
            ),
            // Not on the grid that was asked for, but on one.
            (
                &[(65_000, 1.0), (125_000, nan), (185_000, 3.0)],
                &[1.0, -1.0, 3.0, -1.0],
                clock(65_000, 60_000),
            ),
            // A group that begins before the window.
            (&[(30_000, 1.0), (90_000, 2.0)], &[1.0, 2.0, -1.0, -1.0, -1.0], clock(30_000, 60_000)),
            // Times that shake.
            (
                &[(60_007, 1.0), (120_003, 2.0), (240_001, 4.0)],
                &[1.0, 2.0, -1.0, 4.0],
                clock(60_000, 60_000),
            ),
            // One point.
            (&[(125_000, 7.0)], &[-1.0, 7.0, -1.0, -1.0], clock(65_000, 60_000)),
            // Neither: in order.
            (&[(60_000, 1.0), (60_000, 2.0), (61_000, 3.0)], &[1.0, 2.0, 3.0], None),
        ] {
            let (found, clock, said) = place(points).unwrap();
            assert_eq!((found.as_slice(), clock), (expected, clocked), "{points:?}");
            assert_eq!(said.is_empty(), clock.is_some());
        }
        for outside in [-10_000, 0, 300_000] {
            let error = place(&[(outside, 1.0), (120_000, 1.0), (180_000, 1.0)]).unwrap_err();
            assert!(matches!(error, AnswerError::OutsideWindow(_)), "{error}");
        }
        let twice = vec![series(&[], &[(60_000, 1.0)]), series(&[], &[(60_000, 2.0)])];
        let error = at_own_times(vec![twice], grid, &mut Vec::new()).unwrap_err();
        assert!(matches!(error, AnswerError::SameLabels(_)), "{error}");
    }

    #[test]
    fn kayenta_takes_the_first_target_and_the_first_table() {
        let points = [(0, 1.0), (10_000, f64::NAN), (20_000, 3.0)];
        let found = first_target(vec![vec![series(&[("target", "a")], &points), series(&[], &[])]]);
        assert_eq!((found.len(), values(&found[0])), (1, vec![1.0, -1.0, 3.0]));
        assert!(found[0].labels.is_empty());
        let table = |host, field| series(&[("host", host), ("field", field)], &points);
        let found = first_table(vec![vec![table("a", "x"), table("a", "y"), table("b", "x")]]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].labels.len(), values(&found[0])), (1, vec![1.0, 3.0]));
        assert_eq!(found[0].series.clock.unwrap().step_millis(), 10_000);
    }

    #[test]
    fn no_series_is_put_on_a_grid_after_the_deadline() {
        let grid = Grid::new(1000, 6000, 1000).unwrap();
        let parts = || vec![vec![series(&[], &[(1000, 1.0)])]];
        let now = Instant::now();
        for found in [
            super::on_grid(parts(), grid, now),
            super::closed_up(parts(), now),
            super::at_own_times(parts(), grid, &mut Vec::new(), now),
        ] {
            assert!(matches!(found, Err(AnswerError::OutOfTime)), "{found:?}");
        }
    }
}
