//! What a judge is.

use crate::error::JudgeError;
use crate::judgement::Judgement;
use crate::request::JudgeRequest;

use super::scratch::Scratch;

/// An algorithm that turns a config and series into a judgement.
///
/// A judgement is a pure function of the request: the same request gives the same judgement, bit for bit, on
/// every machine and thread, and whatever the scratch was used for before.
///
/// # Example
/// A judge that passes every canary, beside the two that are built in:
/// ```
/// use judge_core::judges::{Judge, Judges, Scratch};
/// use judge_core::{JudgeError, JudgeRequest, Judgement, NetflixAcaJudge};
///
/// struct Lenient;
///
/// impl Judge for Lenient {
///     fn name(&self) -> &str {
///         "Lenient-v1"
///     }
///
///     fn summary(&self) -> &str {
///         "passes every canary that Kayenta's judge can read"
///     }
///
///     fn judge_with(
///         &self,
///         request: &JudgeRequest,
///         scratch: &mut Scratch,
///     ) -> Result<Judgement, JudgeError> {
///         let mut judgement = NetflixAcaJudge.judge_with(request, scratch)?;
///         judgement.verdict = judge_core::Verdict::Pass;
///         Ok(judgement)
///     }
/// }
///
/// let judges = Judges::default().with(Lenient);
/// assert_eq!(judges.by_name("Lenient-v1")?.name(), "Lenient-v1");
/// # Ok::<(), JudgeError>(())
/// ```
pub trait Judge: Send + Sync {
    /// The name that configs use.
    fn name(&self) -> &str;

    /// What the judge does, in one line.
    fn summary(&self) -> &str;

    /// Judges one canary, with buffers of an earlier one.
    ///
    /// # Errors
    /// When the request cannot be judged: a series without a metric in the config, or whatever else this judge
    /// refuses. When the caller stops the judgement.
    fn judge_with(
        &self,
        request: &JudgeRequest,
        scratch: &mut Scratch,
    ) -> Result<Judgement, JudgeError>;

    /// Whether the judge spends one significance level over all looks at a canary ([`JudgeRequest::looks`]).
    fn reads_looks(&self) -> bool {
        false
    }

    /// Judges one canary.
    ///
    /// # Errors
    /// As for [`Judge::judge_with`].
    fn judge(&self, request: &JudgeRequest) -> Result<Judgement, JudgeError> {
        self.judge_with(request, &mut Scratch::default())
    }
}
