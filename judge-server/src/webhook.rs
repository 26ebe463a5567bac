//! Posts the end of every canary to a URL: `CloudEvents` 1.0 in JSON, signed by Standard Webhooks. The store has the
//! deliveries, so no end is lost by a restart.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use judge_canary::{Canaries, CanaryEvent, ClaimDue, Delivery, KeepError};
use reqwest::{Client, Url};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::broadcast::Receiver;
use tracing::{debug, warn};

use crate::convert::canary::ended_event;
use crate::settings::error::StartError;
use crate::settings::{Settings, WebhookSettings};

/// Most deliveries at the same time.
const AT_ONCE: usize = 8;
/// Timeout of the receiver.
const ANSWER: Duration = Duration::from_secs(10);
/// Lease of a delivery, longer than the receiver's timeout.
const LEASE_MILLIS: i64 = 30_000;
/// Wait before the second attempt; it doubles.
const FIRST_WAIT_MILLIS: i64 = 1000;
/// Longest wait between two attempts.
const LONGEST_WAIT_MILLIS: i64 = 3_600_000;
/// A delivery is given up after this time.
const GIVE_UP_MILLIS: i64 = 3 * 24 * 3_600_000;
/// Time between two reads of deliveries from the store, besides events of this process.
const POLL: Duration = Duration::from_secs(1);
/// Prefix of a secret in base64, by Standard Webhooks.
const BASE64_SECRET: &str = "whsec_";

/// The URL and the secret.
pub(crate) struct Webhook {
    url: Url,
    secret: Vec<u8>,
    client: Client,
    /// Base URL of this server's pages and calls.
    public_url: String,
}

impl std::fmt::Debug for Webhook {
    /// Without the secret and the URL, which may contain one.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

impl Webhook {
    pub(crate) fn open(webhook: &WebhookSettings, settings: &Settings) -> Result<Self, StartError> {
        let path = &webhook.secret_file;
        let text = std::fs::read_to_string(path).map_err(|error| StartError::file(path, error))?;
        let secret = secret(text.trim()).map_err(|why| StartError::file(path, why))?;
        let client = Client::builder().timeout(ANSWER).redirect(reqwest::redirect::Policy::none());
        let client = client.build().map_err(|error| StartError::Settings(error.to_string()))?;
        let public_url = settings.public_url.clone().unwrap_or_default();
        Ok(Self { url: webhook.url.clone(), secret, client, public_url })
    }

    /// Sends deliveries, for ever.
    pub(crate) async fn run(self: Arc<Self>, canaries: Canaries) {
        let owner = format!("webhook {:016x}", fastrand::u64(..));
        let mut events = canaries.events();
        loop {
            let sent = self.send_due(&canaries, &owner).await;
            match sent {
                // There may be more.
                Ok(AT_ONCE) => continue,
                Ok(_) => {}
                Err(error) => warn!("ends of canaries wait for the store: {error}"),
            }
            // An end only makes the next read earlier.
            let _ = tokio::time::timeout(POLL, next_end(&mut events)).await;
        }
    }

    async fn send_due(&self, canaries: &Canaries, owner: &str) -> Result<usize, KeepError> {
        let now_millis = canaries.now_millis();
        let lease_millis = now_millis.saturating_add(LEASE_MILLIS);
        let claim = ClaimDue { owner, now_millis, lease_millis, limit: AT_ONCE };
        let claimed = canaries.store().claim_deliveries(claim).await?;
        let sends = claimed.iter().map(async |delivery| self.send(canaries, owner, delivery).await);
        join_all(sends).await.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(claimed.len())
    }

    async fn send(
        &self,
        canaries: &Canaries,
        owner: &str,
        delivery: &Delivery,
    ) -> Result<(), KeepError> {
        let id = &delivery.canary_id;
        let store = canaries.store();
        let canary = store.canary(id).await?;
        let body = self.body(id, ended_event(canary));
        let now = canaries.now_millis();
        match self.post(id, now / 1000, body).await {
            Ok(()) => store.remove_delivery(id).await,
            Err(why) if now.saturating_sub(delivery.since_millis) > GIVE_UP_MILLIS => {
                warn!(canary = id, "the end of a canary is not sent after three days: {why}");
                store.remove_delivery(id).await
            }
            Err(why) => {
                debug!(canary = id, attempts = delivery.attempts, "is sent again: {why}");
                let wait = FIRST_WAIT_MILLIS.saturating_mul(1 << delivery.attempts.min(20));
                let next = now.saturating_add(wait.min(LONGEST_WAIT_MILLIS));
                store.postpone_delivery(owner, id, next).await
            }
        }
    }

    fn body(&self, id: &str, mut data: Value) -> String {
        if !self.public_url.is_empty() {
            data["url"] = json!(format!("{}/canaries/{id}", self.public_url));
        }
        let source = if self.public_url.is_empty() { "judge-server" } else { &self.public_url };
        json!({
            "specversion": "1.0",
            "type": "canary.judge.v1.canary.ended",
            "source": source,
            "id": id,
            "time": data["canary"]["ended"],
            "subject": data["canary"]["application"],
            "datacontenttype": "application/json",
            "data": data,
        })
        .to_string()
    }

    /// Posts a signed body. The receiver has accepted it if the status is 2xx.
    async fn post(&self, id: &str, seconds: i64, body: String) -> Result<(), String> {
        let signature = sign(&self.secret, id, seconds, &body);
        let request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/cloudevents+json; charset=utf-8")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", format!("v1,{signature}"))
            .body(body);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("answered {}", answer.status())),
            Err(error) => Err(error.without_url().to_string()),
        }
    }
}

/// Waits until a canary ends, or an event was missed.
async fn next_end(events: &mut Receiver<CanaryEvent>) {
    while events.recv().await.is_ok_and(|event| !event.canary.is_over()) {}
}

/// The key in the text of a secret.
fn secret(text: &str) -> Result<Vec<u8>, String> {
    let key = match text.strip_prefix(BASE64_SECRET) {
        Some(rest) => STANDARD.decode(rest).map_err(|error| error.to_string())?,
        None => text.as_bytes().to_vec(),
    };
    if key.len() < 16 { Err("a secret has 16 bytes or more".to_owned()) } else { Ok(key) }
}

/// HMAC-SHA256 of id, time and body, in base64.
fn sign(secret: &[u8], id: &str, seconds: i64, body: &str) -> String {
    // A key may have any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use judge_canary::CanarySummary;
    use tokio::sync::broadcast;

    use super::*;

    #[tokio::test]
    async fn only_an_end_begins_a_read() {
        let (sender, mut events) = broadcast::channel(4);
        let event = |ended_millis| CanaryEvent {
            canary: CanarySummary { ended_millis, ..CanarySummary::default() },
            postponed: None,
        };
        sender.send(event(None)).unwrap();
        let soon = Duration::from_millis(1);
        assert!(tokio::time::timeout(soon, next_end(&mut events)).await.is_err());
        sender.send(event(None)).unwrap();
        sender.send(event(Some(1))).unwrap();
        next_end(&mut events).await;
        assert!(events.is_empty());
    }

    /// The example of the Standard Webhooks specification's own libraries.
    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        let key = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed =
            sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(secret("short").is_err() && secret("whsec_?").is_err());
    }
}
