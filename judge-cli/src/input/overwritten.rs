//! Refuses outputs that would replace an input.

use std::fs;
use std::path::Path;

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
