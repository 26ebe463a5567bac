//! TLS from files.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{Error, RootCertStore, ServerConfig, crypto};

use x509_parser::parse_x509_certificate;

use crate::settings::TlsFiles;
use crate::settings::error::StartError;

/// Marks of an encrypted key in its first lines, in either format.
const ENCRYPTED: &[u8] = b"ENCRYPTED";

/// Content of the files.
#[derive(Debug)]
pub(crate) struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    /// The verifier of client certificates, if they are required.
    pub(super) clients: Option<Arc<dyn ClientCertVerifier>>,
    /// When the server's certificate expires, in Unix time.
    pub(super) expiry: i64,
}

/// When a certificate expires, in Unix time.
fn expiry(certificate: &CertificateDer<'_>) -> Option<i64> {
    let (_, parsed) = parse_x509_certificate(certificate).ok()?;
    Some(parsed.validity().not_after.timestamp())
}

impl TlsFiles {
    /// Reads the files.
    pub(crate) fn load(&self) -> Result<Arc<Tls>, StartError> {
        let provider = Arc::new(crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(StartError::Tls)?;
        let mut clients = None;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|error| StartError::file(path, error))?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()
                        .map_err(|error| StartError::file(path, error))?;
                clients = Some(Arc::clone(&verifier));
                builder.with_client_cert_verifier(verifier)
            }
        };
        let chain = certificates(&self.certificate)?;
        let expiry = chain.first().and_then(expiry).unwrap_or_default();
        let mut config =
            builder.with_single_cert(chain, self.key()?).map_err(|error| self.mismatch(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(Tls { config: Arc::new(config), clients, expiry }))
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, StartError> {
        PrivateKeyDer::from_pem_file(&self.key).map_err(|error| {
            let found = std::fs::read(&self.key).unwrap_or_default();
            let encrypted = found.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED);
            let why = match error {
                _ if encrypted => {
                    "encrypted keys cannot be read: decrypt it with openssl pkey -in FILE -out FILE"
                        .to_owned()
                }
                pem::Error::NoItemsFound => "no private key in it".to_owned(),
                error => error.to_string(),
            };
            StartError::file(&self.key, why)
        })
    }

    fn mismatch(&self, error: &Error) -> StartError {
        let certificate = self.certificate.display();
        let why = match error {
            Error::InconsistentKeys(_) => {
                format!("is not the key of the first certificate in {certificate}")
            }
            error => format!("cannot be used with {certificate}: {error}"),
        };
        StartError::file(&self.key, why)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let failed = |error| StartError::file(path, error);
    let certificates = CertificateDer::pem_file_iter(path).map_err(failed)?;
    let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    if certificates.is_empty() {
        return Err(StartError::file(path, "no certificate in it"));
    }
    Ok(certificates)
}
