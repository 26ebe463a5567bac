use serde_json::{Value, json};

use super::*;
use crate::grid::Grid;
use crate::query::Queries;

fn scope(scope: &str, location: &str) -> Scope {
    Scope { scope: scope.to_owned(), location: location.to_owned(), params: BTreeMap::new() }
}

fn text(target: &str, scope: &Scope) -> Result<String, String> {
    let query: Value = json!({"type": "graphite", "metricName": target});
    let config = json!({"metrics": [{"name": "m", "groups": ["G"], "query": query}]});
    let queries = Queries::read(&config).map_err(|refused| refused.to_string())?;
    let grid = Grid::new(0, 600_000, 60_000).unwrap();
    queries.all()[0].text(scope, grid).map_err(|error| error.to_string())
}

#[test]
fn scope_and_location_are_put_into_targets() {
    let eu = scope("shop-canary", "eu");
    for (target, expected) in [
        ("servers.$scope.cpu", "servers.shop-canary.cpu"),
        ("sumSeries(servers.$location.$scope-*.cpu)", "sumSeries(servers.eu.shop-canary-*.cpu)"),
        ("seriesByTag('name=cpu', 'app=$scope')", "seriesByTag('name=cpu', 'app=shop-canary')"),
        ("$scope$scope", "shop-canaryshop-canary"),
        ("cpu", "cpu"),
    ] {
        assert_eq!(text(target, &eu).as_deref(), Ok(expected), "{target}");
    }
}

#[test]
fn values_that_would_change_the_query_are_refused() {
    for (target, of, said) in [
        ("a.$scope.b", scope("x,secret.*", ""), "scope has ',' in it"),
        ("a.$scope.b", scope("x)", ""), "scope has ')' in it"),
        ("seriesByTag('app=$scope')", scope("x', 'secret=y", ""), "scope has '\\'' in it"),
        ("a.$location", scope("x", "{a,b}"), "location has '{' in it"),
        ("a.$scope", scope("", ""), "expected a scope for the query"),
        ("a.$location", scope("x", ""), "expected a location for the query"),
        ("a.${scope}", scope("x", ""), "$scope and $location without braces"),
        ("", scope("x", ""), "metricName"),
    ] {
        let error = text(target, &of).unwrap_err();
        assert!(error.contains(said), "{target}: {error}");
    }
}

/// `from` is left out and `until` taken in, so that points lie from the start on and before the end.
#[test]
fn the_window_is_the_grid() {
    let grid = Grid::new(60_000, 180_000, 60_000).unwrap();
    let params = |compat| {
        let ask = request(&RequestInput { text: "a", grid, compat, database: "" });
        ask.params.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
    };
    assert_eq!(params(Compat::None), ["target=a", "from=59", "until=179", "format=json"]);
    assert_eq!(params(Compat::Kayenta), ["target=a", "from=60", "until=180", "format=json"]);
}

#[test]
fn datapoints_are_read_with_gaps_and_infinities() {
    let body = br#"[{"target": "servers.shop-canary.eth0", "tags": {"name": "x"},
        "datapoints": [[1.5, 60], [null, 120], [1e9999, 180], [-1e9999, 240]]}]"#;
    let answer = read(body, &scope("shop-canary", "")).unwrap();
    let series = &answer.series[0];
    assert_eq!(series.labels["target"], "servers.$scope.eth0");
    assert_eq!(series.times, [60_000, 120_000, 180_000, 240_000]);
    assert!(series.values[1].is_nan());
    assert_eq!((series.values[2], series.values[3]), (f64::INFINITY, f64::NEG_INFINITY));

    let tagged = br#"[{"target": "a;dc=1", "tags": {"name": "a", "dc": "1"}, "datapoints": []}]"#;
    let labels = &read(tagged, &scope("", "")).unwrap().series[0].labels;
    assert_eq!(labels, &[("dc".to_owned(), "1".to_owned())].into());

    for wrong in [r#"{"status": "success"}"#, "[", r#"[{"target": "a", "datapoints": [["x", 1]]}]"#]
    {
        let error = read(wrong.as_bytes(), &scope("", "")).unwrap_err().to_string();
        assert!(error.starts_with("expected an answer of Graphite"), "{error}");
    }
}
