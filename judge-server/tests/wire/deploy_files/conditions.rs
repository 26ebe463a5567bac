//! Conditions of an `AnalysisTemplate`, as far as the examples use Argo's language.

use serde_json::Value;

/// The phase of a measurement.
pub(super) fn phase(metric: &Value, result: &Value) -> &'static str {
    let met = |name: &str| metric[name].as_str().map(|condition| holds(condition, result));
    match (met("successCondition"), met("failureCondition")) {
        (_, Some(true)) => "Failed",
        (Some(true), _) => "Successful",
        (Some(false), Some(false)) => "Inconclusive",
        other => panic!("the examples have both conditions, not {other:?}"),
    }
}

/// Whether comparisons that are joined by `&&` all hold.
fn holds(condition: &str, result: &Value) -> bool {
    condition.split("&&").all(|one| {
        let words: Vec<&str> = one.split_whitespace().collect();
        let [left, operator, right] = words[..] else { panic!("{one:?} is no comparison") };
        let left = value(left, result);
        let right: Value = serde_json::from_str(right).unwrap();
        let order =
            left.as_f64().zip(right.as_f64()).and_then(|(left, right)| left.partial_cmp(&right));
        match operator {
            "==" => left == right,
            ">" => order.expect("numbers").is_gt(),
            ">=" => order.expect("numbers").is_ge(),
            "<" => order.expect("numbers").is_lt(),
            other => panic!("{other} is not read here"),
        }
    })
}

fn value(name: &str, result: &Value) -> Value {
    if name == "len(result)" {
        return result.as_array().expect("a list").len().into();
    }
    let path = name.strip_prefix("result").unwrap_or_else(|| panic!("{name}"));
    let pointer = path.replace(['.', '['], "/").replace(']', "");
    result.pointer(&pointer).unwrap_or_else(|| panic!("{name} of {result}")).clone()
}

#[test]
fn conditions_are_read_as_argo_reads_them() {
    let result = serde_json::json!([75.0]);
    assert!(holds("len(result) > 0 && result[0] >= 75", &result));
    assert!(!holds("len(result) > 0 && result[0] < 75", &result));
    assert!(!holds("len(result) > 0 && result[0] >= 75", &serde_json::json!([])));
    let verdict = serde_json::json!({"verdict": "pass"});
    assert!(
        holds("result.verdict == \"pass\"", &verdict)
            && !holds("result.verdict == \"fail\"", &verdict)
    );
}
