//! The rules for unusual rows.

use std::fmt::Write;

use judge_retro::{ColumnNames, HistoryOptions, ReleaseGrid};

use crate::harness::{START, STEP, TestFolder, read_with};

const HEADER: &str = "release,role,timestamp,latency\n";

fn latency(csv: &str, step: Option<u64>) -> judge_retro::Release {
    let folder = TestFolder::new();
    let path = folder.write("h.csv", format!("{HEADER}{csv}"));
    let read = read_with(&path, &HistoryOptions::default(), &["latency"], step).unwrap();
    read.releases[0].1.clone().unwrap()
}

fn line(role: &str, minute: i64, value: &str) -> String {
    format!("v1,{role},{},{value}\n", START / 1000 + minute * 60)
}

fn gap_as(values: &[f64], shown: f64) -> Vec<f64> {
    values.iter().map(|value| if value.is_nan() { shown } else { *value }).collect()
}

#[test]
fn unsorted_rows_are_put_in_order_and_missing_ones_are_gaps_at_their_own_time() {
    let rows: String = [
        line("canary", 3, "4"),
        line("canary", 0, "1"),
        line("canary", 5, ""),
        line("canary", 1, "2"),
        line("baseline", 1, "20"),
        line("baseline", 4, "50"),
        line("baseline", 0, "10"),
    ]
    .concat();
    let release = latency(&rows, None);
    let grid = |points| ReleaseGrid { start_millis: START, step_millis: STEP, points };
    assert_eq!((release.baseline, release.canary), (grid(5), grid(6)));
    let values = |recorded: &judge_retro::RecordedSeries| gap_as(&recorded.values, -1.0);
    assert_eq!(values(&release.metrics[0].canary), [1.0, 2.0, -1.0, 4.0, -1.0, -1.0]);
    assert_eq!(values(&release.metrics[0].baseline), [10.0, 20.0, -1.0, -1.0, 50.0]);
}

#[test]
fn a_repeated_row_counts_once() {
    let rows = [line("canary", 0, "1"), line("canary", 1, "2"), line("canary", 1, "2")].concat();
    assert_eq!(latency(&rows, None).metrics[0].canary.values, [1.0, 2.0]);
}

#[test]
fn a_longer_step_averages_the_points_in_it() {
    let rows: String = [
        line("canary", 0, "1"),
        line("canary", 1, "3"),
        line("canary", 2, ""),
        line("canary", 3, "7"),
        line("canary", 4, "4"),
        line("canary", 5, "5"),
        line("canary", 6, "9"),
        line("canary", 7, ""),
    ]
    .concat();
    let release = latency(&rows, Some(3 * STEP));
    assert_eq!(release.canary.points, 3);
    // (1 + 3) / 2 without the gap, (7 + 4 + 5) / 3, and 9 without the gap.
    let values = &release.metrics[0].canary.values;
    assert_eq!(values[0], 2.0);
    assert!((values[1] - 16.0 / 3.0).abs() < 1e-12);
    assert_eq!(values[2], 9.0);
}

#[test]
fn a_baseline_of_the_week_before_has_a_grid_of_its_own() {
    let week = -7 * 24 * 60;
    let rows: String = [
        line("baseline", week, "1"),
        line("baseline", week + 1, "2"),
        line("canary", 0, "3"),
        line("canary", 1, "4"),
    ]
    .concat();
    let release = latency(&rows, None);
    assert_eq!(release.baseline.start_millis, START + week * 60_000);
    assert_eq!((release.baseline.points, release.canary.points), (2, 2));
}

#[test]
fn instances_are_kept_and_averaged_where_they_have_points() {
    let folder = TestFolder::new();
    let mut csv = "release,role,instance,timestamp,latency\n".to_owned();
    for (instance, values) in [("a", ["1", "2", ""]), ("b", ["3", "", ""])] {
        for (value, minute) in values.iter().zip(0..) {
            let time = START / 1000 + 60 * minute;
            let _ = writeln!(csv, "v1,canary,{instance},{time},{value}");
        }
    }
    let path = folder.write("h.csv", &csv);
    let options = HistoryOptions::default();
    let read = read_with(&path, &options, &["latency"], None).unwrap();
    let release = read.releases[0].1.clone().unwrap();
    let canary = &release.metrics[0].canary;
    assert_eq!(gap_as(&canary.values, -1.0), [2.0, 2.0, -1.0]);
    let names: Vec<&str> = canary.instances.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(gap_as(&canary.instances[1].values, -1.0), [3.0, -1.0, -1.0]);
    assert_eq!(release.baseline.points, 0, "a role may be absent here; who judges it refuses it");

    let columns = ColumnNames { instance: "pod".to_owned(), ..ColumnNames::default() };
    let options = HistoryOptions { columns, ..HistoryOptions::default() };
    let read = read_with(&path, &options, &["latency"], None).unwrap();
    let error = read.releases[0].1.clone().unwrap_err();
    assert!(error.contains("two values at"), "{error}");
    assert!(error.contains("name the column `instance`"), "{error}");
}

#[test]
fn metrics_outside_of_the_config_are_ignored_with_a_warning() {
    let folder = TestFolder::new();
    let wide = folder.write("w.csv", format!("{HEADER}{}", line("canary", 0, "1")));
    let csv = "release,role,timestamp,metric,value\nv1,canary,0,latency,1\nv1,canary,0,cpu,2\n";
    let long = folder.write("l.csv", csv);
    let options = HistoryOptions::default();
    let read = read_with(&long, &options, &["latency"], None).unwrap();
    assert_eq!(read.ignored, ["cpu"]);
    assert_eq!(read.releases[0].1.clone().unwrap().metrics.len(), 1);
    // Rows of a release that are not contiguous, with more names than a message lists.
    let mut csv = "release,role,timestamp,metric,value\n".to_owned();
    for number in 0..2000 {
        for release in ["v1", "v2"] {
            let _ = writeln!(csv, "{release},canary,0,cpu-{release}-{number:04},2");
            let _ = writeln!(csv, "{release},canary,{number},latency,2");
        }
    }
    let read = read_with(&folder.write("a.csv", csv), &options, &["latency"], None).unwrap();
    assert_eq!(read.releases.len(), 2);
    assert_eq!((read.ignored.len(), &*read.ignored[999]), (1000, "cpu-v1-0999"));
    let csv = format!("release,role,timestamp,latency,cpu\n{}", "v1,canary,0,1,2\n");
    let read = read_with(&folder.write("x.csv", csv), &options, &["latency"], None).unwrap();
    assert!(
        read.warnings[0].contains("ignored, not in the config: \"cpu\""),
        "{:?}",
        read.warnings
    );
    let error = read_with(&wide, &options, &["cpu"], None).err().unwrap().to_string();
    assert!(error.contains("no column is a metric of the config"), "{error}");
    assert!(error.contains("the config has \"cpu\""), "{error}");
}
