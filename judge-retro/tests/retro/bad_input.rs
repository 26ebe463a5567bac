//! What cannot be history says what is wrong, where, and the way out.

use judge_retro::HistoryOptions;
use polars::prelude::{DataType, TimeZone};

use crate::harness::{
    FrameRow, METRICS, POINTS, RowPosition, long, long_csv, numbers, problem, read_with, rows,
    text, times,
};

fn csv(rows: &str) -> String {
    format!("release,timestamp,metric,role,value\n{rows}")
}

#[test]
fn files_that_are_no_tables() {
    let place = RowPosition::new();
    let whole = place.write_frame("whole.parquet", &mut long(&rows()));
    let bytes = std::fs::read(whole).unwrap();
    let arrow = place.write_frame("whole.arrow", &mut long(&rows()));
    let arrow = std::fs::read(arrow).unwrap();
    let cases: [(&str, &[u8], &[&str]); 13] = [
        ("cut.parquet", &bytes[..bytes.len() / 2], &["cut.parquet", "not a whole Parquet file"]),
        ("tiny.parquet", b"PAR1", &["tiny.parquet", "not a whole Parquet file"]),
        ("cut.arrow", &arrow[..arrow.len() / 2], &["cut.arrow", "not a whole Arrow IPC file"]),
        ("empty.csv", b"", &["empty.csv", "the file is empty"]),
        ("packed.csv", b"\x1f\x8b\x08\x00", &["packed.csv: compressed by gzip; unpack it first"]),
        ("packed.json", b"\x28\xb5\x2f\xfd\x24", &["packed.json: compressed by zstd"]),
        ("noise.parquet", b"noise, not Parquet", &["noise.parquet", "not a whole Parquet file"]),
        ("x.ndjson", b"{\"release\": \"v1\",\n", &["x.ndjson", "not a whole NDJSON file"]),
        ("x.json", b"{\"status\": \"success\"", &["x.json", "not a whole Prometheus file"]),
        (
            "e.json",
            b"{\"status\": \"error\", \"error\": \"oops\"}",
            &["e.json", "answered with an error", "oops"],
        ),
        (
            "v.json",
            b"{\"status\": \"success\", \"data\": {\"resultType\": \"vector\", \"result\": []}}",
            &["\"vector\", but allowed is \"matrix\"", "query_range"],
        ),
        (
            "p.json",
            b"{\"status\": \"success\", \"data\": {\"resultType\": \"matrix\", \"result\": [
              {\"metric\": {}, \"values\": [[1, \"1\"], [2, \"much\"]]}]}}",
            &["data.result[0].values[1]", "\"much\", but allowed is a number"],
        ),
        ("u.csv", b"release,role\n\xff\xfe,\xff\n", &["u.csv"]),
    ];
    for (path, content, parts) in cases {
        let problem = problem(&place.write(path, content));
        for part in parts {
            assert!(problem.contains(part), "{path}: {problem}");
        }
    }
}

#[test]
fn tables_without_what_is_needed() {
    let place = RowPosition::new();
    let cases: [(&str, &[&str]); 7] = [
        (
            "build,timestamp,metric,role,value\nv1,0,latency,canary,1\n",
            &[
                "no column \"release\"",
                "\"build\"",
                "--column release=NAME",
                "a folder called release=",
            ],
        ),
        ("release,at,metric,role,value\nv1,0,latency,canary,1\n", &["no column \"timestamp\""]),
        (
            "release,timestamp,metric,value\nv1,0,latency,1\n",
            &["no column \"role\"", "baseline or canary"],
        ),
        ("release,timestamp,metric,role,v\nv1,0,latency,canary,1\n", &["no column \"value\""]),
        ("release,timestamp,role,value\nv1,0,canary,1\n", &["no column \"metric\""]),
        (
            "release,timestamp,role,cpu\nv1,0,canary,1\n",
            &["no column is a metric of the config", "\"cpu\""],
        ),
        (
            "release,timestamp,role,latency,latency\nv1,0,canary,1,2\n",
            &["column \"latency\" stands twice in the header"],
        ),
    ];
    for (number, (content, parts)) in cases.into_iter().enumerate() {
        let problem = problem(&place.write(&format!("{number}.csv"), content));
        assert!(problem.contains(&format!("{number}.csv: ")), "{problem}");
        for part in parts {
            assert!(problem.contains(part), "{problem}");
        }
    }
}

#[test]
fn columns_of_the_wrong_type() {
    let place = RowPosition::new();
    let all = rows();
    let truth = |name: &str| {
        let ones: Vec<f64> = all.iter().map(|_| 1.0).collect();
        numbers(name, ones).cast(&DataType::Boolean).unwrap()
    };
    let release = numbers("release", all.iter().map(FrameRow::value).collect());
    let date = times("timestamp", all.iter().map(FrameRow::time).collect(), None);
    let cases = [
        (truth("value"), "column \"value\": its type is bool, but allowed is numbers, or text"),
        (truth("timestamp"), "column \"timestamp\": its type is bool, but allowed is timestamps"),
        (
            release,
            "column \"release\": its type is f64, but allowed is text, whole numbers or dates",
        ),
        (date.cast(&DataType::Date).unwrap(), "column \"timestamp\": its type is date"),
    ];
    for (number, (column, part)) in cases.into_iter().enumerate() {
        let mut frame = long(&all);
        frame.with_column(column).unwrap();
        let path = place.write_frame(&format!("{number}.parquet"), &mut frame);
        let problem = problem(&path);
        assert!(problem.contains(part), "{problem}");
        assert!(problem.contains(&format!("{number}.parquet")), "{problem}");
    }
}

#[test]
fn a_bad_cell_breaks_its_release_and_no_other() {
    let place = RowPosition::new();
    let cases = [
        (
            "v1,0,latency,canary,much\n",
            "line 4: column \"value\": \"much\", but allowed is a number",
        ),
        ("v1,0,latency,canary,1e999\n", "\"1e999\", but allowed is a number"),
        (
            "v1,today,latency,canary,1\n",
            "line 4: column \"timestamp\": \"today\" is not a timestamp",
        ),
        (
            "v1,2026-11-20T14:00:00,latency,canary,1\n",
            "\"2026-11-20T14:00:00\" has no time zone; add Z for UTC",
        ),
        ("v1,,latency,canary,1\n", "column \"timestamp\": "),
        (
            "v1,0,latency,cnary,1\n",
            "line 4: the role \"cnary\", but allowed are baseline, control, canary, experiment",
        ),
        ("v1,0,latency,,1\n", "the role \"\", but allowed are baseline"),
        (
            "v1,60,latency,canary,1\nv1,60,latency,canary,2\n",
            "metric \"latency\", canary: two values at 1970-01-01T00:01:00Z: 1 and 2",
        ),
        (
            "v1,60,latency,canary,1\nv1,61,latency,canary,2\nv1,62.5,latency,canary,2\n",
            "its points are not a regular 1s apart: there is one at 1970-01-01T00:01:00Z and one at \
             1970-01-01T00:01:02.5Z; say with --step",
        ),
        (
            "v1,0,latency,canary,1\nv1,0.001,latency,canary,1\nv1,4000000000,latency,canary,2\n",
            "look for a wrong timestamp, or lengthen --step",
        ),
    ];
    for (number, (bad, part)) in cases.into_iter().enumerate() {
        let rows =
            format!("v0,0,latency,canary,1\nv0,60,latency,canary,1\n{bad}v2,0,latency,canary,1\n");
        let path = place.write(&format!("{number}.csv"), csv(&rows));
        let read = read_with(&path, &HistoryOptions::default(), &METRICS, None).unwrap();
        let names: Vec<&str> = read.releases.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["v0", "v1", "v2"]);
        assert!(read.releases[0].1.is_ok() && read.releases[2].1.is_ok());
        let error = read.releases[1].1.as_ref().unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_row_of_no_release_cannot_be_passed_over() {
    let place = RowPosition::new();
    let path = place.write("h.csv", csv("v1,0,latency,canary,1\n,60,latency,canary,1\n"));
    let problem = problem(&path);
    assert!(problem.contains("h.csv: line 3: column \"release\": empty"), "{problem}");
}

#[test]
fn a_release_without_a_metric_of_the_config_is_broken() {
    let place = RowPosition::new();
    let path = place.write("h.csv", csv("v1,0,cpu,canary,1\n"));
    assert_eq!(problem(&path), "no row is of a metric of the config");
}

#[test]
fn columns_with_and_without_a_zone_do_not_mix() {
    let place = RowPosition::new();
    let all = rows();
    let instants = || all.iter().map(FrameRow::time).collect();
    let mut naive = long(&all);
    naive.with_column(times("timestamp", instants(), None)).unwrap();
    place.write_frame("h/naive.parquet", &mut naive);
    place.write_frame("h/zoned.parquet", &mut long(&all));
    let problem = problem(&place.at("h"));
    assert!(problem.contains("zoned.parquet has timestamps with a time zone"), "{problem}");
    assert!(problem.contains("naive.parquet has timestamps without one"), "{problem}");
    assert!(problem.contains("write all of them in UTC"), "{problem}");

    let berlin = TimeZone::opt_try_new(Some("Europe/Berlin")).unwrap();
    let mut local = long(&all);
    local.with_column(times("timestamp", instants(), berlin)).unwrap();
    place.write_frame("z/berlin.parquet", &mut local);
    place.write_frame("z/utc.parquet", &mut long(&all));
    let read = crate::harness::read(&place.at("z"));
    assert_eq!(read[0].canary.points, POINTS, "the same instants, said twice");
}

#[test]
fn a_header_without_rows_is_a_history_without_releases() {
    let place = RowPosition::new();
    let read =
        read_with(&place.write("h.csv", csv("")), &HistoryOptions::default(), &METRICS, None);
    assert!(read.unwrap().releases.is_empty());
}

#[test]
fn text_columns_may_be_categories_and_numbers() {
    let place = RowPosition::new();
    let mut frame = long(&rows());
    let categories = DataType::from_categories(polars::prelude::Categories::global());
    let metric = frame.column("metric").unwrap().cast(&categories).unwrap();
    frame.with_column(metric).unwrap();
    let path = place.write_frame("h.parquet", &mut frame);
    assert_eq!(problem(&path), "nothing is wrong");
    let numbered = rows().iter().map(|row| ["1", "2"][row.release]).collect();
    frame.with_column(text("release", numbered).cast(&DataType::Int32).unwrap()).unwrap();
    let read = crate::harness::read(&place.write_frame("n.parquet", &mut frame));
    assert_eq!(read[1].name, "2");
    let csv = long_csv(&rows());
    assert_eq!(problem(&place.write("bom.csv", format!("\u{feff}{csv}"))), "nothing is wrong");
}
