use serde_json::{Value, json};

use crate::harness::{TestFolder, config};

const SUSPECT: &[u8] = br#"{"name":"c","metrics":[{"name":"m","groups":["g"],
    "analysisConfigurations":{"canary":{"direction":"sideways"}}}],
    "judge":{"name":"NetflixACAJudge-v1.0"},"classifier":{"groupWeights":{}}}"#;
const BAD: &[u8] = br#"{"name":"c","metrics":[{"name":"m","groups":"g"},
    {"name":"n","groups":["g"],"analysisConfigurations":{"canary":{"critical":"yes"}}}],
    "classifier":{"groupWeights":{}}}"#;

fn place() -> TestFolder {
    TestFolder::with(&[
        ("good.json", &config(&["m"])),
        ("suspect.json", SUSPECT),
        ("bad.json", BAD),
    ])
}

#[test]
fn exit_code_says_whether_a_config_can_be_used() {
    for (arguments, code) in [
        ("good.json", 0),
        ("suspect.json", 0),
        ("--strict suspect.json", 2),
        ("--strict good.json", 0),
        ("bad.json", 2),
        ("good.json missing.json", 2),
        ("- -", 2),
    ] {
        let answer = place().judge(&format!("config check {arguments}"));
        assert_eq!(answer.code, code, "{arguments}: {answer:?}");
    }
    assert_eq!(place().judge_with("config check -", SUSPECT).code, 0);
    let strictly =
        String::from_utf8_lossy(SUSPECT).replace("NetflixACAJudge-v1.0", "EvidenceJudge-v1");
    let refused = place().judge_with("config check -", strictly.as_bytes());
    assert_eq!(refused.code, 2, "its judge refuses it: {refused:?}");
}

#[test]
fn other_documents_are_named_and_yaml_is_read_by_its_content() {
    let template =
        b"apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nspec: {metrics: []}\n";
    let answer = place().judge_with("config check -", template);
    let said = "standard input: error: expected a canary config, got an Argo AnalysisTemplate; a canary config lists \
                metrics, each with a query; copy the PromQL into its query.customInlineTemplate, after `PromQL:`\n";
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.stdout.starts_with(said), "{answer:?}");
    let yaml = b"# A config.\nname: c\nmetrics: [{name: m, groups: [g]}]\nclassifier: {groupWeights: {}}\n";
    let answer = place().judge_with("config check -", yaml);
    assert_eq!((answer.code, answer.stdout.as_str()), (0, "standard input: ok\n"), "{answer:?}");
    let place = place();
    place.write("two.yaml", b"name: a\n---\nname: b\n");
    let answer = place.judge("config check two.yaml");
    assert!(
        answer.stdout.contains("error: expected one YAML document, got 2, separated by"),
        "{answer:?}"
    );
}

#[test]
fn a_query_that_selects_no_series_is_noticed() {
    for (query, is_noticed) in [
        (json!({"metricName": "up"}), true),
        (json!({"type": "prometheus", "metricName": "up"}), true),
        (json!({"metricName": "up", "resourceType": "gce_instance"}), false),
        (json!({"metricName": "up", "customInlineTemplate": "a=\"${scope}\""}), false),
        (json!({"type": "graphite", "metricName": "up"}), false),
    ] {
        let mut document: Value = serde_json::from_slice(&config(&["m"])).unwrap();
        document["metrics"][0]["query"] = query;
        let answer = place().judge_with("config check -", document.to_string().as_bytes());
        let said = "notice: metrics[0].query: expected a customInlineTemplate, such as \"PromQL:\" and the whole query, \
                    got no template and no resourceType; its series can come from files, or ";
        assert_eq!(answer.code, 0, "{answer:?}");
        assert_eq!(answer.stdout.contains(said), is_noticed, "{document} {answer:?}");
    }
}

