//! Subjects and expiry of certificates.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;
use tokio::time::interval;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tracing::warn;
use x509_parser::parse_x509_certificate;

use super::reload::Fresh;
use super::tls::Tls;
use crate::observe::metrics::Metrics;

/// How long the check of a client's certificate is valid while nothing changed: it may expire.
const LOOKED_AT: Duration = Duration::from_mins(1);

/// Time between two updates of the gauge from the server's certificate.
const EVERY: Duration = Duration::from_secs(10);

/// Seconds between two warnings, and seconds before the expiry from which on to warn.
const DAY: u64 = 24 * 60 * 60;
const SOON: i64 = 7 * 24 * 60 * 60;

/// The certificate of a client, which was valid when it connected.
#[derive(Debug)]
pub(crate) struct ClientCertificate {
    chain: Vec<CertificateDer<'static>>,
    subject: Arc<str>,
    tls: Fresh<Tls>,
    /// The TLS files that it was last checked with, and the time.
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

    /// Checks that it is still valid.
    pub(crate) fn is_good(&self) -> bool {
        let now = self.tls.load_full();
        let mut looked = self.looked.lock();
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

/// Reports for ever when the server's certificate expires: in a gauge, and in a daily warning shortly before.
pub(crate) async fn watch_expiry(tls: Fresh<Tls>, metrics: Arc<Metrics>) {
    let mut every = interval(EVERY);
    let mut warnings = ExpiryWarnings::default();
    loop {
        every.tick().await;
        let expiry = tls.load().expiry;
        metrics.certificate_expiry.set(expiry);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        match warnings.due(expiry, i64::try_from(now.as_secs()).unwrap_or(i64::MAX)) {
            Some(left) if left < 0 => {
                warn!(expired_seconds_ago = -left, "the server's certificate has expired");
            }
            Some(left) => warn!(expires_in_seconds = left, "the server's certificate expires soon"),
            None => {}
        }
    }
}

/// The last warning: the expiry that it was about, and its time, both in Unix time.
#[derive(Default)]
struct ExpiryWarnings(Option<(i64, i64)>);

impl ExpiryWarnings {
    /// The seconds left, if a warning is due.
    fn due(&mut self, expiry: i64, now: i64) -> Option<i64> {
        let left = expiry - now;
        // A clock that was set back does not delay it for longer.
        let said = self.0.is_some_and(|(which, at)| which == expiry && now.abs_diff(at) < DAY);
        if left >= SOON || said {
            return None;
        }
        self.0 = Some((expiry, now));
        Some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRY: i64 = 1_800_000_000;
    const ONE_DAY: i64 = 24 * 60 * 60;

    /// What is warned of by a clock that ticks as the server's does.
    fn warned(warnings: &mut ExpiryWarnings, expiry: i64, from: i64, until: i64) -> Vec<i64> {
        let step = usize::try_from(EVERY.as_secs()).unwrap();
        (from..until).step_by(step).filter_map(|now| warnings.due(expiry, now)).collect()
    }

    #[test]
    fn an_expiring_certificate_is_warned_of_once_a_day_before_and_after_its_end() {
        let mut warnings = ExpiryWarnings::default();
        let week = EXPIRY - 7 * ONE_DAY;
        assert_eq!(warned(&mut warnings, EXPIRY, week - 30 * ONE_DAY, week + 1), Vec::<i64>::new());
        // The first tick within the week, and every day from there.
        let days: Vec<i64> = (0..9).map(|day| 7 * ONE_DAY - 10 - day * ONE_DAY).collect();
        let found = warned(&mut warnings, EXPIRY, week + 10, week + 10 + 9 * ONE_DAY);
        assert_eq!(found, days);
        assert!(found[6] > 0 && found[7] < 0, "{found:?}");
    }

    #[test]
    fn a_certificate_that_replaces_another_is_warned_of_by_its_own_end() {
        let mut warnings = ExpiryWarnings::default();
        let now = EXPIRY - ONE_DAY;
        assert_eq!(warnings.due(EXPIRY, now), Some(ONE_DAY));
        assert_eq!(warnings.due(EXPIRY, now + 10), None);
        // One that is good for long is not warned of; one that is not is, though a day has not passed.
        assert_eq!(warnings.due(EXPIRY + 90 * ONE_DAY, now + 20), None);
        assert_eq!(warnings.due(EXPIRY + 60, now + 30), Some(ONE_DAY + 30));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_silence_the_warning() {
        let mut warnings = ExpiryWarnings::default();
        assert_eq!(warnings.due(EXPIRY, EXPIRY - ONE_DAY), Some(ONE_DAY));
        assert_eq!(warnings.due(EXPIRY, EXPIRY - 2 * ONE_DAY), Some(2 * ONE_DAY));
        assert_eq!(warnings.due(EXPIRY, EXPIRY - 2 * ONE_DAY + 10), None);
    }
}
