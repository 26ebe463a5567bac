//! A server that keeps canaries.

use judge_server::{Settings, StartError};

use crate::harness::{Server, settings};
use crate::source::Prometheus;

/// The flags of a server with a store of its own and a source.
pub(crate) fn flags(folder: &tempfile::TempDir, prometheus: &str) -> Vec<String> {
    let store = folder.path().join("judge.db");
    vec![
        format!("--store={}", store.display()),
        format!("--prometheus={prometheus}"),
        "--kayenta-listen=127.0.0.1:0".to_owned(),
    ]
}

/// A server with a source and an empty store.
pub(crate) struct Service {
    pub(crate) server: Server,
    /// Kept as long as the server.
    pub(crate) source: Prometheus,
    pub(crate) folder: tempfile::TempDir,
}

impl Service {
    /// Starts one; anyone may call without `tokens`.
    pub(crate) async fn start(tokens: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Prometheus::start().await;
        let mut flags = flags(&folder, source.url());
        if !tokens.is_empty() {
            let file = folder.path().join("tokens");
            std::fs::write(&file, tokens).unwrap();
            flags.push(format!("--tokens={}", file.display()));
        }
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        Self { server: Server::start(&flags).await, source, folder }
    }
}

#[tokio::test]
async fn a_server_with_a_store_listens_for_clients_of_kayenta_too() {
    let folder = tempfile::tempdir().unwrap();
    let flags = flags(&folder, "http://127.0.0.1:1");
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = Server::start(&flags).await;
    let health = server.kayenta("/health").await;
    let up = serde_json::json!({"status": "UP"});
    let components = serde_json::json!({"ping": up, "store": up});
    assert_eq!(health.status.as_u16(), 200);
    assert_eq!(health.json(), serde_json::json!({"status": "UP", "components": components}));
    assert!(!health.headers.contains_key("connection"));
    let missing = server.kayenta("/nothing").await;
    assert_eq!(missing.status.as_u16(), 404);
    // Argo Rollouts never closes a connection whose answer was an error.
    assert_eq!(missing.headers["connection"], "close");
    assert_eq!(missing.json()["message"], "nothing at /nothing of Kayenta's API");
    let refused = server.kayenta("/standalone_canary_analysis").await.json();
    assert_eq!(refused["message"], "/standalone_canary_analysis takes POST, not GET");
    // Its file is its own.
    let second = judge_server::Listeners::bind(&settings(&flags)).await.unwrap();
    let refused = judge_server::serve(&settings(&flags), second, async {}).await.unwrap_err();
    assert!(refused.to_string().contains("in use by another process"), "{refused}");
    drop(server.stop);
    server.ended.await.unwrap().unwrap();
    assert!(Server::start(&[]).await.kayenta.is_none());
}

#[test]
fn a_store_needs_a_source_and_a_source_a_store() {
    let check = |flags: &[&str]| -> Result<(), StartError> {
        Settings::read(["judge-server"].iter().chain(flags).map(Into::into)).unwrap().check()
    };
    for one in ["--store=judge.db", "--prometheus=http://prometheus:9090"] {
        assert!(check(&[one]).unwrap_err().to_string().contains("a store and a source"));
    }
    let both = ["--store=judge.db", "--prometheus=http://prometheus:9090"];
    check(&both).unwrap();
    assert!(check(&[both[0], both[1], "--kayenta-listen=0.0.0.0:8090"]).is_err());
    assert!(check(&[both[0], "--prometheus=prometheus:9090"]).is_err());
}
