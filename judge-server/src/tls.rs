//! TLS from files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};

use crate::error::StartError;

/// The files.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    /// The server's certificate and those between it and its authority.
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    /// Whoever calls needs a certificate of one of these authorities.
    pub(crate) client_ca: Option<PathBuf>,
}

impl TlsFiles {
    /// What the files say now.
    ///
    /// # Errors
    /// When a file cannot be read or the key does not fit the certificate.
    pub(crate) fn load(&self) -> Result<Arc<ServerConfig>, StartError> {
        let provider = Arc::new(crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path)? {
                    roots.add(certificate)?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()
                        .map_err(|error| StartError::file(path, error))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| StartError::file(&self.key, error))?;
        let mut config = builder.with_single_cert(certificates(&self.certificate)?, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
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
