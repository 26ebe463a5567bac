//! Reads a canary config.

use judge_core::{CanaryConfig, kayenta};

use super::error::{InputError, InputProblem};
use super::other_document::OtherDocument;
use super::source::InputSource;

/// Parses the config `json` of `source`.
pub(super) fn read_config(source: &InputSource, json: &[u8]) -> Result<CanaryConfig, InputError> {
    kayenta::read_config(json).map_err(|refused| {
        source.error(match OtherDocument::in_bytes(json) {
            Some(other) => InputProblem::Other(other),
            None => InputProblem::Refused(refused),
        })
    })
}
