//! `judge config check`.

use judge_core::{Problem, Severity, kayenta};

use super::exit::Exit;
use crate::args::CheckArgs;
use crate::input::{InputError, InputProblem, Source};
use crate::output::{CheckedFile, Console};

/// Reports all problems of the files, including files that cannot be read.
pub(crate) fn run(args: &CheckArgs, console: &Console) -> anyhow::Result<Exit> {
    let stdin = args.files.iter().filter(|file| **file == Source::Stdin).count();
    if stdin > 1 {
        return Err(Source::Stdin.error(InputProblem::StdinTwice).into());
    }
    let checked: Vec<CheckedFile> = args.files.iter().map(check).collect();
    console.problems(&checked, args.format)?;
    let count = |severity| checked.iter().map(|file| file.count(severity)).sum::<usize>();
    let bad = count(Severity::Error) > 0 || (args.strict && count(Severity::Suspect) > 0);
    Ok(if bad { Exit::BadInput } else { Exit::Done })
}

fn check(source: &Source) -> CheckedFile {
    let problems = match source.read() {
        Ok(bytes) => {
            let problems = kayenta::check_config_within(&bytes).into_iter();
            #[cfg(feature = "retro")]
            let problems = problems.chain(super::retro::refused_expressions(&bytes));
            problems.collect()
        }
        Err(InputError { problem, .. }) => {
            vec![Problem::error("", problem, "")]
        }
    };
    CheckedFile { file: source.to_string(), problems }
}
