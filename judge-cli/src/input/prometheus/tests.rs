use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn matrix(result: &str) -> String {
    format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{result}]}}}}"#)
}

#[test]
fn reads_series_in_order_of_time() {
    let text = matrix(
        r#"{"metric":{"__name__":"up","job":"api"},
            "values":[[1435781460.5,"2"],[1435781430,"NaN"],[1435781445.25,"+Inf"]]}"#,
    );
    let series = read(text.as_bytes()).unwrap();
    assert_eq!(series.len(), 1);
    assert_eq!(series[0].name.as_deref(), Some("up"));
    assert_eq!(series[0].labels, "up{job=\"api\"}");
    assert_eq!(*series[0].times, [1_435_781_430_000, 1_435_781_445_250, 1_435_781_460_500]);
    assert!(series[0].values[0].is_nan());
    assert_eq!(series[0].values[1..], [f64::INFINITY, 2.0]);
}

#[test]
fn series_are_distinguished_by_name_and_tags() {
    let up = r#"{"metric":{"__name__":"up"},"values":[[0,"1"]]}"#;
    let pod = r#"{"metric":{"__name__":"up","pod":"a"},"values":[]}"#;
    let nameless = r#"{"metric":{"pod":"b"},"values":[]}"#;
    let read = read(matrix(&format!("{up},{pod},{nameless}")).as_bytes()).unwrap();
    let told: Vec<_> = read.iter().map(|one| (one.name.as_deref(), one.tags.get("pod"))).collect();
    let (a, b) = ("a".to_owned(), "b".to_owned());
    assert_eq!(told, [(Some("up"), None), (Some("up"), Some(&a)), (None, Some(&b))]);
    assert_eq!(super::read(matrix("").as_bytes()).unwrap(), []);
}

#[test]
fn one_time_has_one_value() {
    let text = matrix(r#"{"metric":{},"values":[[0,"1"],[0,"2"]]}"#);
    let error = read(text.as_bytes()).unwrap_err().to_string();
    let part = "data.result[0].values[1]: the time 1970-01-01T00:00:00Z is already in point 0";
    assert!(error.contains(part), "{error}");
}

proptest! {
    #[test]
    fn any_series_are_read_in_order_of_time_or_refused(
        times in prop::collection::vec(0_u32..20, 0..12),
    ) {
        let points: Vec<String> = times.iter().map(|time| format!(r#"[{time},"1"]"#)).collect();
        let text = matrix(&format!(r#"{{"metric":{{}},"values":[{}]}}"#, points.join(",")));
        let distinct = times.iter().collect::<BTreeSet<_>>().len() == times.len();
        match read(text.as_bytes()) {
            Ok(series) => {
                prop_assert!(distinct);
                prop_assert!(series[0].times.is_sorted_by(|a, b| a < b));
            }
            Err(error) => prop_assert!(!distinct, "{}", error),
        }
    }
}