#[test]
fn every_problem_of_every_file_is_reported() {
    let answer = place().judge("config check good.json suspect.json bad.json missing.json");
    for part in [
        "good.json: ok",
        "suspect.json: suspect: metrics[0].analysisConfigurations.canary.direction: expected",
        "suspect.json: 1 suspect field",
        "bad.json: error: metrics[0].groups",
        "bad.json: error: metrics[1].analysisConfigurations.canary.critical",
        "bad.json: 2 errors",
        "missing.json: error: No such file",
    ] {
        assert!(answer.stdout.contains(part), "{part}: {}", answer.stdout);
    }
    assert_eq!(answer.stderr, "");
}

/// The default judge refuses a word that it does not know, whatever else is wrong.
#[test]
fn a_suspect_word_is_an_error_of_the_default_judge_beside_other_errors_too() {
    for (judge, said) in [
        (
            "EvidenceJudge-v1",
            "error: PATH: expected one of either, increase, decrease, got \"up\"\n",
        ),
        (
            "NetflixACAJudge-v1.0",
            "suspect: PATH: expected one of either, increase, decrease, got \"up\"; it is read",
        ),
    ] {
        let canary = json!({"direction": "up", "critical": "yes"});
        let metric =
            json!({"name": "a", "groups": ["G"], "analysisConfigurations": {"canary": canary}});
        let config = json!({"judge": {"name": judge}, "metrics": [metric], "classifier": {}});
        let place = TestFolder::with(&[("config.json", config.to_string().as_bytes())]);
        let answer = place.judge("config check config.json");
        let said = said.replace("PATH", "metrics[0].analysisConfigurations.canary.direction");
        assert!(answer.stdout.contains(&said), "{answer:?}");
    }
}

#[test]
fn json_has_path_value_and_what_is_allowed() {
    let answer = place().judge("config check --format json suspect.json bad.json");
    let files: Value = serde_json::from_str(&answer.stdout).unwrap();
    let problem = &files[0]["problems"][0];
    assert_eq!(files[0]["file"], "suspect.json");
    assert_eq!(problem["severity"], "suspect");
    assert_eq!(problem["path"], "metrics[0].analysisConfigurations.canary.direction");
    assert!(problem["value"].as_str().unwrap().contains("sideways"));
    assert!(problem["allowed"].as_str().unwrap().contains("either"));
    assert_eq!(files[1]["problems"].as_array().unwrap().len(), 2);
}

#[cfg(feature = "retro")]
#[test]
fn expressions_that_retro_refuses_are_errors_in_its_words() {
    let document = |bad: &str| {
        format!(
            r#"{{"name": "c", "classifier": {{"groupWeights": {{}}}}, "metrics": [
                {{"name": "cost", "groups": ["g"],
                  "analysisConfigurations": {{"retro": {{"expression": "cpu / rps"}}}}}},
                {{"name": "rate", "groups": ["g"], "analysisConfigurations": {{"retro": {bad}}}}}]}}"#
        )
    };
    let place = place();
    for (bad, path) in [
        (r#"{"expression": "errors /"}"#, ".expression"),
        (r#"{"expression": "SUM(errors)"}"#, ".expression"),
        (r#"{"expression": 5}"#, ".expression"),
        ("[]", ""),
    ] {
        place.write("bad.json", document(bad).as_bytes());
        let checked = place.judge("config check bad.json");
        let retro = place.judge("retro -c bad.json --history missing.csv");
        assert_eq!((checked.code, retro.code), (2, 2), "{bad}: {checked:?} {retro:?}");
        let said = retro.stderr.strip_prefix("error: bad.json: ").unwrap().trim_end();
        let path = format!("metrics[1].analysisConfigurations.retro{path}: ");
        assert!(said.starts_with(&path), "{bad}: {said}");
        let lines = format!("bad.json: error: {said}\nbad.json: 1 error\n");
        assert_eq!(checked.stdout, lines, "{bad}");
    }
    place.write("good.json", document(r#"{"expression": "errors / requests"}"#).as_bytes());
    assert_eq!(place.judge("config check --strict good.json").stdout, "good.json: ok\n");
    place.write("typo.json", document(r#"{"expresion": "errors / requests"}"#).as_bytes());
    let notice = "metrics[1].analysisConfigurations.retro.expresion: expected expression, got an unknown key";
    assert!(place.judge("config check typo.json").stdout.contains(notice));
}
