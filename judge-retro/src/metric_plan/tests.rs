use judge_core::kayenta;

use super::*;
use judge_replay::RecordedInstance;

fn plan(metrics: &[(&str, Option<&str>)]) -> Result<MetricPlan, JudgeError> {
    let metrics: Vec<Value> = metrics
        .iter()
        .map(|(name, expression)| {
            let mut metric = serde_json::json!({"name": name, "groups": ["G"]});
            if let Some(expression) = expression {
                metric["analysisConfigurations"]["retro"]["expression"] = (*expression).into();
            }
            metric
        })
        .collect();
    let json = serde_json::json!({"classifier": {}, "metrics": metrics}).to_string();
    let config = kayenta::read_config(json.as_bytes())?;
    MetricPlan::new(&config, &kayenta::read_document(json.as_bytes())?)
}

const GAP: f64 = f64::NAN;

/// The canary of the one metric `expression` over series `a` and `b`.
fn derived(expression: &str, a: &[f64], b: &[f64]) -> Vec<f64> {
    let plan = plan(&[("x", Some(expression))]).unwrap();
    let series = plan.series().iter().map(|name| match name.as_str() {
        "a" => a.to_vec(),
        _ => b.to_vec(),
    });
    let recorded =
        series.map(|values| [RecordedSeries::default(), RecordedSeries::from(values)]).collect();
    let metrics = plan.metrics(recorded, [0, a.len().max(b.len())]).unwrap();
    assert!(metrics[0].baseline.values.is_empty(), "nothing was recorded there");
    metrics[0].canary.values.iter().map(|v| if v.is_nan() { -1.0 } else { *v }).collect()
}

/// An expression, values of `a` and `b`, and what it gives.
type Case = (&'static str, &'static [f64], &'static [f64], &'static [f64]);

#[test]
fn expressions_are_evaluated_time_by_time() {
    let cases: [Case; 12] = [
        ("a / b", &[6.0, 1.0, 5.0], &[2.0, 4.0, 3.0], &[3.0, 0.25, 5.0 / 3.0]),
        ("a / b", &[GAP, 1.0, 2.0], &[1.0, GAP, 2.0], &[-1.0, -1.0, 1.0]),
        // 0 of 0, 5 of 0, and less than nothing of 0.
        ("a / b", &[0.0, 5.0, -5.0, 0.0], &[0.0, 0.0, 0.0, 4.0], &[-1.0, -1.0, -1.0, 0.0]),
        ("a / b", &[f64::INFINITY, 1.0], &[1.0, f64::INFINITY], &[-1.0, 0.0]),
        ("a * a", &[1e200, 2.0], &[], &[-1.0, 4.0]),
        ("COALESCE(a, 0) / b", &[GAP, 2.0], &[4.0, 4.0], &[0.0, 0.5]),
        (
            "CASE WHEN b > 10 THEN a / b END",
            &[1.0, 30.0, 5.0],
            &[2.0, 20.0, GAP],
            &[-1.0, 1.5, -1.0],
        ),
        ("(a - b) * 2", &[3.0], &[1.0], &[4.0]),
        ("a / 3", &[1.0], &[], &[1.0 / 3.0]),
        ("\"a\" + \"b\"", &[1.0], &[2.0], &[3.0]),
        ("a / b", &[1.0, 2.0], &[], &[-1.0, -1.0]),
        ("a", &[1.0, GAP], &[], &[1.0, -1.0]),
    ];
    for (expression, a, b, expected) in cases {
        assert_eq!(derived(expression, a, b), expected, "{expression}");
    }
}

#[test]
fn series_of_expressions_are_needed_and_shared() {
    let plan = plan(&[
        ("latency", None),
        ("error-ratio", Some("errors / \"request rate\"")),
        ("errors", None),
    ])
    .unwrap();
    assert_eq!(plan.series(), ["latency", "errors", "request rate"]);
    let recorded =
        |values: &[f64]| [RecordedSeries::default(), RecordedSeries::from(values.to_vec())];
    let series = vec![recorded(&[10.0]), recorded(&[2.0]), recorded(&[8.0])];
    let metrics = plan.metrics(series, [0, 1]).unwrap();
    let canary = |metric: usize| metrics[metric].canary.values.as_slice();
    assert_eq!([canary(0), canary(1), canary(2)], [&[10.0], &[0.25], &[2.0]]);
}

#[test]
fn the_ratio_of_means_is_judged_and_each_instance_has_its_own() {
    let plan = plan(&[("x", Some("a / b"))]).unwrap();
    let of = |mean: f64, one: f64, other: f64| RecordedSeries {
        values: vec![mean],
        instances: [("1", one), ("2", other)]
            .map(|(name, value)| RecordedInstance { name: name.to_owned(), values: vec![value] })
            .to_vec(),
    };
    // 1 of 10 and 0 of 90: a hundredth of all requests, though a twentieth in the mean of ratios.
    let recorded = vec![
        [RecordedSeries::default(), of(0.5, 1.0, 0.0)],
        [RecordedSeries::default(), of(50.0, 10.0, 90.0)],
    ];
    let metrics = plan.metrics(recorded, [0, 1]).unwrap();
    assert_eq!(metrics[0].canary.values, [0.01]);
    let ratios: Vec<f64> = metrics[0].canary.instances.iter().map(|one| one.values[0]).collect();
    assert_eq!(ratios, [0.1, 0.0]);
}

#[test]
fn what_is_no_expression_is_refused_with_its_place() {
    for (expression, part) in [
        ("", "an expression in SQL over recorded series, such as cpu / rps"),
        ("a /", "an expression in SQL"),
        ("1 + 1", "it names no series"),
        ("*", "an expression in SQL"),
        ("SUM(a)", "it gives 1 points for 6 times"),
        ("a * 1e3", "cannot parse literal: \"1e3\""),
        ("a / AVG(b)", "without sums, ranks or shifts"),
        ("a; DROP TABLE b", "an expression in SQL"),
        ("nosuchfunction(a)", "an expression in SQL"),
    ] {
        let error = plan(&[("ok", None), ("x", Some(expression))]).unwrap_err().to_string();
        let path = "metrics[1].analysisConfigurations.retro.expression: ";
        assert!(error.starts_with(path), "{expression}: {error}");
        assert!(error.contains(part), "{expression}: {error}");
    }
    let json = br#"{"classifier": {}, "metrics": [
        {"name": "x", "groups": [], "analysisConfigurations": {"retro": {"expression": 5}}},
        {"name": "y", "groups": [], "analysisConfigurations": {"retro": []}}]}"#;
    let config = kayenta::read_config(json).unwrap();
    let error = MetricPlan::new(&config, &kayenta::read_document(json).unwrap()).unwrap_err();
    assert_eq!(error.problems().len(), 2, "all at once: {error}");
}
