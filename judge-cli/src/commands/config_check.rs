//! `judge config check`.

use judge_core::{Problem, Severity, kayenta};
use judge_sources::Queries;
use serde_json::Value;

use super::exit::Exit;
use crate::args::CheckArgs;
use crate::input::{InputError, InputProblem, InputSource, OtherDocument};
use crate::output::{CheckedFile, Console};

/// Reports all problems of the files, including files that cannot be read.
pub(crate) fn run(args: &CheckArgs, console: &Console) -> anyhow::Result<Exit> {
    let stdin = args.files.iter().filter(|file| **file == InputSource::Stdin).count();
    if stdin > 1 {
        return Err(InputSource::Stdin.error(InputProblem::StdinTwice).into());
    }
    let checked: Vec<CheckedFile> = args.files.iter().map(check).collect();
    console.problems(&checked, args.format)?;
    let count = |severity| checked.iter().map(|file| file.count(severity)).sum::<usize>();
    let bad = count(Severity::Error) > 0 || (args.strict && count(Severity::Suspect) > 0);
    Ok(if bad { Exit::BadInput } else { Exit::Done })
}

/// The problems of the queries. No judge reads queries, so a config with such problems can still judge series from
/// files.
fn queries(json: &[u8]) -> Vec<Problem> {
    let Ok(document) = serde_json::from_slice::<Value>(json) else {
        return Vec::new();
    };
    let within = document.get("canaryConfig");
    let problems = Queries::check(within.unwrap_or(&document)).into_iter().map(|problem| {
        if problem.severity != Severity::Error {
            return problem;
        }
        let Problem { path, value, allowed, consequence, .. } = problem;
        if path.ends_with(".query.type") {
            Problem { consequence, ..Problem::notice(path, value, allowed) }
        } else {
            Problem::suspect(path, value, allowed, "no source can run it")
        }
    });
    match within {
        Some(_) => problems.map(|problem| problem.within("canaryConfig")).collect(),
        None => problems.collect(),
    }
}

fn check(source: &InputSource) -> CheckedFile {
    let problems = match source.read_document() {
        Ok(bytes) => problems(&bytes),
        Err(InputError { problem, .. }) => vec![file_problem(&problem)],
    };
    CheckedFile { file: source.to_string(), problems }
}

fn problems(json: &[u8]) -> Vec<Problem> {
    let alone = kayenta::config_within(json).is_none();
    if let Some(other) = OtherDocument::in_bytes(json).filter(|_| alone) {
        return vec![file_problem(&other)];
    }
    let problems = kayenta::check_config_within(json).into_iter();
    #[cfg(feature = "retro")]
    let problems = problems.chain(super::retro::refused_expressions(json));
    problems.chain(queries(json)).collect()
}

/// A problem with a whole file, whose message is not shortened.
fn file_problem(why: &impl ToString) -> Problem {
    Problem { value: why.to_string(), ..Problem::error("", "", "") }
}
