//! How a run ends, as an exit code.

use std::error::Error;
use std::process::ExitCode;

use judge_core::Verdict;
use judge_core::stage::WindowError;
use judge_output::PartsError;

use crate::args::EndArgs;
use crate::input::{FetchFailed, InputError};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Pass, or the command succeeded.
    Done,
    /// Any other error.
    Other,
    /// Bad input.
    BadInput,
    /// The canary is marginal.
    Marginal,
    /// The canary fails.
    Fail,
    /// The user interrupted the run.
    Interrupted,
}

impl Exit {
    /// The exit for a verdict.
    pub(crate) fn from_verdict(verdict: Verdict, end: &EndArgs) -> Self {
        if end.is_good(verdict) { Self::Done } else { verdict.into() }
    }

    /// The exit for a run that failed with `error`.
    pub(crate) fn from_error(error: &anyhow::Error) -> Self {
        let bad_input = error.chain().any(is_bad_input);
        if bad_input { Self::BadInput } else { Self::Other }
    }
}

/// Whether `error` is about the input.
fn is_bad_input(error: &(dyn Error + 'static)) -> bool {
    #[cfg(feature = "retro")]
    if super::retro::is_bad_input(error) {
        return true;
    }
    if let Some(failed) = error.downcast_ref::<FetchFailed>() {
        return failed.is_bad_input();
    }
    if let Some(error) = error.downcast_ref::<PartsError>() {
        return !matches!(error, PartsError::Read { .. } | PartsError::Write { .. });
    }
    super::fetch::is_bad_input(error) || error.is::<InputError>() || error.is::<WindowError>()
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Done,
            Verdict::Marginal => Self::Marginal,
            Verdict::Fail => Self::Fail,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Other => 1,
            Exit::BadInput => 2,
            Exit::Marginal => 3,
            Exit::Fail => 4,
            Exit::Interrupted => 130,
        })
    }
}
