//! Files for a run of the command, and its outcome.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// A temporary directory in which commands run.
pub(crate) struct TestFolder {
    directory: TempDir,
}

/// The outcome of a command.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl TestFolder {
    /// A directory with `files`, given as path and content.
    pub(crate) fn with(files: &[(&str, &[u8])]) -> Self {
        let place = Self { directory: tempfile::tempdir().unwrap() };
        for (path, content) in files {
            place.write(path, content);
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn write(&self, path: &str, content: &[u8]) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Runs the command with arguments separated by spaces.
    pub(crate) fn judge(&self, arguments: &str) -> Answer {
        self.judge_with(arguments, b"")
    }

    /// Runs the command with input on stdin.
    pub(crate) fn judge_with(&self, arguments: &str, stdin: &[u8]) -> Answer {
        let output = self.command(arguments).write_stdin(stdin).output().unwrap();
        Answer {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs the command while nobody reads stdout, and returns its exit code.
    pub(crate) fn judge_unread(&self, arguments: &str) -> i32 {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_judge"));
        command.current_dir(self.path()).env_clear().args(arguments.split_whitespace());
        command.stdout(writer).status().unwrap().code().unwrap()
    }

    /// The command with a plain environment.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_judge"));
        command.current_dir(self.path()).env_clear().args(arguments.split_whitespace());
        command
    }
}

/// A config with one group per metric: `G-` and the metric's name.
pub(crate) fn config(metrics: &[&str]) -> Vec<u8> {
    let metrics: Vec<serde_json::Value> = metrics
        .iter()
        .map(|name| serde_json::json!({ "name": name, "groups": [format!("G-{name}")] }))
        .collect();
    serde_json::to_vec(&serde_json::json!({
        "name": "c", "metrics": metrics, "classifier": { "groupWeights": {} },
    }))
    .unwrap()
}

/// A wide table with one point every 15 seconds: `latency` around `level`, `errors` around 3.
pub(crate) fn wide(level: f64) -> String {
    let mut table = "timestamp,latency,errors\n".to_owned();
    for (time, latency, errors) in points(level) {
        writeln!(table, "{time},{latency},{errors}").unwrap();
    }
    table
}

/// The points of [`wide`].
pub(crate) fn points(level: f64) -> impl Iterator<Item = (i64, f64, f64)> {
    (0..20_i32).map(move |index| {
        let wobble = f64::from(index * 7 % 20);
        (1_700_000_000 + 15 * i64::from(index), level + wobble, 3.0 + wobble / 10.0)
    })
}

/// For tests of the parity judge, which accepts suspect configs and any number of points.
pub(crate) const PARITY: &str = "--judge NetflixACAJudge-v1.0";

/// Config, baseline and a canary whose latency is much higher: the score is 50.
pub(crate) fn slow_canary() -> TestFolder {
    TestFolder::with(&[
        ("config.json", &config(&["latency", "errors"])),
        ("baseline.csv", wide(100.0).as_bytes()),
        ("canary.csv", wide(200.0).as_bytes()),
    ])
}

/// Arguments that judge [`slow_canary`].
pub(crate) const RUN: &str = "run --config config.json --baseline baseline.csv --canary canary.csv";
