//! What stands before several receivers: the simplest balancer there is. Each connection goes to
//! the next receiver that takes it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

pub struct Balancer {
    pub url: String,
    _accepting: AbortOnDropHandle<()>,
}

impl Balancer {
    pub async fn before(receivers: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let receivers = Arc::new(receivers);
        let turn = Arc::new(AtomicUsize::new(0));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(hand_on(client, Arc::clone(&receivers), Arc::clone(&turn)));
            }
        });
        Self { url, _accepting: AbortOnDropHandle::new(accepting) }
    }
}

async fn hand_on(mut client: TcpStream, receivers: Arc<Vec<SocketAddr>>, turn: Arc<AtomicUsize>) {
    for _ in 0..receivers.len() {
        let next = turn.fetch_add(1, Ordering::Relaxed) % receivers.len();
        if let Ok(mut receiver) = TcpStream::connect(receivers[next]).await {
            // However it ends, the client sees it.
            copy_bidirectional(&mut client, &mut receiver).await.ok();
            return;
        }
    }
}
