//! Checks that settings fit together.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use judge_canary::StorePlace;
use judge_contract::limits::{Limits, UNCOUNTED_BYTES};
use judge_sources::{SourceSettings, StoreKind};
use reqwest::Url;

use super::Settings;
use super::error::StartError;

/// The files of TLS.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    /// The server's certificate chain.
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    /// Authorities of the required client certificates.
    pub(crate) client_ca: Option<PathBuf>,
}

/// The store of canaries, and their sources.
#[derive(Debug, Clone)]
pub(crate) struct StoreSettings {
    pub(crate) place: StorePlace,
    pub(crate) sources: Vec<SourceSettings>,
}

/// Destination of the ends of canaries.
#[derive(Debug, Clone)]
pub(crate) struct WebhookSettings {
    pub(crate) url: Url,
    pub(crate) secret_file: PathBuf,
}

/// Whether only one of two addresses can be listened on. With port 0 the system gives each its own.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    // [::] has the ports of IPv4, too.
    let covers = |all: IpAddr, ip: IpAddr| {
        all == ip || (all.is_unspecified() && (all.is_ipv6() || ip.is_ipv4()))
    };
    let (ip, its) = (one.ip(), other.ip());
    one.port() == other.port() && one.port() != 0 && (covers(ip, its) || covers(its, ip))
}

impl Settings {
    /// The files of TLS, if it is on.
    pub(crate) fn tls(&self) -> Result<Option<TlsFiles>, StartError> {
        match (&self.tls_certificate, &self.tls_key, &self.tls_client_ca) {
            (Some(certificate), Some(key), client_ca) => Ok(Some(TlsFiles {
                certificate: certificate.clone(),
                key: key.clone(),
                client_ca: client_ca.clone(),
            })),
            (None, None, None) => Ok(None),
            _ => Err(StartError::Settings(
                "--tls-certificate and --tls-key are needed together, and both for --tls-client-ca"
                    .into(),
            )),
        }
    }

    /// Checks that the settings fit together. The files that they name are not read.
    ///
    /// # Errors
    /// If the server would not start with them.
    pub fn check(&self) -> Result<(), StartError> {
        let mut all = vec![("grpc-listen", self.grpc_listen), ("http-listen", self.http_listen)];
        if self.store_settings()?.is_some() {
            all.push(("kayenta-listen", self.kayenta_listen));
        }
        while let Some((name, address)) = all.pop() {
            self.check_protected(address)?;
            if let Some((other, its)) = all.iter().find(|(_, its)| overlap(*its, address)) {
                return Err(StartError::Settings(format!(
                    "{other} {its} and {name} {address} overlap: each needs a port of its own"
                )));
            }
        }
        self.webhook()?;
        if self.configs.is_some() && self.store.is_none() {
            return Err(StartError::Settings("--configs needs --store and a source".into()));
        }
        self.tls().map(drop)
    }

    /// The store of canaries and their sources, if they are set.
    pub(crate) fn store_settings(&self) -> Result<Option<StoreSettings>, StartError> {
        let wrong = |error: judge_sources::SettingsError| StartError::Settings(error.to_string());
        let mut sources = self.sources.clone();
        if let Some(url) = &self.prometheus {
            let kind = StoreKind::Prometheus;
            sources.push(SourceSettings::at("prometheus", kind, url).map_err(wrong)?);
        }
        match self.store_place() {
            None if sources.is_empty() => Ok(None),
            Some(place) if !sources.is_empty() => Ok(Some(StoreSettings { place, sources })),
            _ => Err(StartError::Settings(
                "canaries need a store and a source: --store with --prometheus, or with the table [sources] of --config"
                    .into(),
            )),
        }
    }

    /// Destination of the ends of canaries, if it is set.
    pub(crate) fn webhook(&self) -> Result<Option<WebhookSettings>, StartError> {
        let wrong = |why: &str| Err(StartError::Settings(why.to_owned()));
        let (url, secret_file) = match (&self.webhook_url, &self.webhook_secret_file) {
            (None, None) => return Ok(None),
            (Some(url), Some(file)) if self.store.is_some() => (url, file.clone()),
            _ => {
                return wrong(
                    "--webhook-url, --webhook-secret-file and --store are needed together",
                );
            }
        };
        match Url::parse(url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                Ok(Some(WebhookSettings { url, secret_file }))
            }
            _ => wrong("webhook-url: expected a URL such as https://example.org/hook"),
        }
    }

    /// The limits on one request.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            message_bytes: self.max_message_size.get(),
            metrics: self.max_metrics,
            series_points: self.max_series_points,
            total_points: self.max_points,
            uncounted_bytes: UNCOUNTED_BYTES,
        }
    }

    /// Location of the store, if it is set.
    pub(crate) fn store_place(&self) -> Option<StorePlace> {
        let place = self.store.clone()?;
        let is_url = place.starts_with("postgres://") || place.starts_with("postgresql://");
        Some(if is_url { StorePlace::Postgres(place) } else { StorePlace::Sqlite(place.into()) })
    }

    /// Whether browsers reach this server over TLS only.
    pub(crate) fn secure_cookies(&self) -> bool {
        let public = self.public_url.as_deref().unwrap_or_default();
        self.tls_certificate.is_some() || public.starts_with("https://")
    }

    /// Checks that strangers who reach `address` cannot call.
    pub(crate) fn check_protected(&self, address: SocketAddr) -> Result<(), StartError> {
        let protected = self.tokens.is_some() || self.tls_client_ca.is_some() || self.insecure;
        if protected || address.ip().is_loopback() {
            Ok(())
        } else {
            Err(StartError::Unprotected(address))
        }
    }
}
