use serde_json::{Value, json};

use super::*;
use crate::compat::Compat;
use crate::query::Queries;

/// From 2010-01-01T12:00:00Z on, as in Kayenta's own test.
fn grid() -> Grid {
    Grid::new(1_262_347_200_000, 1_262_347_300_000, 10_000).unwrap()
}

fn text(query: Value, scope: &str) -> Result<String, String> {
    text_for(query, scope, "a")
}

fn text_for(query: Value, scope: &str, pod: &str) -> Result<String, String> {
    let mut query = query;
    query["type"] = "influxdb".into();
    let config = json!({"metrics": [{"name": "m", "groups": ["G"], "query": query}]});
    let queries = Queries::read(&config).map_err(|refused| refused.to_string())?;
    let scope = Scope { params: [("pod".to_owned(), pod.to_owned())].into(), ..Scope::new(scope) };
    queries.all()[0].text(&scope, grid()).map_err(|error| error.to_string())
}

/// The rows of Kayenta's own test, InfluxdbQueryBuilderTest.java.
#[test]
fn influxql_is_made_as_kayenta_makes_it() {
    let temperature = json!({"metricName": "temperature", "fields": ["external", "internal"]});
    let times = "time >= '2010-01-01T12:00:00Z' AND time < '2010-01-01T12:01:40Z'";
    let two = format!("SELECT external, internal FROM temperature WHERE {times}");
    let server = "AND server = 'myapp-prod-v002'";
    let scope = "server:myapp-prod-v002";
    assert_eq!(text(temperature.clone(), ""), Ok(two.clone()));
    assert_eq!(text(temperature.clone(), scope), Ok(format!("{two} {server}")));
    let all = format!("SELECT *::field FROM temperature WHERE {times} {server}");
    assert_eq!(text(json!({"metricName": "temperature"}), scope), Ok(all.clone()));
    assert_eq!(text(json!({"metricName": "temperature", "fields": []}), scope), Ok(all));
    let error = text(temperature, "server='myapp-prod-v002'").unwrap_err();
    assert!(error.starts_with("Scope expected in the format of 'name:value'"), "{error}");
}

#[test]
fn templates_have_times_scope_and_step() {
    let template = "SELECT mean(count) FROM cpu WHERE pod = '${pod}' AND ${scope} AND ${timeFilter} \
                    GROUP BY time(${step})";
    let expected = "SELECT mean(count) FROM cpu WHERE pod = 'a' AND host = 'h-1' AND \
                    time >= '2010-01-01T12:00:00Z' AND time < '2010-01-01T12:01:40Z' GROUP BY time(10s)";
    assert_eq!(
        text(json!({"customInlineTemplate": template}), "host:h-1").as_deref(),
        Ok(expected)
    );
    // As Kayenta's own tests have it.
    let template =
        "SELECT count FROM measurement WHERE label1 = 'value1' AND $\\{timeFilter} AND $\\{scope}";
    let expected = "SELECT count FROM measurement WHERE label1 = 'value1' AND time >= '2010-01-01T12:00:00Z' AND \
                    time < '2010-01-01T12:01:40Z' AND server = 'myapp-prod-v002'";
    assert_eq!(
        text(json!({"customInlineTemplate": template}), "server:myapp-prod-v002").as_deref(),
        Ok(expected)
    );
    assert_eq!(instant(1_262_347_200_050), "2010-01-01T12:00:00.050Z");
}

#[test]
fn queries_that_read_more_or_write_are_refused() {
    let good = "SELECT x FROM m WHERE ${scope} AND ${timeFilter}";
    for (template, scope, said) in [
        ("SELECT x FROM m WHERE ${scope}", "a:b", "${timeFilter} and ${scope}"),
        (&format!("{good}; DROP DATABASE d"), "a:b", "one SELECT"),
        (&format!("{good} -- all"), "a:b", "one SELECT"),
        (&format!("{good} /* it's */ AND x > ${{pod}}"), "a:b", "one SELECT"),
        (&format!("SHOW SERIES WHERE {good}"), "a:b", "one SELECT"),
        (&good.replace("FROM", "INTO y FROM"), "a:b", "one SELECT"),
        (&good.replace("${scope}", "'${scope}'"), "a:b", "stands between quotes"),
        (good, "a:b' OR 'c'='c", "scope has '\\'' in it"),
        (good, "a OR b:c", "scope has ' ' in it"),
        (good, "a:b:c", "Scope expected"),
        (good, ":b", "Scope expected"),
        (good, "", "expected a scope for the query, got none"),
    ] {
        let error = text(json!({"customInlineTemplate": template}), scope).unwrap_err();
        assert!(error.contains(said), "{template}: {error}");
    }
    let error = text(json!({"fields": ["x"]}), "a:b").unwrap_err();
    assert!(error.contains("metricName"), "{error}");
}

