//! Certificates: whom a source trusts, and what it shows of itself.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::server::{PROMETHEUS, at, fetch_up, listen, matrix, ok, request, run, settings};

/// For answers that come at once, however busy the machine is.
const SOON: Duration = Duration::from_secs(20);

struct Certificate {
    der: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn issued(authority: &CertifiedIssuer<'static, KeyPair>, name: &str, until: i32) -> Certificate {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    Certificate { der: certificate.der().clone(), pem: certificate.pem(), key }
}

/// A server with `certificate`, which asks for one of `clients` if there is such an authority.
async fn server(certificate: Certificate, clients: Option<CertificateDer<'static>>) -> String {
    let builder = match clients {
        None => ServerConfig::builder().with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority).unwrap();
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
            ServerConfig::builder().with_client_cert_verifier(verifier)
        }
    };
    let key = PrivateKeyDer::try_from(certificate.key.serialize_der()).unwrap();
    let config = builder.with_single_cert(vec![certificate.der], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let address = listen(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            while request(&mut stream).await.is_some() {
                let _ = stream.write_all(ok(&matrix(3)).as_bytes()).await;
            }
        }
    });
    let address = address.await;
    format!("https://localhost:{}", address.rsplit_once(':').unwrap().1)
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn a_certificate_must_be_valid_now_and_here() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority();
    let ca = format!("tls-ca = '{}'", written(folder.path(), "ca.pem", &authority.pem()));
    run(async {
        let good = server(issued(&authority, "localhost", 2100), None).await;
        fetch_up(settings(PROMETHEUS, &good, &ca), SOON).await.unwrap();
        let error = fetch_up(at(PROMETHEUS, &good), SOON).await.unwrap_err();
        assert!(
            error.contains("no secure connection to localhost:")
                && error.contains("as tls-ca in the source's table [sources.NAME]")
                && !error.contains("tried"),
            "{error}"
        );
        let expired = server(issued(&authority, "localhost", 2021), None).await;
        let error = fetch_up(settings(PROMETHEUS, &expired, &ca), SOON).await.unwrap_err();
        assert!(
            error.contains("no secure connection to localhost:") && error.contains("expired"),
            "{error}"
        );
        let other = server(issued(&authority, "elsewhere.example", 2100), None).await;
        let error = fetch_up(settings(PROMETHEUS, &other, &ca), SOON).await.unwrap_err();
        assert!(
            error.contains("no secure connection to localhost:")
                && error.contains("not valid for name"),
            "{error}"
        );
    });
}

#[test]
fn a_source_shows_its_own_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority();
    let ca = format!("tls-ca = '{}'", written(folder.path(), "ca.pem", &authority.pem()));
    let client = issued(&authority, "judge", 2100);
    let certificate = written(folder.path(), "client.pem", &client.pem);
    let key = written(folder.path(), "client.key", &client.key.serialize_pem());
    run(async {
        let url =
            server(issued(&authority, "localhost", 2100), Some(authority.der().clone())).await;
        let identity = format!("{ca}\ntls-certificate = '{certificate}'\ntls-key = '{key}'");
        fetch_up(settings(PROMETHEUS, &url, &identity), SOON).await.unwrap();
        let error = fetch_up(settings(PROMETHEUS, &url, &ca), SOON).await.unwrap_err();
        assert!(error.to_ascii_lowercase().contains("certificate"), "{error}");
        let missing = format!("{ca}\ntls-certificate = '{certificate}'\ntls-key = '{key}.not'");
        let error = fetch_up(settings(PROMETHEUS, &url, &missing), SOON).await.unwrap_err();
        assert!(
            error.contains("source store: cannot use ") && error.contains("client.key.not: "),
            "{error}"
        );
    });
}
