//! Runs every example of the README, and of the pages that show output, exactly as the pages show it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The pages, each with its smallest number of examples.
const PAGES: [(&str, usize); 5] = [
    ("README.md", 1),
    ("docs/calibration.md", 3),
    ("docs/command.md", 5),
    ("docs/config.md", 1),
    ("docs/retrospective.md", 1),
];

/// How the README runs the command before it is installed.
const BEFORE_INSTALLING: &str = "cargo run --release -p canary-judge-cli --no-default-features -- ";

struct Example {
    command: String,
    output: String,
}

/// Commands after `$ ` in `console` blocks, each with the lines up to the next command.
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
fn every_example_prints_what_its_page_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let of_page = |(page, fewest): (&str, usize)| {
        let examples = examples(&std::fs::read_to_string(root.join(page)).unwrap());
        assert!(examples.len() >= fewest, "only {} examples in {page}", examples.len());
        examples
    };
    let examples = PAGES.into_iter().flat_map(of_page);
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
