//! Requests that are answered before all of them was read.

use axum::http::StatusCode;
use axum::routing::post;

use super::*;
use crate::serve::rest::Limits;

/// More than the kernel keeps of what nobody has read yet.
const LONG: usize = 32 << 20;

struct Refusing {
    heads: Heads,
    address: std::net::SocketAddr,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<io::Result<()>>,
}

impl Refusing {
    /// A program that refuses every request without a look at its body.
    async fn start(rest: Limits) -> Self {
        let listener = listen("127.0.0.1", 0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = Router::new().route("/", post(async || StatusCode::UNAUTHORIZED));
        let listener = Listener::from(listener);
        let heads = listener.heads.clone();
        let patience = Patience { rest, ..PATIENCE };
        let serving = serve_patiently(listener, router, stop.clone(), patience);
        Self { heads, address, serving: tokio::spawn(serving), stop }
    }

    /// Connects, and begins a request with a body of this length.
    async fn begin(&self, length: usize, header: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head(length, header).as_bytes()).await.unwrap();
        stream
    }

    async fn stop(self) {
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
    }
}

fn head(length: usize, header: &str) -> String {
    format!("POST / HTTP/1.1\r\nhost: here\r\ncontent-length: {length}\r\n{header}\r\n")
}

async fn refusal(stream: &mut TcpStream) {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test]
async fn who_is_refused_before_they_have_sent_all_gets_the_answer() {
    let hour = Duration::from_hours(1);
    let server = Refusing::start(Limits { pause: hour, total: hour }).await;
    let mut stream = server.begin(LONG, "").await;
    stream.write_all(&vec![b'x'; LONG]).await.unwrap();
    refusal(&mut stream).await;
    let free = async {
        while server.heads.left() < heads::MOST {
            tokio::task::yield_now().await;
        }
    };
    let free = tokio::time::timeout(Duration::from_mins(1), free).await;
    free.expect("what was read takes no room of unfinished headers");
    // The connection can be used on.
    stream.write_all(head(2, "").as_bytes()).await.unwrap();
    stream.write_all(b"{}").await.unwrap();
    refusal(&mut stream).await;
    server.stop().await;
}

#[tokio::test]
async fn a_rest_that_does_not_come_or_has_no_end_is_not_waited_for() {
    let rest = Limits { pause: Duration::from_millis(50), total: Duration::from_millis(200) };
    let server = Refusing::start(rest).await;
    let mut silent = server.begin(100, "").await;
    silent.write_all(b"half").await.unwrap();
    refusal(&mut silent).await;
    let end = tokio::time::timeout(Duration::from_mins(1), silent.read(&mut [0])).await;
    assert_eq!(end.expect("the connection ends").unwrap(), 0);

    let mut endless = server.begin(usize::MAX / 2, "").await;
    let writing = async { while endless.write_all(&[b'x'; 1000]).await.is_ok() {} };
    tokio::time::timeout(Duration::from_mins(1), writing).await.expect("the connection ends");
    server.stop().await;
}

#[tokio::test]
async fn who_asks_first_is_not_made_to_send_what_nobody_reads() {
    let hour = Duration::from_hours(1);
    let server = Refusing::start(Limits { pause: hour, total: hour }).await;
    let mut polite = server.begin(LONG, "expect: 100-continue\r\n").await;
    refusal(&mut polite).await;
    let end = tokio::time::timeout(Duration::from_mins(1), polite.read(&mut [0])).await;
    assert_eq!(end.expect("it was the last of its connection").unwrap(), 0);
    server.stop().await;
}
