use proptest::prelude::*;

use super::*;

fn matrix(result: &str) -> String {
    format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{result}]}}}}"#)
}

#[test]
fn reads_series_with_their_labels() {
    let text = matrix(
        r#"{"metric":{"__name__":"up","job":"api"},
            "values":[[1435781460.5,"2"],[1435781430,"NaN"],[1435781445.25,"+Inf"]]},
           {"metric":{}}"#,
    );
    let series = read(text.as_bytes()).unwrap();
    assert_eq!(series.len(), 2);
    assert_eq!(series[0].labels["__name__"], "up");
    assert_eq!(series[0].written(), "up{job=\"api\"}");
    assert_eq!(series[0].times, [1_435_781_460_500, 1_435_781_430_000, 1_435_781_445_250]);
    assert!(series[0].values[1].is_nan());
    assert_eq!((series[0].values[0], series[0].values[2]), (2.0, f64::INFINITY));
    assert_eq!(series[1], LabelledSeries::default());
}

#[test]
fn remarks_are_read_with_the_series() {
    let text = r#"{"infos":["i"],"data":{"result":[{"metric":{"a":"b\"c"},"values":[[1,"2"]]}],"resultType":"matrix"},
        "status":"success","warnings":["w\n"],"other":{"x":[1]}}"#;
    let (series, remarks) = read_with_remarks(text.as_bytes()).unwrap();
    assert_eq!((series[0].labels["a"].as_str(), &series[0].values), ("b\"c", &vec![2.0]));
    assert_eq!(remarks, ["w\n", "i"]);
    let odd = matrix("").replace("\"data\"", "\"warnings\":null,\"infos\":[\"i\"],\"data\"");
    assert_eq!(read_with_remarks(odd.as_bytes()).unwrap(), (Vec::new(), vec!["i".to_owned()]));
}

#[test]
fn says_what_is_wrong_and_where() {
    let point = |point: &str| matrix(&format!(r#"{{"metric":{{}},"values":[[0,"1"],{point}]}}"#));
    for (text, part) in [
        (
            r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#.to_owned(),
            "bad_data: parse error",
        ),
        (r#"{"status":"error"}"#.to_owned(), "no error text"),
        (r#"{"status":"pending"}"#.to_owned(), "status: "),
        (r#"{"status":7}"#.to_owned(), "status: invalid type"),
        (r#"{"status":"success"}"#.to_owned(), "there is no data"),
        (r#"{"status":"success","data":{}}"#.to_owned(), "there is no data.resultType"),
        (
            r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#.to_owned(),
            "data.resultType: ",
        ),
        (
            r#"{"status":"success","data":{"resultType":"matrix"}}"#.to_owned(),
            "missing field `result`",
        ),
        (r"{}".to_owned(), "there is no status"),
        (r#"{"canaryConfig":{}}"#.to_owned(), "judge run FILE"),
        (r#"{"metrics":[]}"#.to_owned(), "--config"),
        (point(r#"[1,"x"]"#), "data.result[0].values[1]: expected a number"),
        (point(r#"["1","2"]"#), "data.result[0].values[1]"),
        (point("[1]"), "data.result[0].values[1]"),
        (point("[1,2]"), "data.result[0].values[1]"),
        (point(r#"[1e99,"2"]"#), "got the time 1e99"),
        (matrix(r#"{"metric":{},"histograms":[]}"#), "data.result[0]: native histograms"),
        (matrix("") + "x", "trailing characters at line 1"),
        (matrix("")[..40].to_owned(), "EOF while parsing"),
        ("{\"status\":\"success\",\n x}".to_owned(), "line 2"),
    ] {
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn deep_nesting_is_an_error() {
    let deep = format!(r#"{{"status":{}"#, "[".repeat(1_000_000));
    assert!(read(deep.as_bytes()).is_err());
    let ignored = format!(r#"{{"other":{}"#, "[".repeat(1_000_000));
    assert!(read(ignored.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_series_or_an_error(bytes: Vec<u8>) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_mutation_of_a_response_is_series_or_an_error(
        place in 0_usize..100,
        with in "(\\[|\\]|\\{|\\}|,|\"|NaN|null|1|-|é|:){0,3}",
    ) {
        let mut text =
            matrix(r#"{"metric":{"__name__":"up"},"values":[[1,"2"],[2,"3"],[4,"NaN"]]}"#);
        let place = place % text.len();
        text.replace_range(place..=place, &with);
        if let Ok(all) = read(text.as_bytes()) {
            for series in all {
                prop_assert_eq!(series.times.len(), series.values.len());
            }
        }
    }
}
