//! Errors about invalid history: the problem, the position, and the way out.

use arrow_cast::cast;
use arrow_schema::DataType;
use judge_retro::HistoryOptions;

use crate::harness::{
    FrameRow, METRICS, POINTS, TestFolder, long, long_csv, numbers, problem, read_with, rows, text,
    times, with,
};

fn csv(rows: &str) -> String {
    format!("release,timestamp,metric,role,value\n{rows}")
}

#[test]
fn files_that_are_no_tables() {
    let folder = TestFolder::new();
    let whole = folder.write_frame("whole.parquet", &long(&rows()));
    let bytes = std::fs::read(whole).unwrap();
    let arrow = folder.write_frame("whole.arrow", &long(&rows()));
    let arrow = std::fs::read(arrow).unwrap();
    let cases: [(&str, &[u8], &[&str]); 17] = [
        (
            "cut.parquet",
            &bytes[..bytes.len() / 2],
            &["cut.parquet", "damaged or cut-off Parquet file"],
        ),
        ("tiny.parquet", b"PAR1", &["tiny.parquet", "damaged or cut-off Parquet file"]),
        (
            "cut.arrow",
            &arrow[..arrow.len() / 2],
            &["cut.arrow", "damaged or cut-off Arrow IPC file"],
        ),
        ("empty.csv", b"", &["empty.csv", "the file is empty"]),
        ("packed.csv", b"\x1f\x8b\x08\x00", &["packed.csv: compressed with gzip"]),
        ("packed.json", b"\x28\xb5\x2f\xfd\x24", &["packed.json: compressed with zstd"]),
        (
            "noise.parquet",
            b"noise, not Parquet",
            &["noise.parquet", "damaged or cut-off Parquet file"],
        ),
        ("x.ndjson", b"{\"release\": \"v1\",\n", &["x.ndjson", "damaged or cut-off NDJSON file"]),
        (
            "list.ndjson",
            b"[{\"release\": \"v1\"}]",
            &["line 1: expected one JSON object a line, as `jq -c '.[]'` writes a list, got a list"],
        ),
        (
            "gap.ndjson",
            b"{\"value\": 1}\n\n{\"value\": NaN}\n",
            &["line 3: expected JSON, with null for a gap, got \"NaN}\" at column 11"],
        ),
        ("cut.ndjson", b"{\"a\": 1}\n{\"a", &["line 2: expected one whole JSON object"]),
        (
            "nested.ndjson",
            b"{\"release\":\"v1\",\"role\":\"canary\",\"timestamp\":0,\"metric\":\"latency\",\"value\":1}
{\"release\":\"v1\",\"role\":\"canary\",\"timestamp\":0,\"metric\":\"latency\",\"value\":{\"p50\":1}}",
            &["column \"value\": expected numbers, or text that stands for numbers, got type Struct"],
        ),
        ("x.json", b"{\"status\": \"success\"", &["x.json", "damaged or cut-off Prometheus file"]),
        (
            "e.json",
            b"{\"status\": \"error\", \"error\": \"oops\"}",
            &["e.json", "returned an error", "oops"],
        ),
        (
            "v.json",
            b"{\"status\": \"success\", \"data\": {\"resultType\": \"vector\", \"result\": []}}",
            &["data.resultType: ", "query_range"],
        ),
        (
            "p.json",
            b"{\"status\": \"success\", \"data\": {\"resultType\": \"matrix\", \"result\": [
              {\"metric\": {}, \"values\": [[1, \"1\"], [2, \"much\"]]}]}}",
            &["data.result[0].values[1]", "got \"much\""],
        ),
        ("u.csv", b"release,role\n\xff\xfe,\xff\n", &["u.csv"]),
    ];
    for (path, content, parts) in cases {
        let problem = problem(&folder.write(path, content));
        for part in parts {
            assert!(problem.contains(part), "{path}: {problem}");
        }
    }
}

#[test]
fn tables_without_what_is_needed() {
    let folder = TestFolder::new();
    let cases: [(&str, &[&str]); 7] = [
        (
            "build,timestamp,metric,role,value\nv1,0,latency,canary,1\n",
            &[
                "a column \"release\"",
                "\"build\"",
                "--column release=NAME",
                "a folder named release=",
            ],
        ),
        ("release,at,metric,role,value\nv1,0,latency,canary,1\n", &["a column \"timestamp\""]),
        (
            "release,timestamp,metric,value\nv1,0,latency,1\n",
            &["a column \"role\"", "baseline or canary"],
        ),
        ("release,timestamp,metric,role,v\nv1,0,latency,canary,1\n", &["a column \"value\""]),
        ("release,timestamp,role,value\nv1,0,canary,1\n", &["a column \"metric\""]),
        (
            "release,timestamp,role,cpu\nv1,0,canary,1\n",
            &["no column is a metric of the config", "\"cpu\""],
        ),
        ("release,timestamp,role,latency,latency\nv1,0,canary,1,2\n", &["\"latency\" twice"]),
    ];
    for (number, (content, parts)) in cases.into_iter().enumerate() {
        let problem = problem(&folder.write(&format!("{number}.csv"), content));
        assert!(problem.contains(&format!("{number}.csv: ")), "{problem}");
        for part in parts {
            assert!(problem.contains(part), "{problem}");
        }
    }
}

#[test]
fn columns_of_the_wrong_type() {
    let folder = TestFolder::new();
    let all = rows();
    let ones = numbers(all.iter().map(|_| 1.0).collect());
    let truth = cast(&ones, &DataType::Boolean).unwrap();
    let release = numbers(all.iter().map(FrameRow::value).collect());
    let time = times(all.iter().map(FrameRow::time).collect(), None);
    let date = cast(&time, &DataType::Date32).unwrap();
    let cases = [
        ("value", truth.clone(), "column \"value\": expected numbers, or text"),
        ("timestamp", truth, "column \"timestamp\": expected timestamps"),
        ("release", release, "expected text, whole numbers or dates, got type Float64"),
        ("timestamp", date, "got type Date32"),
    ];
    for (number, (name, column, part)) in cases.into_iter().enumerate() {
        let frame = with(long(&all), name, column);
        let path = folder.write_frame(&format!("{number}.parquet"), &frame);
        let problem = problem(&path);
        assert!(problem.contains(part), "{problem}");
        assert!(problem.contains(&format!("{number}.parquet")), "{problem}");
    }
}

#[test]
fn a_bad_cell_breaks_its_release_alone() {
    let folder = TestFolder::new();
    let cases = [
        ("v1,0,latency,canary,much\n", "line 4: column \"value\": expected a number"),
        ("v1,0,latency,canary,1e999\n", "got \"1e999\""),
        ("v1,today,latency,canary,1\n", "line 4: column \"timestamp\": expected a timestamp"),
        ("v1,2026-11-20T14:00:00,latency,canary,1\n", "got \"2026-11-20T14:00:00\"; add Z for UTC"),
        ("v1,,latency,canary,1\n", "column \"timestamp\": "),
        (
            "v1,0,latency,cnary,1\n",
            "line 4: expected a role (baseline, control, canary, experiment), got \"cnary\"",
        ),
        ("v1,0,latency,,1\n", "got \"\"; if your roles"),
        (
            "v1,60,latency,canary,1\nv1,60,latency,canary,2\n",
            "metric \"latency\", canary: two values at 1970-01-01T00:01:00Z: 1 and 2",
        ),
        (
            "v1,60,latency,canary,1\nv1,61,latency,canary,2\nv1,62.5,latency,canary,2\n",
            "its points are not a regular 1s apart: there is one at 1970-01-01T00:01:00Z and one at \
             1970-01-01T00:01:02.5Z; give the step, such as 1m, and",
        ),
        (
            "v1,0,latency,canary,1\nv1,0.001,latency,canary,1\nv1,4000000000,latency,canary,2\n",
            "look for a wrong timestamp, or lengthen the step",
        ),
    ];
    for (number, (bad, part)) in cases.into_iter().enumerate() {
        let rows =
            format!("v0,0,latency,canary,1\nv0,60,latency,canary,1\n{bad}v2,0,latency,canary,1\n");
        let path = folder.write(&format!("{number}.csv"), csv(&rows));
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
    let folder = TestFolder::new();
    let path = folder.write("h.csv", csv("v1,0,latency,canary,1\n,60,latency,canary,1\n"));
    let problem = problem(&path);
    assert!(problem.contains("h.csv: line 3: column \"release\": "), "{problem}");
}

#[test]
fn a_release_without_a_metric_of_the_config_is_broken() {
    let folder = TestFolder::new();
    let path = folder.write("h.csv", csv("v1,0,cpu,canary,1\n"));
    assert_eq!(problem(&path), "no row has a metric of the config");
}

#[test]
fn columns_with_and_without_a_zone_do_not_mix() {
    let folder = TestFolder::new();
    let all = rows();
    let instants = || all.iter().map(FrameRow::time).collect();
    let naive = with(long(&all), "timestamp", times(instants(), None));
    folder.write_frame("h/naive.parquet", &naive);
    folder.write_frame("h/zoned.parquet", &long(&all));
    let problem = problem(&folder.at("h"));
    assert!(problem.contains("zoned.parquet has timestamps with a time zone"), "{problem}");
    assert!(problem.contains("naive.parquet has timestamps without one"), "{problem}");
    assert!(problem.contains("write all of them in UTC"), "{problem}");

    let local = with(long(&all), "timestamp", times(instants(), Some("Europe/Berlin")));
    folder.write_frame("z/berlin.parquet", &local);
    folder.write_frame("z/utc.parquet", &long(&all));
    let read = crate::harness::read(&folder.at("z"));
    assert_eq!(read[0].canary.points, POINTS, "the same instants, said twice");
}

#[test]
fn a_header_without_rows_is_a_history_without_releases() {
    let folder = TestFolder::new();
    let read =
        read_with(&folder.write("h.csv", csv("")), &HistoryOptions::default(), &METRICS, None);
    assert!(read.unwrap().releases.is_empty());
}

#[test]
fn text_columns_may_be_categories_and_numbers() {
    let folder = TestFolder::new();
    let categories = DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
    let metrics = text(rows().iter().map(|row| METRICS[row.metric]).collect());
    let frame = with(long(&rows()), "metric", cast(&metrics, &categories).unwrap());
    let path = folder.write_frame("h.parquet", &frame);
    assert_eq!(problem(&path), "nothing is wrong");
    let numbered = text(rows().iter().map(|row| ["1", "2"][row.release]).collect());
    let frame = with(frame, "release", cast(&numbered, &DataType::Int32).unwrap());
    let read = crate::harness::read(&folder.write_frame("n.parquet", &frame));
    assert_eq!(read[1].name, "2");
    let csv = long_csv(&rows());
    assert_eq!(problem(&folder.write("bom.csv", format!("\u{feff}{csv}"))), "nothing is wrong");
}
