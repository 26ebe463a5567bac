//! Writes the allowances of a proposal into a config document.

use judge_calibrate::{Allowance, MetricProposal};
use serde_json::{Map, Value};

/// Writes the allowances of `metrics` into `config` and changes nothing else. If two metrics have the same name, the
/// first one is changed, since judges read that one.
pub(super) fn write(config: &mut Value, metrics: &[MetricProposal]) {
    let Some(written) = config.get_mut("metrics").and_then(Value::as_array_mut) else { return };
    for metric in metrics {
        let Some(allowance) = metric.allowance else { continue };
        let named = |one: &Value| one.get("name").and_then(Value::as_str) == Some(&metric.name);
        if let Some(one) = written.iter_mut().find(|one| named(one)) {
            allow(one, allowance);
        }
    }
}

fn allow(metric: &mut Value, allowance: Allowance) {
    let canary = section(section(metric, "analysisConfigurations"), "canary");
    match allowance {
        Allowance::Relative { allowed_increase, allowed_decrease } => {
            let size = section(canary, "effectSize");
            put(size, "allowedIncrease", allowed_increase);
            put(size, "allowedDecrease", allowed_decrease);
        }
        Allowance::Absolute { minimum_absolute } => {
            put(canary, "minimumAbsolute", Some(minimum_absolute));
        }
    }
}

/// The object at `key`, created if it is missing. Judges ignore any other value there, so it is replaced.
fn section<'a>(parent: &'a mut Value, key: &str) -> &'a mut Value {
    if !parent.is_object() {
        *parent = Value::Object(Map::new());
    }
    let section = &mut parent[key];
    if !section.is_object() {
        *section = Value::Object(Map::new());
    }
    section
}

/// Writes a number; an equal number keeps its text.
fn put(section: &mut Value, key: &str, number: Option<f64>) {
    if let Some(number) = number.filter(|number| section[key].as_f64() != Some(*number)) {
        section[key] = number.into();
    }
}

#[cfg(test)]
mod tests {
    use judge_calibrate::{ProposalEffect, ProposalKind};
    use serde_json::json;

    use super::*;

    fn proposal(name: &str, allowance: Allowance) -> MetricProposal {
        MetricProposal {
            name: name.to_owned(),
            kind: ProposalKind::Allow,
            allowance: Some(allowance),
            spread: None,
            effect: ProposalEffect::default(),
            note: None,
        }
    }

    #[test]
    fn allowances_are_written_and_all_else_stays() {
        let mut config = json!({
            "z": {"unknown": [1, null, "x"]},
            "metrics": [
                {"name": "both", "query": {"b": 1, "a": 2}, "analysisConfigurations": {"other": 1, "canary":
                    {"effectSize": {"allowedIncrease": 2, "criticalIncrease": 3}, "direction": "either"}}},
                {"name": "bare"},
                {"name": "null", "analysisConfigurations": {"canary": null}},
                {"name": "both"},
            ],
            "a": 1.5,
        });
        let relative =
            Allowance::Relative { allowed_increase: Some(2.0), allowed_decrease: Some(0.9) };
        let absolute = Allowance::Absolute { minimum_absolute: 0.5 };
        let metrics =
            [("both", relative), ("bare", relative), ("null", absolute), ("gone", absolute)];
        write(&mut config, &metrics.map(|(name, allowance)| proposal(name, allowance)));
        let expected = concat!(
            r#"{"z":{"unknown":[1,null,"x"]},"metrics":["#,
            r#"{"name":"both","query":{"b":1,"a":2},"analysisConfigurations":{"other":1,"canary":{"effectSize":"#,
            r#"{"allowedIncrease":2,"criticalIncrease":3,"allowedDecrease":0.9},"direction":"either"}}},"#,
            r#"{"name":"bare","analysisConfigurations":{"canary":{"effectSize":"#,
            r#"{"allowedIncrease":2.0,"allowedDecrease":0.9}}}},"#,
            r#"{"name":"null","analysisConfigurations":{"canary":{"minimumAbsolute":0.5}}},"#,
            r#"{"name":"both"}],"a":1.5}"#,
        );
        assert_eq!(config.to_string(), expected);
    }
}
