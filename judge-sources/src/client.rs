//! One source over HTTP: credentials, retries, time limits, size limits.

mod body;
mod faults;
mod in_time;
mod send;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Identity, redirect};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout_at};

use self::in_time::{MOST_READ_AT_ONCE, SMALL_ANSWER};
use crate::error::AskError;
use crate::settings::{Auth, SettingsError, SourceSettings};
use crate::sign::Signer;
use crate::store_request::StoreRequest;

/// A client of one source. It holds the connections, and limits concurrent queries.
#[derive(Debug)]
pub(crate) struct SourceClient {
    pub(crate) settings: SourceSettings,
    http: Client,
    headers: HeaderMap,
    signer: Option<Signer>,
    /// For queries, from the request until the answer is read.
    permits: Arc<Semaphore>,
    /// For reading answers.
    readers: Arc<Semaphore>,
}

/// An error, and the number of attempts.
#[derive(Debug)]
pub(crate) struct AskFailure {
    pub(crate) attempts: u32,
    pub(crate) error: AskError,
}

/// An answer that is not read yet.
struct Received {
    body: Vec<u8>,
    permit: OwnedSemaphorePermit,
    attempts: u32,
}

/// Most attempts, the first one included.
pub(crate) const MOST_ATTEMPTS: u32 = 5;
/// Longest wait before the second attempt. It doubles for each further one (exponential backoff).
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// Longest wait before any attempt.
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl SourceClient {
    pub(crate) fn new(settings: SourceSettings) -> Result<Self, SettingsError> {
        let name = settings.name.clone();
        let headers = headers(&settings)?;
        let signer = match &settings.auth {
            Auth::SigV4 { region, service } => Some(
                Signer::from_environment(region, service)
                    .map_err(|why| SettingsError::Aws { name: name.clone(), why })?,
            ),
            _ => None,
        };
        let mut client = Client::builder()
            .user_agent(concat!("judge/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout));
        if let Some(path) = &settings.tls_ca {
            let unusable =
                |why: String| SettingsError::Tls { name: name.clone(), path: path.clone(), why };
            let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .map_err(|error| unusable(faults::chain(&error)))?;
            if certificates.is_empty() {
                return Err(unusable("expected certificates in PEM, got none".to_owned()));
            }
            client = client.tls_built_in_root_certs(false);
            client =
                certificates.into_iter().fold(client, reqwest::ClientBuilder::add_root_certificate);
        }
        if let Some((certificate, key)) = &settings.tls_identity {
            let mut pem = Vec::new();
            for path in [certificate, key] {
                let unusable = |why: String| SettingsError::Tls {
                    name: name.clone(),
                    path: path.clone(),
                    why,
                };
                pem.extend(std::fs::read(path).map_err(|error| unusable(error.to_string()))?);
                pem.push(b'\n');
            }
            let unusable =
                |why: String| SettingsError::Tls { name: name.clone(), path: key.clone(), why };
            let identity =
                Identity::from_pem(&pem).map_err(|error| unusable(faults::chain(&error)))?;
            client = client.identity(identity);
        }
        let http = client
            .build()
            .map_err(|error| SettingsError::Client { name, why: faults::chain(&error) })?;
        let permits = Arc::new(Semaphore::new(settings.max_queries));
        let readers = Arc::new(Semaphore::new(MOST_READ_AT_ONCE));
        Ok(Self { settings, http, headers, signer, permits, readers })
    }

    /// Sends `ask` and returns its answer, read by `read`, before `deadline`.
    ///
    /// An answer counts as a query until it is read: so a source's limit also bounds the answers in memory.
    pub(crate) async fn answer<T: Send + 'static>(
        &self,
        ask: &StoreRequest,
        deadline: Instant,
        read: impl FnOnce(Vec<u8>) -> T + Send + 'static,
    ) -> Result<T, AskFailure> {
        let Received { body, permit, attempts } = self.receive(ask, deadline).await?;
        let is_small = body.len() <= SMALL_ANSWER;
        let reading = move || {
            let _permit = permit;
            read(body)
        };
        let read = if is_small {
            in_time::on_this_thread(deadline, reading)
        } else {
            in_time::in_time(deadline, &self.readers, reading).await
        };
        read.map_err(|error| AskFailure { attempts, error })
    }

    /// Sends `ask` and receives the answer. It retries with growing waits, as long as that may help and `deadline`
    /// allows it.
    async fn receive(&self, ask: &StoreRequest, deadline: Instant) -> Result<Received, AskFailure> {
        let mut attempts = 0;
        let mut before = None;
        loop {
            let Some(permit) = in_time::permit(&self.permits, deadline).await else {
                let not_asked = AskError::NotAsked(self.settings.max_queries);
                return Err(AskFailure { attempts, error: before.unwrap_or(not_asked) });
            };
            attempts += 1;
            let started = Instant::now();
            let end = started.checked_add(self.settings.timeout);
            let end = end.map_or(deadline, |end| end.min(deadline));
            // Boxed, because most of many concurrent queries wait for a permit.
            let error = match timeout_at(end, Box::pin(self.once(ask))).await {
                Ok(Ok(body)) => return Ok(Received { body, permit, attempts }),
                Ok(Err(error)) => error,
                // A last attempt that the deadline cuts short explains less than the one before.
                Err(_) => match before.take().filter(|_| end == deadline) {
                    Some(error) => return Err(AskFailure { attempts, error }),
                    None => AskError::Late(rounded(end - started)),
                },
            };
            drop(permit);
            let wait = error.retry_after().unwrap_or_else(|| jittered(attempts));
            // A store may ask for more time than clocks have.
            let again = Instant::now().checked_add(wait).filter(|again| *again < deadline);
            let Some(again) = again.filter(|_| error.may_pass() && attempts < MOST_ATTEMPTS) else {
                return Err(AskFailure { attempts, error });
            };
            before = Some(error);
            sleep_until(again).await;
        }
    }
}

/// The wait after attempt `attempts`: between half and all of its maximum, so that requests that failed
/// together do not retry together.
fn jittered(attempts: u32) -> Duration {
    let longest =
        FIRST_WAIT.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST_WAIT);
    longest.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// Rounds to 10 ms if it is at least that, for people: what is left of a timeout of 5 s when the store is asked is a little less.
fn rounded(duration: Duration) -> Duration {
    if duration < Duration::from_millis(10) {
        return duration;
    }
    let tens = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).saturating_add(5) / 10;
    Duration::from_millis(tens * 10)
}

fn headers(settings: &SourceSettings) -> Result<HeaderMap, SettingsError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &settings.headers {
        let read = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()));
        let (Ok(read), Ok(mut value)) = read else {
            return Err(SettingsError::Header {
                name: settings.name.clone(),
                header: name.clone(),
            });
        };
        value.set_sensitive(true);
        headers.insert(read, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_for_people_have_no_odd_milliseconds() {
        for (micros, millis) in [(4_999_600, 5000), (300_000, 300), (1_234_900, 1230), (0, 0)] {
            assert_eq!(rounded(Duration::from_micros(micros)), Duration::from_millis(millis));
        }
    }

    #[test]
    fn waits_grow_and_differ() {
        for (attempts, longest) in [(1, 250), (2, 500), (3, 1000), (6, 8000), (40, 8000)] {
            let waits: Vec<u128> = (0..100).map(|_| jittered(attempts).as_millis()).collect();
            assert!(waits.iter().all(|wait| (longest / 2..=longest).contains(wait)), "{waits:?}");
            assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
        }
    }
}
