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

/// The canary of a metric with this expression over the series `a` and `b`.
fn derived(expression: &str, a: &[f64], b: &[f64]) -> Vec<f64> {
    let plan = plan(&[("x", Some(expression))]).unwrap();
    let series = plan.series().iter().map(|name| match name.as_str() {
        "a" => a.to_vec(),
        _ => b.to_vec(),
    });
    let recorded =
        series.map(|values| [RecordedSeries::default(), RecordedSeries::from(values)]).collect();
    let metrics = plan.metrics(recorded, [0, a.len().max(b.len())]);
    assert!(metrics[0].baseline.values.is_empty(), "nothing was recorded there");
    metrics[0].canary.values.iter().map(|v| if v.is_nan() { -1.0 } else { *v }).collect()
}

/// An expression, the values of `a` and `b`, and the result.
type Case = (&'static str, &'static [f64], &'static [f64], &'static [f64]);

#[test]
fn expressions_are_evaluated_time_by_time() {
    let cases: [Case; 12] = [
        ("a / b", &[6.0, 1.0, 5.0], &[2.0, 4.0, 3.0], &[3.0, 0.25, 5.0 / 3.0]),
        ("a / b", &[GAP, 1.0, 2.0], &[1.0, GAP, 2.0], &[-1.0, -1.0, 1.0]),
        // 0 of 0, 5 of 0, and −5 of 0.
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

/// Expressions that can be computed row by row: the result for a = 6 and b = 4, and for a gap of b.
#[test]
fn everything_that_depends_on_one_time_alone_is_computed() {
    let cases: [(&str, f64, f64); 43] = [
        ("a + b * 2 - 1", 13.0, -1.0),
        ("-(a - b)", -2.0, -1.0),
        ("+a", 6.0, 6.0),
        ("7 / 2 * a", 21.0, 21.0),
        ("a * 1.5e1", 90.0, 90.0),
        ("a % b", 2.0, -1.0),
        ("-a % b", 2.0, -1.0),
        ("MOD(a, b)", 2.0, -1.0),
        ("DIV(a, b)", 1.0, -1.0),
        ("a > b", 1.0, -1.0),
        ("a <= b", 0.0, -1.0),
        ("a <> b", 1.0, -1.0),
        ("a = 6 OR b = 4", 1.0, 1.0),
        ("a = 6 AND b = 4", 1.0, -1.0),
        ("a = 5 AND b = 4", 0.0, 0.0),
        ("NOT a > b", 0.0, -1.0),
        ("COALESCE(a / (b - 4), 7)", 7.0, 7.0),
        ("a / (b - 4) > 5", -1.0, -1.0),
        ("(b - 4) / (b - 4) IS NULL", 1.0, 1.0),
        ("CASE WHEN a / (b - 4) > 5 THEN 1 ELSE 2 END", 2.0, 2.0),
        ("CASE b WHEN NULL THEN 1 ELSE 2 END + 0 * a", 2.0, 2.0),
        ("b BETWEEN 5 AND NULL", 0.0, -1.0),
        ("b NOT BETWEEN a AND 7", 1.0, -1.0),
        ("b IS NULL", 0.0, 1.0),
        ("b IS NOT NULL", 1.0, 0.0),
        ("a BETWEEN b AND 7", 1.0, -1.0),
        ("a NOT BETWEEN 1 AND 7", 0.0, 0.0),
        ("CASE WHEN a > b THEN a ELSE 0 END", 6.0, 0.0),
        ("CASE b WHEN 4 THEN 40 WHEN 5 THEN 50 END + 0 * a", 40.0, -1.0),
        ("IF(b > 3, b, a)", 4.0, 6.0),
        ("COALESCE(b, a)", 4.0, 6.0),
        ("IFNULL(b, 1) * NVL(b, a)", 16.0, 6.0),
        ("a / NULLIF(b, 4)", -1.0, -1.0),
        ("GREATEST(a, b, 5)", 6.0, 6.0),
        ("LEAST(a, b, 5)", 4.0, 5.0),
        ("ABS(b - a) + SIGN(b - a)", 1.0, -1.0),
        ("SQRT(b) + CBRT(b * 2)", 4.0, -1.0),
        ("POWER(b, 2) + LOG2(b)", 18.0, -1.0),
        ("LOG10(b * 25) + LOG(b, 2) + LN(EXP(0)) + LOG1P(0)", 4.0, -1.0),
        ("FLOOR(a / b) + CEIL(a / b) + CEILING(a / b)", 5.0, -1.0),
        ("ROUND(a / b) + ROUND(-a / b) + ROUND(a / 8, 1)", 0.8, -1.0),
        ("TRUNC(-a / b)", -1.0, -1.0),
        ("CAST(a AS DOUBLE) / b::INT", 1.5, -1.0),
    ];
    for (expression, whole, gap) in cases {
        assert_eq!(derived(expression, &[6.0, 6.0], &[4.0, GAP]), [whole, gap], "{expression}");
    }
}

#[test]
fn an_expression_that_is_too_long_or_deep_is_refused() {
    assert_eq!(derived(&("a+".repeat(199) + "a"), &[1.0], &[]), [200.0]);
    let parentheses = "(".repeat(2000) + "a" + &")".repeat(2000);
    for (expression, part) in [
        ("a+".repeat(2047) + "a", "expected at most 200 operations within each other"),
        ("a+".repeat(2048) + "a", "expected at most 4096 bytes, got 4097"),
        (parentheses, "recursion"),
    ] {
        let error = plan(&[("x", Some(&expression))]).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn nested_comparisons_grow_with_the_text_only() {
    let within = |value: String| format!("({value} BETWEEN 0 AND 1)");
    let chosen = |value: String| format!("(CASE {value} WHEN 1 THEN 1 WHEN 0 THEN 0 END)");
    let nested = |levels: usize, of: &dyn Fn(String) -> String| {
        (0..levels).fold("a".to_owned(), |text, _| of(text))
    };
    assert_eq!(derived(&nested(20, &within), &[0.5, GAP], &[]), [1.0, -1.0]);
    assert_eq!(derived(&nested(3, &chosen), &[1.0, 0.0, 2.0], &[]), [1.0, 0.0, -1.0]);
    let refused = plan(&[("latency", Some(&nested(40, &chosen)))]).unwrap_err().to_string();
    assert!(refused.contains("expected at most 10 CASE within each other"), "{refused}");
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
    let metrics = plan.metrics(series, [0, 1]);
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
    // 1 of 10 and 0 of 90: a hundredth of all requests, although the mean of the ratios is a twentieth.
    let recorded = vec![
        [RecordedSeries::default(), of(0.5, 1.0, 0.0)],
        [RecordedSeries::default(), of(50.0, 10.0, 90.0)],
    ];
    let metrics = plan.metrics(recorded, [0, 1]);
    assert_eq!(metrics[0].canary.values, [0.01]);
    let ratios: Vec<f64> = metrics[0].canary.instances.iter().map(|one| one.values[0]).collect();
    assert_eq!(ratios, [0.1, 0.0]);
}

#[test]
fn bad_expressions_are_refused_with_their_position() {
    for (expression, part) in [
        ("", "an expression in SQL over recorded series, such as cpu / rps"),
        ("a /", "an expression in SQL"),
        ("1 + 1", "it names no series"),
        ("*", "an expression in SQL"),
        ("SUM(a)", "without sums, ranks or shifts, got SUM(a)"),
        ("a / AVG(b)", "without sums, ranks or shifts"),
        ("LAG(a) OVER (ORDER BY b)", "without sums, ranks or shifts"),
        ("ABS(a) OVER (PARTITION BY b)", "without sums, ranks or shifts"),
        ("ROW_NUMBER() OVER ()", "without sums, ranks or shifts"),
        ("MAX(DISTINCT a)", "without sums, ranks or shifts"),
        ("COALESCE(DISTINCT a, b)", "without sums, ranks or shifts"),
        ("a + (SELECT 1)", "without sums, ranks or shifts, got (SELECT 1)"),
        ("a IN (SELECT b)", "without sums, ranks or shifts"),
        ("UNNEST(a)", "without sums, ranks or shifts"),
        ("a; DROP TABLE b", "expected the end of the expression, got ;"),
        ("nosuchfunction(a)", "got nosuchfunction(a)"),
        ("a.b / c", "double quotes, got a.b"),
        ("a || 'x'", "expected a number, got 'x'"),
        ("a ~ b", "unknown operator ~"),
        ("a / 1e999", "expected a number, got 1e999"),
        ("POWER(a)", "expected 2 arguments, got POWER(a)"),
        ("IF(a, 1)", "expected 3 arguments, got 2"),
        ("CAST(a AS VARCHAR)", "expected a type of numbers, got VARCHAR"),
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
