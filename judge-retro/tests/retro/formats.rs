//! Reads one history from every format and layout, with the same result.

use std::fmt::Write;
use std::sync::Arc;

use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use judge_core::{CanaryConfig, MetricConfig};
use judge_retro::{
    ColumnNames, HistoryError, HistoryOptions, MetricPlan, NamedRelease, ReleaseHistory, RoleNames,
};

use crate::harness::{
    METRICS, POINTS, RELEASES, ROLES, STEP, TestFolder, assert_same, expected, long, long_csv,
    read, read_with, rows, text, time, times, value, wide_csv, with,
};

#[test]
fn long_tables_of_every_format_are_the_same_history() {
    let folder = TestFolder::new();
    for path in ["h.parquet", "h.arrow", "h.ndjson"] {
        let path = folder.write_frame(path, &long(&rows()));
        assert_same(&read(&path), &expected());
    }
    let path = folder.write("h.csv", long_csv(&rows()));
    assert_same(&read(&path), &expected());
}

#[test]
fn wide_tables_are_the_same_history() {
    let folder = TestFolder::new();
    assert_same(&read(&folder.write("h.csv", wide_csv())), &expected());
    let mut ndjson = String::new();
    for line in wide_csv().lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let latency = if fields[3].is_empty() { "null" } else { fields[3] };
        let _ = writeln!(
            ndjson,
            "{{\"release\":\"{}\",\"role\":\"{}\",\"timestamp\":{},\"latency\":{latency},\"errors\":{}}}",
            fields[0], fields[1], fields[2], fields[4]
        );
    }
    assert_same(&read(&folder.write("h.ndjson", ndjson)), &expected());
}

#[test]
fn quotes_in_names_are_read_from_csv() {
    let folder = TestFolder::new();
    let name = "rate{code=\"500\"}";
    let csv = "\u{feff}\"release\",role,timestamp,\"rate{code=\"\"500\"\"}\"\nv1,canary,0,1\nv1,canary,60,2\n";
    let wide = folder.write("wide.csv", csv);
    let csv = "release,role,timestamp,value,metric\nv1,canary,0,1,\"rate{code=\"\"500\"\"}\"\n\
               v1,canary,60,2,\"rate{code=\"\"500\"\"}\"\n";
    let long = folder.write("long.csv", csv);
    for path in [wide, long] {
        let read = read_with(&path, &HistoryOptions::default(), &[name], None).unwrap();
        let release = read.releases[0].1.as_ref().unwrap();
        assert_eq!(release.metrics[0].canary.values, [1.0, 2.0], "{}", path.display());
    }
}

#[test]
fn columns_and_files_of_ndjson_may_be_called_anything() {
    let folder = TestFolder::new();
    let mut frame = long(&rows());
    for column in ["status", "data"] {
        frame = with(frame, column, text(vec!["success"; rows().len()]));
    }
    for path in ["status.ndjson", "x[1].ndjson", "d[a-z]/x?.ndjson"] {
        assert_same(&read(&folder.write_frame(path, &frame)), &expected());
    }
}

#[test]
fn every_kind_of_timestamp_column_is_the_same_history() {
    let folder = TestFolder::new();
    let all = rows();
    let instants: Vec<i64> = all.iter().map(|row| time(row.release, row.point)).collect();
    let utc = times(instants.clone(), Some("UTC"));
    let naive = times(instants, None);
    let unit = |unit| cast(&naive, &DataType::Timestamp(unit, None)).unwrap();
    let millis = cast(&naive, &DataType::Int64).unwrap();
    let seconds = cast(&unit(TimeUnit::Second), &DataType::Int64).unwrap();
    let columns = [
        utc,
        unit(TimeUnit::Second),
        unit(TimeUnit::Microsecond),
        unit(TimeUnit::Nanosecond),
        cast(&seconds, &DataType::Float64).unwrap(),
        cast(&seconds, &DataType::Int32).unwrap(),
        naive.clone(),
        millis,
    ];
    for (number, column) in columns.into_iter().enumerate() {
        let frame = with(long(&all), "timestamp", column);
        for ending in ["parquet", "arrow"] {
            let path = folder.write_frame(&format!("{number}.{ending}"), &frame);
            assert_same(&read(&path), &expected());
        }
    }
}

