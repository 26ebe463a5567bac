use std::future::poll_fn;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;

/// Polls what is not yet to end.
async fn poll_once(future: &mut (impl Future + Unpin)) {
    let pending = poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context).is_pending()));
    assert!(pending.await);
}

#[tokio::test]
async fn what_is_written_goes_out_after_the_poll_and_not_before() {
    let (stream, mut client) = duplex(1024);
    let wire = Wire::new(stream, Arc::default());
    let mut protocol = wire.clone();
    let mut connection = Box::pin(async move {
        protocol.write_all(b"head").await?;
        protocol.flush().await?;
        assert_eq!(protocol.pieces().unsent, b"head"[..]);
        protocol.write_all(b"tail").await?;
        std::future::pending::<io::Result<()>>().await
    });
    let mut polled = Polled { connection: connection.as_mut(), wire: &wire };
    let once = poll_fn(|context| Poll::Ready(Pin::new(&mut polled).poll(context)));
    assert!(once.await.is_pending());
    let mut said = [0; 8];
    client.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"headtail");
}

#[tokio::test]
async fn a_peer_that_does_not_read_bounds_what_waits() {
    // The peer takes 10 bytes and no more.
    let (stream, mut client) = duplex(10);
    let wire = Wire::new(stream, Arc::default());
    let mut protocol = wire.clone();
    let piece = [7; 1000];
    let mut written = 0;
    let slices = [IoSlice::new(&piece), IoSlice::new(&piece)];
    for vectored in [true, false].into_iter().cycle() {
        let once = poll_fn(|context| {
            let protocol = Pin::new(&mut protocol);
            Poll::Ready(if vectored {
                protocol.poll_write_vectored(context, &slices)
            } else {
                protocol.poll_write(context, &piece)
            })
        });
        let Poll::Ready(count) = once.await else { break };
        written += count.unwrap();
        assert!(wire.pieces().unsent.len() <= UNSENT);
    }
    // All that may wait, and what the peer has.
    assert_eq!(written, UNSENT);
    // As the peer reads, all arrives.
    let reading = tokio::spawn(async move {
        let mut all = Vec::new();
        client.read_to_end(&mut all).await.unwrap();
        all.len()
    });
    let mut protocol = wire.clone();
    protocol.shutdown().await.unwrap();
    assert_eq!(reading.await.unwrap(), written);
}

/// Takes everything at once and sends it when it is flushed, as TLS does: not the first time.
#[derive(Default)]
struct Holding {
    taken: Vec<u8>,
    sent: Vec<u8>,
    flushes: usize,
}

impl AsyncWrite for Holding {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.taken.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flushes += 1;
        if self.flushes == 1 {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let taken = std::mem::take(&mut self.taken);
        self.sent.extend(taken);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn what_the_stream_has_taken_but_not_sent_goes_out_too() {
    let activity: Arc<Activity> = Arc::default();
    let wire = Wire::new(Holding::default(), Arc::clone(&activity));
    wire.pieces().unsent.extend_from_slice(b"answer");
    let mut connection = Box::pin(std::future::pending::<io::Result<()>>());
    let mut polled = Polled { connection: connection.as_mut(), wire: &wire };
    poll_once(&mut polled).await;
    assert!(wire.pieces().stream.sent.is_empty());
    // Meanwhile it grows old.
    assert!(!activity.age());
    assert!(activity.age());
    poll_once(&mut polled).await;
    assert_eq!(wire.pieces().stream.sent, b"answer");
    assert!(!activity.age());
}

#[tokio::test]
async fn over_tls_all_arrives_at_a_peer_that_reads_late() {
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(own.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (near, far) = duplex(1000);
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(client));
    let connected = connector.connect(name, far);
    let (stream, client) =
        tokio::join!(TlsAcceptor::from(Arc::new(server)).accept(near), connected);
    let (wire, mut client) = (Wire::new(stream.unwrap(), Arc::default()), client.unwrap());
    // Less than TLS takes at once.
    let answer = vec![7; UNSENT / 2];
    wire.clone().write_all(&answer).await.unwrap();
    let mut connection = Box::pin(std::future::pending::<io::Result<()>>());
    let mut polled = Polled { connection: connection.as_mut(), wire: &wire };
    poll_once(&mut polled).await;
    assert!(wire.pieces().unsent.is_empty());
    let mut read = vec![0; answer.len()];
    let reading = timeout(Duration::from_secs(20), client.read_exact(&mut read));
    tokio::select! {
        read = reading => read.expect("all of it in time").unwrap(),
        _ = polled => unreachable!("nothing ends it"),
    };
    assert_eq!(read, answer);
}

#[tokio::test]
async fn a_lost_peer_ends_the_connection() {
    let (stream, client) = duplex(10);
    drop(client);
    let wire = Wire::new(stream, Arc::default());
    let mut protocol = wire.clone();
    let mut connection = Box::pin(async move {
        protocol.write_all(b"anyone there?").await?;
        std::future::pending::<io::Result<()>>().await
    });
    let polled = Polled { connection: connection.as_mut(), wire: &wire };
    assert_eq!(polled.await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn what_arrives_is_read_whole_and_in_order_to_the_end() {
    let (stream, mut client) = duplex(256 * 1024);
    let sent: Vec<u8> = (0..100_000_u32).map(|number| number.to_le_bytes()[1]).collect();
    client.write_all(&sent).await.unwrap();
    drop(client);
    let wire = Wire::new(stream, Arc::default());
    let mut protocol = wire.clone();
    let mut first = [0; 9];
    protocol.read_exact(&mut first).await.unwrap();
    assert_eq!(wire.pieces().unread.len(), READ - first.len());
    let mut read = first.to_vec();
    protocol.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, sent);
    assert_eq!(wire.pieces().unread.capacity(), 0);
}

#[tokio::test]
async fn what_a_peer_does_not_take_grows_old() {
    let (stream, mut client) = duplex(10);
    let activity: Arc<Activity> = Arc::default();
    let wire = Wire::new(stream, Arc::clone(&activity));
    let mut protocol = wire.clone();
    protocol.write_all(&[7; 40]).await.unwrap();
    let mut connection = Box::pin(std::future::pending::<io::Result<()>>());
    let mut polled = Polled { connection: connection.as_mut(), wire: &wire };
    poll_once(&mut polled).await;
    assert!(!activity.age());
    assert!(activity.age());
    // Slow is not stalled.
    for _ in 0..3 {
        client.read_exact(&mut [0; 10]).await.unwrap();
        poll_once(&mut polled).await;
        assert!(!activity.age());
    }
    // Nor is a peer that nothing is to be sent to.
    client.read_exact(&mut [0; 10]).await.unwrap();
    poll_once(&mut polled).await;
    assert!((0..3).all(|_| !activity.age()));
}
