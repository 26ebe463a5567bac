//! Cancels canaries: as a whole, or by cancelling a look.

use crate::canaries::Canaries;
use crate::error::CanaryError;
use crate::machine;
use crate::plan::Plan;
use crate::record::{Canary, CanaryLook, FailureKind, LookFailure, LookResult};

impl Canaries {
    /// Cancels a canary, unless it has ended. Returns the canary, and whether this call ended it.
    ///
    /// # Errors
    /// If no canary has this id, or the store does not answer.
    pub async fn cancel(&self, id: &str, actor: &str) -> Result<(Canary, bool), CanaryError> {
        let entry = self.entry(actor, "canary.cancel", id, &[]);
        let ended = self.shared.store.cancel(id, &entry).await?;
        let canary = self.shared.store.canary(id).await?;
        if ended {
            self.shared.send_event(&canary.summary);
        }
        Ok((canary, ended))
    }

    /// Ends a canary by cancelling its look `number`, unless the canary has ended or is past this look. In
    /// contrast to [`Self::cancel`], the canary has then failed at that look. Returns whether this call ended
    /// it.
    ///
    /// # Errors
    /// If there is no such canary or look, or the store does not answer.
    pub async fn cancel_look(
        &self,
        id: &str,
        number: usize,
        actor: &str,
    ) -> Result<bool, CanaryError> {
        let canary = self.shared.store.canary(id).await?;
        let plan = Plan::new(canary.request.plan, canary.summary.created_millis)?;
        let window = plan.window(number);
        let window =
            window.ok_or_else(|| CanaryError::Argument(format!("there is no look {number}")))?;
        if canary.summary.is_over() || canary.summary.looks + 1 != number {
            return Ok(false);
        }
        let ended_millis = self.now_millis();
        let began_millis = window.due_millis.min(ended_millis);
        let reasons = vec![format!("cancelled by {actor}")];
        let result = LookResult::Failed(LookFailure { kind: FailureKind::Cancelled, reasons });
        let look = CanaryLook { window, began_millis, ended_millis, result };
        let after = machine::after(&plan, &canary.summary, &look);
        let entry = self.entry(actor, "canary.cancel", id, &[("look", &number.to_string())]);
        let ended = self.shared.store.cancel_look(&look, &after, &entry).await?;
        if ended {
            self.shared.send_event(&after);
        }
        Ok(ended)
    }
}
