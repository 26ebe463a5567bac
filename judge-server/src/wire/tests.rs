use std::future::poll_fn;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::*;

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
    let mut write = async || {
        poll_fn(|context| {
            Poll::Ready(Pin::new(&mut protocol).poll_write(context, &piece).is_ready())
        })
        .await
    };
    while write().await {
        written += piece.len();
        assert!(written < 2 * UNSENT);
    }
    assert!(written >= UNSENT);
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
    let mut poll = async || {
        let once = poll_fn(|context| Poll::Ready(Pin::new(&mut polled).poll(context).is_pending()));
        assert!(once.await);
    };
    poll().await;
    assert!(!activity.age());
    assert!(activity.age());
    // Slow is not stalled.
    for _ in 0..3 {
        client.read_exact(&mut [0; 10]).await.unwrap();
        poll().await;
        assert!(!activity.age());
    }
    // Nor is a peer that nothing is to be sent to.
    client.read_exact(&mut [0; 10]).await.unwrap();
    poll().await;
    assert!((0..3).all(|_| !activity.age()));
}
