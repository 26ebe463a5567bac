use proptest::prelude::*;

use super::*;

fn read(bytes: &[u8]) -> Result<CsvSeries, CsvError> {
    super::read(bytes, &BTreeSet::from(["a", "b"]), None)
}

fn named(bytes: &[u8]) -> Vec<(String, Vec<i64>, Vec<f64>)> {
    let series = read(bytes).unwrap().series;
    series
        .into_iter()
        .map(|series| (series.name.unwrap(), series.times.to_vec(), series.values))
        .collect()
}

#[test]
fn wide_and_long_tables_hold_the_same_series() {
    let expected = vec![
        ("a".to_owned(), vec![0, 60_000], vec![1.0, 2.0]),
        ("b,c".to_owned(), vec![0, 60_000], vec![3.0, -4e-3]),
    ];
    for table in [
        "timestamp,a,\"b,c\"\n0,1,3\n60,2,-4e-3\n",
        "timestamp,a,\"b,c\"\r\n0,1,3\r\n60,2,-4e-3\r\n",
        "a, Timestamp ,\"b,c\"\n2, 60 ,-4e-3\n\n1,0,3",
        "timestamp,metric,value\n0,a,1\n60,a,2\n0,\"b,c\",3\n60,\"b,c\",-4e-3\n",
        "value,metric,time\n2,a,1970-01-01T00:01:00Z\n1,\"a\",0\n-4e-3,\"b,c\",60\n\"3\",\"b,c\",0\n",
    ] {
        assert_eq!(named(table.as_bytes()), expected, "{table}");
    }
}

#[test]
fn tables_of_other_tools_are_read() {
    let expected = vec![("a".to_owned(), vec![0, 60_000], vec![1.0, 2.0])];
    for table in [
        "sep=,\n\"Time\",\"a\"\n0,1\n60,2\n",
        "sep=;\r\nTime;a\r\n0;1\r\n60;2\r\n",
        "Series;Time;Value\na(pod=x,);0;1\na(pod=x,);60;2\n",
        "Series,Time,Value\na,0,1\na,60,2\n",
        "metric_name,timestamp,metric_value\na,0,1\na,60,2\n",
        "Time,\"{__name__=\"\"a\"\", pod=\"\"x\"\"}\"\n0,1\n60,2\n",
    ] {
        assert_eq!(named(table.as_bytes()), expected, "{table}");
    }
}

#[test]
fn columns_of_text_that_nobody_wants_are_left_out() {
    let read = read(b"timestamp,type,a,c,name\n60,x,2,4,home\n0,,1,3,n\n").unwrap();
    let names: Vec<_> = read.series.iter().map(|series| series.name.as_deref()).collect();
    assert_eq!(names, [Some("a"), Some("c")]);
    assert_eq!(read.series[1].values, [3.0, 4.0]);
    assert_eq!(read.left_out, ["type", "name"]);
}

#[test]
fn gaps_and_infinities_are_values() {
    let series = named(b"timestamp,a\n0,\n1,NaN\n2,N/A\n3,Inf\n4,-Inf\n");
    let (_, times, values) = &series[0];
    assert_eq!(times.len(), 5);
    assert!(values[..3].iter().all(|value| value.is_nan()));
    assert_eq!(values[3..], [f64::INFINITY, f64::NEG_INFINITY]);
}

#[test]
fn a_table_without_rows_has_empty_series() {
    assert_eq!(named(b"timestamp,a\n"), [("a".to_owned(), vec![], vec![])]);
    assert_eq!(named(b"timestamp,metric,value\n"), []);
}

