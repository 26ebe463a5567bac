//! Reads a saved judgement.

use judge_core::{JudgeError, JudgeRequest, Judgement, Problem, kayenta};
use serde_json::Value;

use super::error::{InputError, InputProblem};
use super::source::InputSource;

/// A judgement, and its request if that was saved too.
#[derive(Debug)]
pub(crate) struct SavedJudgement {
    /// The judgement.
    pub(crate) judgement: Judgement,
    /// The judged request.
    pub(crate) request: Option<KeptRequest>,
}

/// A request that was saved with its judgement.
#[derive(Debug)]
pub(crate) struct KeptRequest {
    /// Config, thresholds and series.
    pub(crate) request: JudgeRequest,
    /// The config as it was written.
    pub(crate) config: Value,
}

/// Reads a judgement that `judge run` saved as JSON.
pub(crate) fn read(source: &InputSource) -> Result<SavedJudgement, InputError> {
    let json = source.read()?;
    parse(&json).map_err(|refused| source.error(InputProblem::Refused(refused)))
}

fn parse(json: &[u8]) -> Result<SavedJudgement, JudgeError> {
    let mut document = kayenta::read_document(json)?;
    let judgement = serde_path_to_error::deserialize(&document).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        Problem::error(
            path,
            error.inner(),
            "a judgement as judge run writes it with --format full or json",
        )
    })?;
    let request = document.get_mut("request").map(Value::take).filter(|request| !request.is_null());
    Ok(SavedJudgement { judgement, request: request.map(kept).transpose()? })
}

fn kept(mut document: Value) -> Result<KeptRequest, JudgeError> {
    let json = document.to_string();
    let request =
        kayenta::read_request(json.as_bytes()).map_err(|refused| refused.within("request"))?;
    Ok(KeptRequest { request, config: document["canaryConfig"].take() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }

    #[test]
    fn says_which_field_is_wrong() {
        let refused = parse(br#"{"judge": "j", "verdict": "Pass", "score": "many"}"#).unwrap_err();
        assert!(refused.to_string().starts_with("score: "), "{refused}");
    }
}
