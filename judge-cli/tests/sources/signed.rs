//! Tests the command with a store that checks AWS's signatures with botocore.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::shop::Answer;

const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "a/session+token==";

/// A store process, which ends with the test.
struct SignedStore {
    url: String,
    process: Child,
}

impl SignedStore {
    fn start() -> Self {
        let python =
            std::env::var("JUDGE_BOTOCORE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sources/signed.py");
        let mut process = Command::new(python)
            .args([script, ID, SECRET, TOKEN])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = lines.next().unwrap().unwrap();
        Self { url, process }
    }
}

impl Drop for SignedStore {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "needs botocore; .ci/sources runs it"]
fn a_store_takes_what_is_signed_as_botocore_signs_it() {
    let store = SignedStore::start();
    let folder = tempfile::tempdir().unwrap();
    let sources = format!(
        "[sources.amp]\nurl = \"{}/workspaces/ws 0\"\nsigv4-region = \"eu-west-1\"\n",
        store.url
    );
    std::fs::write(folder.path().join("sources.toml"), sources).unwrap();
    // The query of the second metric is too long for a URL.
    let metric = |name: &str, query: String| {
        json!({
            "name": name, "groups": ["G"],
            "query": {"type": "prometheus", "customInlineTemplate": format!("PromQL:{query}")},
            "analysisConfigurations": {"canary": {"direction": "increase"}},
        })
    };
    let short = "sum by (le) (rate(latency{version=~\"${scope}.*\",path=\"/a+b ~é\"}[4m])) / 2";
    let metrics = [
        metric("short", short.to_owned()),
        metric("long", format!("{short} + 0 * {}", "0 + ".repeat(600) + "1")),
    ];
    let judge = json!({"name": "NetflixACAJudge-v1.0", "judgeConfigurations": {}});
    let config = json!({
        "name": "shop", "judge": judge, "metrics": metrics,
        "classifier": {"groupWeights": {"G": 100}},
    });
    std::fs::write(folder.path().join("canary.json"), config.to_string()).unwrap();
    let run = |canary: &str, secret: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_judge"));
        command.current_dir(folder.path());
        command.args(["run", "--config", "canary.json", "--sources", "sources.toml"]);
        command.args(["--baseline-scope", "stable", "--canary-scope", canary]);
        command.args(["--start", "1700000000", "--end", "1700001800"]);
        command.env("AWS_ACCESS_KEY_ID", ID).env("AWS_SECRET_ACCESS_KEY", secret);
        Answer::run(command.env("AWS_SESSION_TOKEN", TOKEN))
    };
    for (canary, code) in [("new", 0), ("slow", 4)] {
        let Answer { code: got, stdout, stderr } = run(canary, SECRET);
        assert_eq!(got, code, "{stdout}{stderr}");
    }
    // The store really checks: it refuses another secret, and no message shows either secret.
    let Answer { code, stdout, stderr } = run("new", "another");
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stderr.contains("HTTP 403: expected the signature "), "{stderr}");
    assert!(!stderr.contains("another") && !stderr.contains(TOKEN), "{stderr}");
}
