//! Refuses outputs that would replace an input or another output.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::{InputError, InputProblem};

/// Refuses an `output`, given by `option`, that is one of `inputs`. Devices and pipes may be both.
pub(crate) fn refuse_overwriting<'a>(
    option: &str,
    output: &Path,
    inputs: impl IntoIterator<Item = &'a Path>,
) -> Result<(), InputError> {
    let Ok(target) = output.canonicalize() else {
        return Ok(());
    };
    let is_target = |input: &Path| input.canonicalize().is_ok_and(|input| input == target);
    if !fs::metadata(&target).is_ok_and(|target| target.is_file())
        || !inputs.into_iter().any(is_target)
    {
        return Ok(());
    }
    let problem = InputProblem::Overwritten(output.display().to_string());
    Err(InputError { origin: option.to_owned(), problem })
}

/// Refuses a `report` that is the file of `output`. Devices and pipes may be both; `-` as an output is stdout.
pub(crate) fn refuse_same_output(output: &Path, report: &Path) -> Result<(), InputError> {
    let is_stdout = output.as_os_str() == "-";
    let is_device = fs::metadata(report).is_ok_and(|report| !report.is_file());
    if is_stdout || is_device || place(output) != place(report) {
        return Ok(());
    }
    let problem = InputProblem::SameOutput(report.display().to_string());
    Err(InputError { origin: "--report".to_owned(), problem })
}

/// The canonical path of a file that may not exist yet.
fn place(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let in_folder = || {
        let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    path.canonicalize().ok().or_else(in_folder).unwrap_or_else(|| path.to_owned())
}