/// Text in every layout, and numbers of types that represent these values exactly.
#[test]
fn columns_of_other_types_are_the_same_history() {
    let folder = TestFolder::new();
    let dictionary = |value| DataType::Dictionary(Box::new(DataType::Int16), Box::new(value));
    let cases = [
        ("metric", DataType::LargeUtf8),
        ("metric", DataType::Utf8View),
        ("metric", dictionary(DataType::Utf8)),
        ("role", dictionary(DataType::LargeUtf8)),
        ("timestamp", DataType::Utf8),
        ("value", DataType::Utf8),
        ("value", DataType::Float32),
        ("value", DataType::Float16),
        ("value", DataType::Decimal128(9, 2)),
    ];
    for (number, (column, kind)) in cases.into_iter().enumerate() {
        let mut frame = long(&rows());
        let (_, plain) = frame.iter().find(|(name, _)| name == column).unwrap();
        let other = cast(plain, &kind).unwrap();
        frame = with(frame, column, other);
        for ending in ["parquet", "arrow"] {
            let path = folder.write_frame(&format!("{number}.{ending}"), &frame);
            assert_same(&read(&path), &expected());
        }
    }
}

/// A column that nobody needs may have any type, even one that no column of ours can have.
#[test]
fn other_columns_may_hold_anything() {
    let folder = TestFolder::new();
    let nested = r#"{"release":"v1","role":"canary","timestamp":0,"metric":"latency","value":1,"labels":{"a":["x"]}}
{"release":"v1","role":"canary","timestamp":60,"metric":"latency","value":"N/A","labels":null}
{"release":"v1","role":"canary","timestamp":120,"metric":"latency","value":2.5,"last":[1],"labels":"x"}
"#;
    // Some editors of Windows write a byte order mark.
    let path = folder.write("h.ndjson", format!("\u{feff}{nested}"));
    let read = read_with(&path, &HistoryOptions::default(), &METRICS, None).unwrap();
    let release = read.releases[0].1.as_ref().unwrap();
    let values = &release.metrics[0].canary.values;
    assert!(values[0] == 1.0 && values[1].is_nan() && values[2] == 2.5, "{values:?}");
}

#[test]
fn text_times_with_offsets_are_normalised_to_utc() {
    let folder = TestFolder::new();
    let mut csv = "release,timestamp,metric,role,value\n".to_owned();
    for row in rows() {
        // Each role writes its own offset.
        let (hours, offset) = if row.role == 0 { (1, "+01:00") } else { (-8, "-08:00") };
        let local = jiff::Timestamp::from_millisecond(row.time() + hours * 3_600_000).unwrap();
        let local = local.to_string().replace('Z', offset);
        let (release, metric) = (RELEASES[row.release], METRICS[row.metric]);
        let _ = writeln!(csv, "{release},{local},{metric},{},{}", ROLES[row.role], row.value());
    }
    assert_same(&read(&folder.write("h.csv", csv)), &expected());
}

#[test]
fn partitioned_folders_are_columns() {
    let folder = TestFolder::new();
    for (release, name) in RELEASES.iter().enumerate() {
        for (role, role_name) in ROLES.iter().enumerate() {
            let mut csv = "timestamp,latency,errors\n".to_owned();
            for point in 0..POINTS {
                let [latency, errors] = [0, 1].map(|metric| value(release, metric, role, point));
                let _ = writeln!(csv, "{},{latency},{errors}", time(release, point));
            }
            folder.write(&format!("history/release={name}/role={role_name}/x.csv"), csv);
        }
    }
    assert_same(&read(&folder.at("history")), &expected());
    let one = read(&folder.at("history/release=v2"));
    assert_same(&one, &expected()[1..]);
    assert_same(&read(&folder.at("history/release=v1/**/*.csv")), &expected()[..1]);
}

/// A response with one series per metric, role and release.
fn prometheus(releases: &[usize]) -> String {
    let mut result = Vec::new();
    for row in rows().into_iter().filter(|row| row.point == 0 && releases.contains(&row.release)) {
        let points = (0..POINTS).map(|point| {
            let value = value(row.release, row.metric, row.role, point).to_string();
            serde_json::json!([time(row.release, point) / 1000, value])
        });
        result.push(serde_json::json!({
            "metric": {
                "__name__": METRICS[row.metric],
                "release": RELEASES[row.release],
                "role": ROLES[row.role],
                "job": "shop",
            },
            "values": points.collect::<Vec<_>>(),
        }));
    }
    serde_json::json!({
        "status": "success", "data": { "resultType": "matrix", "result": result },
    })
    .to_string()
}

