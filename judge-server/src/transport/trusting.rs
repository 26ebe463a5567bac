//! TLS for a client on this machine that only asks the server how it is.

use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme, crypto};

use super::tls::certificates;
use crate::settings::TlsFiles;
use crate::settings::error::StartError;

impl TlsFiles {
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