#[test]
fn a_value_cannot_hide_the_rest_of_a_query() {
    let rest = "${timeFilter} AND ${scope}";
    for (template, pod, said) in [
        (format!("SELECT x FROM m WHERE x > ${{pod}} AND {rest}"), "0--", "a comment begins"),
        (format!("SELECT x FROM m WHERE x > -${{pod}} AND {rest}"), "-1", "a comment begins"),
        (format!("SELECT x FROM m WHERE x > ${{pod}} AND {rest}"), "0/*", "pod has '/' in it"),
        (format!("SELECT x FROM m WHERE {rest} AND pod =~ /^${{pod}}/"), "a/OR/b", "pod has '/'"),
        // The quote in the regular expression opens nothing.
        (
            format!("SELECT x FROM m WHERE {rest} AND note !~ /it's/ AND x > ${{pod}}"),
            "0 OR 1=1",
            "pod has ' ' in it",
        ),
        (
            format!("SELECT x FROM m WHERE note !~ /it's/ AND x > ${{pod}} AND {rest}"),
            "0--",
            "stands between quotes",
        ),
        (
            format!("SELECT x FROM m WHERE {rest} AND note !~ /it's/ AND x > ${{pod}} AND y > 1"),
            "0--",
            "a comment begins",
        ),
    ] {
        let error = text_for(json!({"customInlineTemplate": template}), "a:b", pod).unwrap_err();
        assert!(error.contains(said), "{template}: {error}");
    }
    for template in [
        format!("SELECT x FROM m WHERE pod = '${{pod}}' AND {rest}"),
        format!("SELECT x FROM m WHERE {rest} AND pod = \"${{pod}}\""),
    ] {
        let query = json!({"customInlineTemplate": template});
        assert!(text_for(query, "a:b--c", "shop--1").is_ok(), "{template}");
    }
    let query = json!({"metricName": "m"});
    assert!(text(query.clone(), "a--:b").unwrap_err().contains("a comment begins"));
    assert!(text(query, "a:b--c").is_ok());
}

#[test]
fn tables_become_series_by_column_and_tags() {
    let body = br#"{"results": [{"statement_id": 0, "series": [
        {"name": "cpu", "tags": {"host": "a", "zone": ""}, "columns": ["time", "mean", "max", "note"],
         "values": [[1000, 1.5, 2, "x"], [2000, null, 3, null]]},
        {"name": "cpu", "tags": {"host": "b"}, "columns": ["time", "mean"], "values": []}]}]}"#;
    let answer = read(body).unwrap();
    let labels: Vec<String> =
        answer.series.iter().map(|series| format!("{:?}", series.labels)).collect();
    assert_eq!(
        labels,
        [
            r#"{"field": "mean", "host": "a"}"#,
            r#"{"field": "max", "host": "a"}"#,
            r#"{"field": "mean", "host": "b"}"#
        ]
    );
    assert_eq!(answer.series[1].values, [2.0, 3.0]);
    assert!(answer.series[0].values[1].is_nan());
    assert_eq!(answer.said, ["the column note is left out: it has no numbers"]);
    assert!(read(br#"{"results": [{"statement_id": 0}]}"#).unwrap().series.is_empty());
}

#[test]
fn answers_that_are_none_say_why() {
    for (body, said) in [
        (r#"{"error": "database not found: x"}"#, "database not found: x"),
        (r#"{"results": [{"error": "undefined function"}]}"#, "undefined function"),
        (
            r#"{"results": [{"series": [{"columns": ["time", "a"], "values": [], "partial": true}]}]}"#,
            "max-row-limit",
        ),
        (r#"{"results": []}"#, "expected an answer of InfluxDB"),
        (
            r#"{"results": [{"series": [{"columns": ["a"], "values": [[1]]}]}]}"#,
            "expected a column time",
        ),
        (
            r#"{"results": [{"series": [{"columns": ["time", "a"], "values": [[1]]}]}]}"#,
            "expected 2 cells in each row, got 1",
        ),
        ("[]", "expected an answer of InfluxDB"),
    ] {
        let error = read(body.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(said), "{body}: {error}");
    }
}

#[test]
fn the_database_is_asked_for() {
    let ask = request(&RequestInput {
        text: "SELECT",
        grid: grid(),
        compat: Compat::None,
        database: "shop",
    });
    assert_eq!(ask.path, "query");
    assert_eq!(ask.params[0], ("db", "shop".to_owned()));
}

#[test]
fn errors_of_a_query_are_no_errors_of_the_server() {
    for (body, is_for_query) in [
        (r#"{"error": "database not found: x"}"#, true),
        (r#"{"results": [{"error": "undefined function"}]}"#, true),
        (r#"{"results": [{"series": [], "partial": true}]}"#, true),
        (r#"{"results": [{"error": "max-concurrent-queries limit exceeded(20, 20)"}]}"#, false),
        (r#"{"results": [{"error": "query interrupted"}]}"#, false),
        (r#"{"results": [{"error": "query engine shutdown"}]}"#, false),
        (r#"{"results": [{"error": "engine is closed"}]}"#, false),
        (r#"{"results": [{"error": "max-select-series limit exceeded: (4/3)"}]}"#, true),
        (r#"{"results": []}"#, false),
    ] {
        let error = read(body.as_bytes()).unwrap_err();
        assert_eq!(error.is_for_query(), is_for_query, "{body}: {error}");
    }
}
