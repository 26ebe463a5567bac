//! Calls of Kayenta's own API.

use http::StatusCode;

use super::routes::KayentaCall;
use super::{Answered, Handlers};

impl Handlers {
    /// Answers a call of Kayenta's clients.
    pub(super) async fn kayenta(&self, call: KayentaCall) -> Answered {
        match call {
            KayentaCall::Health => self.health().await,
        }
    }

    /// As Spring's actuator has it: images probe it.
    async fn health(&self) -> Answered {
        let store_answers = match &self.canaries {
            Some(canaries) => canaries.store().ping().await.is_ok(),
            None => false,
        };
        if self.leaving.is_cancelled() || !store_answers {
            super::http::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"DOWN"}"#)
        } else {
            super::http::json(StatusCode::OK, r#"{"status":"UP"}"#)
        }
    }
}
