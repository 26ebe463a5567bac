//! Input of a call of Kayenta's API, and its errors.

use judge_canary::{Canaries, CanaryError};
use serde_json::Value;

use super::super::{Context, params::Params};
use crate::convert::refusal::Refusal;

/// The name of the account that stands for the server's own store.
pub(super) const STORE_ACCOUNT: &str = "judge-store";

/// Input of a call.
pub(super) struct KayentaRequest<'a> {
    pub(super) canaries: &'a Canaries,
    pub(super) params: Params,
    /// The document of a POST or PUT, without its nulls.
    pub(super) body: Value,
    pub(super) context: &'a Context,
}

/// The error in Kayenta's statuses: there is no 409.
pub(super) fn refused(error: CanaryError) -> Refusal {
    if error.is_not_found() {
        Refusal::Absent(error.to_string())
    } else if error.is_callers() {
        Refusal::Unusable(error.to_string())
    } else {
        error.into()
    }
}

pub(super) fn wrong(text: impl Into<String>) -> Refusal {
    Refusal::Unusable(text.into())
}
