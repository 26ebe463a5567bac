//! A way to a database that can be cut, or fall silent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// The way to a port of this machine.
pub(crate) struct Wire {
    cut: Arc<AtomicBool>,
    cutting: Arc<Notify>,
    /// Whether connections carry nothing: the last for new ones, the others for those of earlier machines.
    silent: Arc<Mutex<Vec<watch::Sender<bool>>>>,
    pub(crate) port: u16,
}

impl Wire {
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            cut: Arc::default(),
            cutting: Arc::default(),
            silent: Arc::new(Mutex::new(vec![watch::Sender::new(false)])),
            port: listener.local_addr().unwrap().port(),
        };
        let (cut, cutting) = (Arc::clone(&wire.cut), Arc::clone(&wire.cutting));
        let all = Arc::clone(&wire.silent);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if cut.load(Ordering::SeqCst) {
                    continue;
                }
                let cutting = Arc::clone(&cutting);
                let silent = all.lock().unwrap().last().unwrap().subscribe();
                tokio::spawn(async move {
                    let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    tokio::select! {
                        () = copy(from_client, to_server, silent.clone()) => {}
                        () = copy(from_server, to_client, silent) => {}
                        () = cutting.notified() => {}
                    }
                });
            }
        });
        wire
    }

    /// Closes all connections, and new ones at once.
    #[allow(dead_code, reason = "the library's tests use it")]
    pub(crate) fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
        self.cutting.notify_waiters();
    }

    /// Keeps all connections, and carries nothing meanwhile.
    #[allow(dead_code, reason = "the server's tests use it")]
    pub(crate) fn silence(&self, silent: bool) {
        self.silent.lock().unwrap().last().unwrap().send_replace(silent);
    }

    /// All connections fall silent for ever, as if their machine were gone; new ones reach another in its place.
    #[allow(dead_code, reason = "the library's tests use it")]
    pub(crate) fn replace(&self) {
        self.silence(true);
        self.silent.lock().unwrap().push(watch::Sender::new(false));
    }
}

/// Copies until an end closes.
async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut silent: watch::Receiver<bool>) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if silent.wait_for(|silent| !silent).await.is_err()
            || to.write_all(&bytes[..count]).await.is_err()
        {
            return;
        }
    }
}
