use std::collections::BTreeSet;

use super::*;

/// Everything in the document that is called `name`.
fn all<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(name));
            fields.values().for_each(|inner| all(inner, name, found));
        }
        Value::Array(elements) => elements.iter().for_each(|inner| all(inner, name, found)),
        _ => {}
    }
}

#[test]
fn every_route_is_described_with_a_name_of_its_own_and_what_it_refers_to() {
    let document: Value = serde_json::from_slice(&document().unwrap()).unwrap();
    let mut ids = BTreeSet::new();
    for route in http_routes() {
        let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
        assert_eq!(operation["summary"], route.summary, "{} {}", route.method, route.path);
        assert!(!route.summary.is_empty(), "{} {}", route.method, route.path);
        assert!(ids.insert(operation["operationId"].to_string()), "{operation}");
    }
    let paths = document["paths"].as_object().unwrap();
    let described: usize = paths.values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(described, ids.len());
    let mut references = Vec::new();
    all(&document, "$ref", &mut references);
    assert!(references.len() > 100);
    for reference in references {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    let page = String::from_utf8(page().to_vec()).unwrap();
    assert!(page.contains("<code>POST /v1/judge</code></td><td>Judges one canary;"), "{page}");
}

#[test]
fn everything_of_the_contract_says_what_it_is() {
    let document = describe().unwrap();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert_ne!(schema["description"].as_str().unwrap(), "", "{name}");
        if proto_of(name) {
            for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
                assert_ne!(schema["description"].as_str().unwrap(), "", "{name}.{field}");
            }
        }
    }
}

fn proto_of(name: &str) -> bool {
    Contract::new().unwrap().fields(name).is_ok()
}

#[test]
fn fields_are_as_the_canonical_json_has_them() {
    let document = describe().unwrap();
    let schema = |name: &str| &document["components"]["schemas"][name];
    let kinds = |message: &str, field: &str| {
        let mut schema = schema(message)["properties"][field].clone();
        schema.as_object_mut().unwrap().remove("description");
        schema
    };
    assert_eq!(kinds("Clock", "start"), json!({"type": "string", "format": "date-time"}));
    assert_eq!(kinds("Series", "values")["items"], reference("Double"));
    assert_eq!(kinds("Timestamps", "millis")["items"], reference("Int64"));
    assert_eq!(kinds("CanaryConfig", "groupWeights")["additionalProperties"], reference("Double"));
    assert_eq!(kinds("MetricConfig", "direction"), reference("Direction"));
    assert_eq!(schema("Thresholds")["required"], json!(["pass", "marginal"]));
    assert_eq!(schema("MetricPair")["required"], json!(["name", "baseline", "canary"]));
    let choice = json!([{"required": ["canaryConfig"]}, {"required": ["kayentaConfigJson"]}]);
    assert_eq!(schema("JudgeRequest")["allOf"], json!([{"oneOf": choice}]));
    assert_eq!(schema("Series").get("allOf"), None);
    // What is only answered is always whole, but for what may be absent.
    let required = schema("Judgement")["required"].as_array().unwrap();
    assert!(required.contains(&json!("score")) && !required.contains(&json!("look")));
}

#[test]
fn parameters_are_those_of_the_path_and_of_the_method() {
    let document = describe().unwrap();
    let get = |path: &str| &document["paths"][path]["get"];
    let names = |operation: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let named = |parameter: &Value| (text(&parameter["name"]), text(&parameter["in"]));
        operation["parameters"].as_array().unwrap().iter().map(named).collect()
    };
    let own = |names: &[(&str, &str)]| -> Vec<(String, String)> {
        names.iter().map(|(name, place)| ((*name).to_owned(), (*place).to_owned())).collect()
    };
    let events = get("/v1/canaries/{id}/events");
    assert_eq!(names(events), own(&[("id", "path"), ("afterLook", "query")]));
    let content = &events["responses"]["200"]["content"];
    assert_eq!(content["text/event-stream"]["schema"], reference("WatchCanaryResponse"));
    assert_eq!(names(get("/v1/configs")), own(&[("application", "query")]));
    // Calls that are not in the contract have theirs from the patch.
    let look = [
        "config",
        "baseline",
        "canary",
        "application",
        "location",
        "window",
        "step",
        "looks",
        "time",
    ];
    for (path, method, own, required) in [
        ("/api/v1/query", "get", &["query", "time"][..], "query"),
        ("/v1/verdict", "get", &look, "config baseline canary"),
        ("/flagger/{hook}", "post", &look, "hook"),
        ("/v1/history", "get", &["application", "config", "verdict", "limit"], "application"),
    ] {
        let parameters = document["paths"][path][method]["parameters"].as_array().unwrap().iter();
        let parameters = parameters.map(|parameter| match parameter["$ref"].as_str() {
            Some(reference) => document.pointer(&reference[1..]).unwrap(),
            None => parameter,
        });
        let named = |wanted: &dyn Fn(&Value) -> bool| -> Vec<&str> {
            let found = parameters.clone().filter(|parameter| wanted(parameter));
            found.map(|parameter| parameter["name"].as_str().unwrap()).collect()
        };
        let mut all =
            named(&|parameter| parameter["in"] == "query" && parameter["style"].is_null());
        let mut own = own.to_vec();
        all.sort_unstable();
        own.sort_unstable();
        assert_eq!(all, own, "{path}");
        assert_eq!(named(&|parameter| parameter["required"] == true).join(" "), required);
    }
    let refused = &document["paths"]["/api/v1/query"]["get"]["responses"]["422"]["content"];
    assert_eq!(refused["application/json"]["schema"], reference("PrometheusAnswer"));
    // A patch adds and removes.
    let query = &document["paths"]["/api/v1/query"]["post"]["requestBody"]["content"];
    assert_eq!(
        query.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["application/x-www-form-urlencoded"]
    );
}
