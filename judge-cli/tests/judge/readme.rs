//! Every example of the README, run as it stands there.

use std::path::{Path, PathBuf};
use std::process::Command;

/// How the README calls the command before it is installed.
const BEFORE_INSTALLING: &str = "cargo run --release -p canary-judge-cli --no-default-features -- ";

struct Example {
    command: String,
    output: String,
}

/// Commands after `$ ` in `console` blocks, each with the lines up to the next.
fn examples(markdown: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            examples.push(Example { command: command.to_owned(), output: String::new() });
        } else if let Some(example) = examples.last_mut().filter(|_| inside) {
            example.output += line;
            example.output.push('\n');
        }
    }
    examples
}

#[test]
fn every_example_prints_what_the_readme_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let examples = examples(&readme);
    assert!(examples.len() >= 5, "only {} examples", examples.len());
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_judge"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    for Example { command, output } in examples {
        let command = match command.strip_prefix(BEFORE_INSTALLING) {
            Some(arguments) => format!("judge {arguments}"),
            None => command,
        };
        if command.starts_with("judge retro ") && !cfg!(feature = "retro") {
            continue;
        }
        let ran = Command::new("bash")
            .args(["-c", &format!("{{ {command}; }} 2>&1")])
            .current_dir(&root)
            .env("PATH", &path)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&ran.stdout), output, "$ {command}");
    }
}