#[test]
fn says_what_is_wrong_and_where() {
    let cases: &[(&[u8], &str)] = &[
        (b"a,b\n1,2\n", "a column \"timestamp\", got the columns \"a\", \"b\""),
        (
            b"timestamp,metric\n1,a\n",
            "a column \"value\", got the columns \"timestamp\", \"metric\"",
        ),
        (b"timestamp,metric,value,host\n", "\"host\"; leave them out"),
        (b"timestamp,a,a\n", "\"a\" twice"),
        (b"timestamp,a,\n", "column 3"),
        (b"timestamp\n0\n", "only the timestamp"),
        (
            b"timestamp,a\n0,1\n60\n",
            "line 3: expected 2 fields as in the header, got 1; leave a gap",
        ),
        (
            b"timestamp,a\n0,1\n60,2,3\n",
            "line 3: expected 2 fields as in the header, got 3; put a field",
        ),
        (b"timestamp,a\n0,1\n\n\n60\n", "line 5: expected 2 fields"),
        (b"\r\ntimestamp,a\r\n0,1\r\n60,x\r\n", "line 4: column \"a\": "),
        (b"\ntimestamp,\xff\n", "line 2: not UTF-8"),
        (b"timestamp,a\r\n0,1\r\n\r\n0,1\r\n", "line 4: metric \"a\": the time"),
        (b"timestamp,a\n0,1\n60,x\n", "line 3: column \"a\": expected a number"),
        (b"timestamp,a\n0,1e999\n", "line 2: column \"a\": "),
        (b"timestamp,a\n0,1\nnoon,2\n", "line 3: column \"timestamp\": expected a timestamp"),
        (b"timestamp,a\n,1\n", "line 2: column \"timestamp\": expected a timestamp"),
        (
            b"timestamp,a\n60,1\n0,1\n60,3\n",
            "line 4: metric \"a\": the time 1970-01-01T00:01:00Z is already in line 2",
        ),
        (
            b"timestamp,metric,value\n0,a,1\n0,b,1\n0,a,2\n",
            "line 4: metric \"a\": the time 1970-01-01T00:00:00Z is already in line 2",
        ),
        (b"timestamp,a{pod=\"x\"},a(pod=x)\n0,1,2\n", "got 2: \"a{pod="),
        (b"timestamp,c\n0,x\n", "line 2: column \"c\": "),
        (b"sep=,\ntimestamp,a\n0,x\n", "line 3: column \"a\": "),
        (b"metric_name,timestamp,metric_value,url\n", "\"url\"; leave them out, and if each line"),
        (b"timeStamp,a,label\n5,1,home\n5,2,home\n", "if each line is one event"),
        (b"timestamp,metric,value\n0,,1\n", "line 2: the metric has no name"),
        (b"timestamp,a\n0,\xff\n", "line 2: not UTF-8"),
        (b"timestamp,\xff\n", "line 1: not UTF-8"),
    ];
    for (table, part) in cases {
        let error = read(table).unwrap_err().to_string();
        assert!(error.contains(part), "{}: {error}", String::from_utf8_lossy(table));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_series_or_an_error(bytes: Vec<u8>) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_cells_are_series_or_an_error(
        header in "(timestamp|time|metric|value|a|\"|,|\n){0,6}",
        cells in "([0-9]{1,3}|a|b|NaN|\"|,|\r|\n|é){0,40}",
    ) {
        if let Ok(all) = read(format!("{header}\n{cells}").as_bytes()) {
            for series in all.series {
                prop_assert_eq!(series.times.len(), series.values.len());
                prop_assert!(series.times.is_sorted_by(|a, b| a < b));
            }
        }
    }

    #[test]
    fn rows_in_any_order_are_the_same_series(
        points in proptest::collection::btree_map(-1000_i64..1000, -1e300..1e300_f64, 1..20),
        seed: u64,
    ) {
        let mut rows: Vec<String> =
            points.iter().map(|(time, value)| format!("{time},{value}\n")).collect();
        let middle = usize::try_from(seed % rows.len() as u64).unwrap();
        rows.rotate_left(middle);
        rows.reverse();
        let (_, times, values) = named(format!("timestamp,a\n{}", rows.concat()).as_bytes()).remove(0);
        prop_assert_eq!(times, points.keys().map(|time| time * 1000).collect::<Vec<_>>());
        prop_assert_eq!(values, points.values().copied().collect::<Vec<_>>());
    }
}
