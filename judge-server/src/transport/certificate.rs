//! What certificates say: whose they are, and until when.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::time::interval;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tracing::warn;
use x509_parser::parse_x509_certificate;

use super::reload::Fresh;
use super::tls::Tls;
use crate::observe::metrics::Metrics;

/// How long a client's certificate counts as looked at while nothing changed: it may expire.
const LOOKED_AT: Duration = Duration::from_mins(1);

/// How often the gauge is set to what the server's certificate says.
const EVERY: Duration = Duration::from_secs(10);

/// How often to warn, and how long before the certificate expires.
const DAY: Duration = Duration::from_hours(24);
const SOON: i64 = 7 * 24 * 60 * 60;

/// The certificate of a client, which was good when it connected.
#[derive(Debug)]
pub(crate) struct ClientCertificate {
    chain: Vec<CertificateDer<'static>>,
    subject: Arc<str>,
    tls: Fresh<Tls>,
    /// Against what it was looked at last, and when.
    looked: Mutex<(Arc<Tls>, Instant)>,
}

impl ClientCertificate {
    pub(super) fn new(chain: &[CertificateDer<'_>], by: Arc<Tls>, tls: Fresh<Tls>) -> Option<Self> {
        let parsed = parse_x509_certificate(chain.first()?).ok();
        let subject = parsed.map(|(_, parsed)| parsed.subject().to_string());
        let chain = chain.iter().map(|part| part.clone().into_owned()).collect();
        let looked = Mutex::new((by, Instant::now()));
        Some(Self { chain, subject: subject.unwrap_or_default().into(), tls, looked })
    }

    pub(crate) fn subject(&self) -> &Arc<str> {
        &self.subject
    }

    /// Whether it is still one of those that may call.
    pub(crate) fn is_good(&self) -> bool {
        let now = self.tls.get();
        // Nothing that could panic runs under the lock.
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&looked.0, &now) && looked.1.elapsed() < LOOKED_AT {
            return true;
        }
        let good = now.clients.as_ref().is_none_or(|clients| {
            let (own, between) = self.chain.split_at(self.chain.len().min(1));
            own.first().is_some_and(|own| {
                clients.verify_client_cert(own, between, UnixTime::now()).is_ok()
            })
        });
        if good {
            *looked = (now, Instant::now());
        }
        good
    }
}

/// Says when the server's certificate expires, for as long as it runs: in a gauge, and in a warning a day
/// once it is soon.
pub(crate) async fn watch_expiry(tls: Fresh<Tls>, metrics: Arc<Metrics>) {
    let mut every = interval(EVERY);
    let mut warned: Option<(i64, Instant)> = None;
    loop {
        every.tick().await;
        let expiry = tls.get().expiry;
        metrics.certificate_expiry.set(expiry);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let left = expiry - i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let said = warned.is_some_and(|(which, when)| which == expiry && when.elapsed() < DAY);
        if left < SOON && !said {
            warned = Some((expiry, Instant::now()));
            if left < 0 {
                warn!(expired_seconds_ago = -left, "the server's certificate has expired");
            } else {
                warn!(expires_in_seconds = left, "the server's certificate expires soon");
            }
        }
    }
}
