use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn series(points: &[(i64, f64)]) -> TimedSeries {
    TimedSeries {
        tags: std::collections::BTreeMap::new(),
        name: None,
        labels: "s".to_owned(),
        times: Arc::new(points.iter().map(|point| point.0).collect()),
        values: points.iter().map(|point| point.1).collect(),
    }
}

fn file(series: Vec<TimedSeries>) -> SeriesFile {
    SeriesFile { origin: "file".to_owned(), series }
}

/// The values, with `_` for a gap.
fn shown(series: &Series) -> String {
    let show = |value: &f64| {
        if value.is_nan() { "_".to_owned() } else { value.to_string() }
    };
    series.values.iter().map(show).collect::<Vec<_>>().join(" ")
}

#[test]
fn missing_points_are_gaps_at_their_own_time() {
    let full = series(&[(0, 1.0), (10, 2.0), (20, 3.0), (30, 4.0)]);
    let holed = series(&[(10, 5.0), (20, f64::NAN)]);
    let aligned = align(&[file(vec![full, holed])]);
    assert_eq!(aligned.warnings, Vec::<String>::new());
    let [full, holed] = aligned.files[0].as_slice() else { panic!("two series") };
    assert_eq!(shown(full), "1 2 3 4");
    assert_eq!(shown(holed), "_ 5 _ _");
    assert_eq!(holed.clock, Some(Clock::new(0, 10).unwrap()));
}

#[test]
fn files_of_a_side_span_the_same_time_each_at_its_own_step() {
    let fine = file(vec![series(&[(0, 1.0), (10, 2.0), (20, 3.0)])]);
    let coarse = file(vec![series(&[(5, 1.0), (25, 2.0)])]);
    let empty = file(vec![series(&[])]);
    let late = file(vec![series(&[(25, 7.0)])]);
    let aligned = align(&[fine, coarse, empty, late]);
    let lines: Vec<String> = aligned.files.iter().map(|file| shown(&file[0])).collect();
    assert_eq!(lines, ["1 2 3", "1 2", "_ _ _", "_ _ 7"]);
    let clock = aligned.files[3][0].clock.unwrap();
    assert_eq!((clock.start_millis(), clock.step_millis()), (5, 10));
}

#[test]
fn irregular_points_keep_their_order() {
    let regular = series(&[(0, 1.0), (10, 2.0), (30, 3.0)]);
    let irregular = series(&[(0, 1.0), (25, 2.0), (40, 3.0)]);
    let aligned = align(&[file(vec![regular, irregular])]);
    assert_eq!(shown(&aligned.files[0][0]), "1 2 _ 3 _");
    assert_eq!(shown(&aligned.files[0][1]), "1 2 3");
    assert_eq!(aligned.files[0][1].clock, None);
    assert!(aligned.warnings[0].contains("not a regular 10 ms apart"), "{:?}", aligned.warnings);
}

#[test]
fn a_grid_of_almost_nothing_but_gaps_is_not_made() {
    let wrong = series(&[(0, 1.0), (1, 2.0), (99_999_999_999_999, 3.0)]);
    let aligned = align(&[file(vec![wrong])]);
    assert_eq!(shown(&aligned.files[0][0]), "1 2 3");
    assert!(aligned.warnings[0].contains("wrong timestamp"), "{:?}", aligned.warnings);
}

#[test]
fn too_few_points_for_a_step_are_left_alone() {
    let aligned = align(&[file(vec![series(&[(7, 1.0)]), series(&[])])]);
    assert_eq!(shown(&aligned.files[0][0]), "1");
    assert_eq!(shown(&aligned.files[0][1]), "");
    assert_eq!(align(&[file(vec![series(&[])])]).files, [[Series::default()]]);
}

proptest! {
    #[test]
    fn every_point_stays_and_in_order(
        all in proptest::collection::vec(
            proptest::collection::btree_map(-200_i64..200, 0.0..1.0_f64, 0..30), 0..4),
    ) {
        let given: Vec<Vec<(i64, f64)>> =
            all.iter().map(|points| points.iter().map(|(t, v)| (t * 5, *v)).collect()).collect();
        let aligned = align(&[file(given.iter().map(|points| series(points)).collect())]);
        for (given, placed) in given.iter().zip(&aligned.files[0]) {
            let kept: Vec<f64> = placed.values.iter().copied().filter(|v| !v.is_nan()).collect();
            prop_assert_eq!(&kept, &given.iter().map(|point| point.1).collect::<Vec<_>>());
            if let Some(clock) = placed.clock {
                for (&(time, value), index) in given.iter().zip(
                    (0_i64..).zip(&placed.values).filter(|(_, v)| !v.is_nan()).map(|(i, _)| i)) {
                    let step = i64::try_from(clock.step_millis()).unwrap();
                    prop_assert_eq!(clock.start_millis() + index * step, time, "{}", value);
                }
            }
        }
    }
}
