//! TLS from files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, ServerConfig, SignatureScheme,
    crypto,
};

use crate::error::StartError;

/// What a key that is encrypted has in its first lines, in either format.
const ENCRYPTED: &[u8] = b"ENCRYPTED";

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
            .with_safe_default_protocol_versions()
            .map_err(StartError::Tls)?;
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
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder
            .with_single_cert(certificates(&self.certificate)?, self.key()?)
            .map_err(|error| self.mismatch(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// For a client on this machine that is about to ask the server how it is. It believes whoever
    /// answers, since it tells nothing, and the file may be newer than what the server has read.
    ///
    /// # Errors
    /// When a file cannot be read or the key does not fit the certificate.
    pub(crate) fn load_client(&self) -> Result<Arc<ClientConfig>, StartError> {
        let provider = Arc::new(crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(StartError::Tls)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone(provider)));
        Ok(Arc::new(match self.client_ca {
            None => builder.with_no_client_auth(),
            Some(_) => builder
                .with_client_auth_cert(certificates(&self.certificate)?, self.key()?)
                .map_err(|error| self.mismatch(&error))?,
        }))
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

/// Takes any server's certificate.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
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
