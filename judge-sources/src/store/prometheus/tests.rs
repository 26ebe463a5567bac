use serde_json::{Value, json};

use super::*;
use crate::query::Queries;

fn scope(scope: &str, params: &[(&str, &str)]) -> Scope {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Scope { scope: scope.to_owned(), location: "us-central1".to_owned(), params: params.collect() }
}

fn config(query: Value) -> Value {
    let mut query = query;
    query["type"] = "prometheus".into();
    json!({
        "metrics": [{"name": "m", "groups": ["G"], "query": query}],
        "templates": {"someTemplate": "some-label=${scope}", "empty": ""}
    })
}

fn text(query: Value, scope: &Scope) -> Result<String, String> {
    let queries = Queries::read(&config(query)).map_err(|refused| refused.to_string())?;
    let grid = Grid::new(0, 600_000, 60_000).unwrap();
    queries.all()[0].text(scope, grid).map_err(|error| error.to_string())
}

/// The rows of Kayenta's own test, PrometheusMetricsServiceSpec.groovy.
#[test]
fn promql_is_made_as_kayenta_makes_it() {
    let gce = r#"avg(some-metric-name{a=b,instance=~"some-server-group-.{4}",zone=~".+/zones/us-central1-.{1}"})"#;
    let aws =
        r#"avg(some-metric-name{a=b,asg_groupName="some-server-group",zone=~"us-central1.{1}"})"#;
    let templated = "avg(some-metric-name{some-label=some-app-canary,a=b})";
    let inline = "avg(some-metric-name{customFilter=something,andSomething=else,a=b})";
    let group = scope("some-server-group", &[]);
    let app = scope("some-app-canary", &[]);
    let custom = "customFilter=something,andSomething=else";
    for (query, scope, expected) in [
        (json!({"resourceType": "gce_instance"}), &group, gce),
        (json!({"resourceType": "gce_instance", "customInlineTemplate": ""}), &group, gce),
        (json!({"resourceType": "gce_instance", "customFilterTemplate": ""}), &group, gce),
        (json!({"resourceType": "aws_ec2_instance"}), &group, aws),
        (json!({"customFilterTemplate": "someTemplate"}), &app, templated),
        (
            json!({"customFilterTemplate": "someTemplate", "resourceType": "gce_instance"}),
            &app,
            templated,
        ),
        (json!({"customFilterTemplate": "someTemplate", "resourceType": "any"}), &app, templated),
        (
            json!({"customFilterTemplate": "someTemplate", "customInlineTemplate": custom}),
            &scope("", &[]),
            inline,
        ),
    ] {
        let mut query = query;
        query["metricName"] = "some-metric-name".into();
        query["labelBindings"] = json!(["a=b"]);
        assert_eq!(text(query.clone(), scope).as_deref(), Ok(expected), "{query}");
    }
    let whole = json!({
        "customInlineTemplate": r#"PromQL:histogram_quantile(${quantile}, x{handler="${scope}"})"#,
        "labelBindings": ["a=b"]
    });
    let scope = scope("/graph", &[("quantile", "0.99")]);
    assert_eq!(
        text(whole, &scope).as_deref(),
        Ok(r#"histogram_quantile(0.99, x{handler="/graph"})"#)
    );
}

#[test]
fn the_rest_of_a_selector() {
    let named = |mut query: Value| {
        query["metricName"] = "m".into();
        query
    };
    let c = scope("c", &[]);
    for (query, scope, expected) in [
        (
            json!({"customInlineTemplate": "a=\"${scope}\"", "groupByFields": ["x", "y"]}),
            &c,
            r#"avg(m{a="c"}) by (x,y)"#,
        ),
        // The query's own resource type wins over the scope's.
        (
            json!({"resourceType": "aws_ec2_instance"}),
            &scope("c", &[("resourceType", "gce_instance")]),
            r#"avg(m{asg_groupName="c",zone=~"us-central1.{1}"})"#,
        ),
        (
            json!({}),
            &scope("c", &[("resourceType", "gce_instance"), ("project", "p")]),
            r#"avg(m{instance=~"c-.{4}",zone=~".+/projects/p/zones/us-central1-.{1}"})"#,
        ),
        (
            json!({"resourceType": "gce_instance"}),
            &scope("", &[]),
            r#"avg(m{zone=~".+/zones/us-central1-.{1}"})"#,
        ),
        (
            json!({"customInlineTemplate": "a=${scope},,", "labelBindings": ["b=1"]}),
            &c,
            "avg(m{a=c,b=1})",
        ),
        // A template that expands to nothing leaves no braces.
        (json!({"customInlineTemplate": "${f}"}), &scope("", &[("f", "")]), "avg(m)"),
        (json!({"customInlineTemplate": "PromQL: up "}), &c, " up "),
    ] {
        assert_eq!(text(named(query.clone()), scope).as_deref(), Ok(expected), "{query}");
    }
}

#[test]
fn queries_that_kayenta_refuses_are_refused() {
    let here = scope("c", &[]);
    let nowhere = Scope::new("c");
    for (query, scope, said) in [
        (json!({"resourceType": "gce_instance"}), &here, "metrics[0].query.metricName: missing"),
        (json!({"customInlineTemplate": "a=b"}), &here, "metrics[0].query.metricName: missing"),
        (
            json!({"metricName": "m"}),
            &here,
            "Either a resource type or a custom filter is required",
        ),
        (
            json!({"metricName": "m", "customFilterTemplate": "empty"}),
            &here,
            "Either a resource type or a custom filter",
        ),
        (
            json!({"metricName": "m", "resourceType": "gce_instance"}),
            &nowhere,
            "Location (i.e. region) is required when resourceType is 'gce_instance'",
        ),
        (
            json!({"metricName": "m", "resourceType": "aws_ec2_instance"}),
            &nowhere,
            "Location (i.e. region) is required when resourceType is 'aws_ec2_instance'",
        ),
        (
            json!({"metricName": "m", "resourceType": "k8s"}),
            &here,
            "There is no explicit support for resourceType 'k8s'",
        ),
        (
            json!({"metricName": "m", "customFilterTemplate": "absent"}),
            &here,
            "metrics[0].query.customFilterTemplate: expected a name of the config's templates: empty, someTemplate, \
             got \"absent\"",
        ),
        (
            json!({"metricName": "m", "customFilter": "a=b"}),
            &here,
            "CanaryMetricSetQueryConfig.customFilter is deprecated",
        ),
        (
            json!({"customInlineTemplate": "PromQL:x{a=\"${location}\"}"}),
            &nowhere,
            "nothing is known for ${location}",
        ),
        (
            json!({"metricName": "m", "resourceType": "gce_instance"}),
            &scope("c\"}", &[]),
            "scope has '\"' in it, which would change the query around it",
        ),
        (
            json!({"metricName": 5, "customInlineTemplate": "a=b"}),
            &here,
            "metrics[0].query.metricName: expected a string, got 5",
        ),
        (
            json!({"metricName": "m", "labelBindings": "a=b"}),
            &here,
            "labelBindings: expected a list of strings, got \"a=b\"",
        ),
    ] {
        let error = text(query.clone(), scope).unwrap_err();
        assert!(error.contains(said), "{query}: {error}");
    }
}

#[test]
fn a_parameter_may_be_empty_where_a_location_may_not() {
    let query = json!({"customInlineTemplate": "PromQL:x{a=\"${location}\"}"});
    let scope =
        Scope { params: [("location".to_owned(), String::new())].into(), ..Scope::new("c") };
    assert_eq!(text(query, &scope).as_deref(), Ok(r#"x{a=""}"#));
}

#[test]
fn times_are_seconds() {
    let grid = Grid::new(1_554_982_373_349, 1_554_982_493_349, 60_000).unwrap();
    let params = request("up", grid).params;
    let expected =
        [("query", "up"), ("start", "1554982373.349"), ("end", "1554982433.349"), ("step", "60")];
    assert_eq!(params, expected.map(|(name, value)| (name, value.to_owned())));
    for (millis, text) in
        [(0, "0"), (500, "0.500"), (-500, "-0.500"), (-1500, "-1.500"), (-2000, "-2")]
    {
        assert_eq!(seconds(millis), text);
    }
}

#[test]
fn errors_of_the_store_are_kept() {
    let body = br#"{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["w"],"infos":["i"]}"#;
    assert_eq!(read(body).unwrap().said, ["w", "i"]);
}