#[test]
fn prometheus_responses_are_the_same_history() {
    let folder = TestFolder::new();
    assert_same(&read(&folder.write("all.json", prometheus(&[0, 1]))), &expected());
    folder.write("each/1.json", prometheus(&[0]));
    folder.write("each/2.json", prometheus(&[1]));
    assert_same(&read(&folder.at("each")), &expected());
}

#[test]
fn names_of_columns_and_roles_can_be_mapped() {
    let folder = TestFolder::new();
    let csv = long_csv(&rows())
        .replace("release,timestamp,metric,role,value", "build,at,what,side,reading")
        .replace("baseline", "stable")
        .replace("canary", "new");
    let path = folder.write("h.csv", csv);
    let named = str::to_owned;
    let options = HistoryOptions {
        columns: ColumnNames {
            release: named("build"),
            timestamp: named("at"),
            metric: named("what"),
            role: named("side"),
            value: named("reading"),
            ..ColumnNames::default()
        },
        roles: RoleNames { baseline: vec![named("stable")], canary: vec![named("new")] },
        format: None,
        zone: None,
    };
    let read = read_with(&path, &options, &METRICS, None).unwrap();
    let releases: Vec<_> = read.releases.into_iter().map(|(_, release)| release.unwrap()).collect();
    assert_same(&releases, &expected());
}

#[test]
fn kayentas_words_for_the_roles_are_understood() {
    let folder = TestFolder::new();
    let csv = long_csv(&rows()).replace("baseline", "control").replace("canary", "experiment");
    assert_same(&read(&folder.write("h.csv", csv)), &expected());
}

#[test]
fn scattered_rows_are_the_same_history() {
    let folder = TestFolder::new();
    let mut shuffled = rows();
    // Ordered by time of day, so that releases, metrics and roles alternate.
    shuffled.sort_by_key(|row| (row.point, row.role, row.release));
    assert_same(&read(&folder.write("h.csv", long_csv(&shuffled))), &expected());
    // One file per metric.
    for metric in 0..METRICS.len() {
        let mut of_metric = rows();
        of_metric.retain(|row| row.metric == metric);
        folder.write_frame(&format!("metrics/{metric}.parquet"), &long(&of_metric));
    }
    assert_same(&read(&folder.at("metrics")), &expected());
}

#[test]
fn the_step_of_a_release_is_its_shortest_one() {
    let folder = TestFolder::new();
    let mut sparse = rows();
    // The errors were recorded only every second minute.
    sparse.retain(|row| row.metric == 0 || row.point % 2 == 0);
    let read = read(&folder.write("h.csv", long_csv(&sparse)));
    assert_eq!(read[0].canary.step_millis, STEP);
    let errors = &read[0].metrics[1].canary.values;
    assert_eq!(errors.len(), POINTS);
    let gaps: Vec<bool> = errors.iter().map(|value| value.is_nan()).collect();
    assert_eq!(gaps, [false, true, false, true, false]);
}

#[test]
fn a_wide_table_may_have_thousands_of_columns() {
    const COLUMNS: usize = 10_000;
    let folder = TestFolder::new();
    let names: Vec<String> = (0..COLUMNS).map(|index| format!("m{index:06}")).collect();
    let values = (0..COLUMNS).map(|index| index.to_string()).collect::<Vec<_>>().join(",");
    let rows = ["baseline", "canary"].map(|role| format!("a,{role},0,{values}\n"));
    let table = format!("release,role,timestamp,{}\n{}", names.join(","), rows.concat());
    let file = folder.write("wide.csv", table);
    let metrics = names.iter().map(|name| MetricConfig::new(name, "G")).collect();
    let config = CanaryConfig { metrics, ..CanaryConfig::default() };
    let plan = Arc::new(MetricPlan::new(&config, &serde_json::Value::Null).unwrap());
    let options = HistoryOptions::default();
    let history = ReleaseHistory::open(&[file], &options, plan.series()).unwrap();
    let each = |one: NamedRelease| {
        let metrics = one.release.unwrap().metrics;
        let canary: Vec<f64> = metrics.iter().map(|metric| metric.canary.values[0]).collect();
        assert!(canary.iter().zip(0..COLUMNS).all(|(value, index)| *value == index as f64));
        assert_eq!(canary.len(), COLUMNS);
        Ok::<(), HistoryError>(())
    };
    history.each_release(&plan, None, each).unwrap();
}
