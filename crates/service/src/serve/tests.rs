//! Real connections.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::routing::get;
use futures_util::future::join_all;
use futures_util::stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio_util::sync::DropGuard;

use super::*;
use crate::{Health, listen, routes};

mod rest;

/// Counts how often it was copied.
struct Copied(Arc<AtomicUsize>);

impl Clone for Copied {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn a_connection_costs_no_copy_of_the_routes() {
    let copies = Arc::new(AtomicUsize::new(0));
    let counted = Copied(Arc::clone(&copies));
    let route = get(move || {
        std::hint::black_box(&counted);
        std::future::ready("")
    });
    let router = routes(&Health::default()).route("/copied", route);
    let listener = listen("127.0.0.1", 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, router, stop.clone()));
    let connect = async || {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = b"GET /live HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    };
    connect().await;
    let before = copies.load(Ordering::SeqCst);
    for _ in 0..10 {
        connect().await;
    }
    assert_eq!(copies.load(Ordering::SeqCst), before);
    stop.cancel();
    serving.await.unwrap().unwrap();
}

/// Has no end, and holds something as long as it lives.
fn endless(held: DropGuard) -> Body {
    static PIECE: [u8; 65_536] = [b'x'; 65_536];
    Body::from_stream(stream::unfold(held, async |held| {
        Some((Ok::<_, Infallible>(&PIECE[..]), held))
    }))
}

#[tokio::test]
async fn who_reads_nothing_does_not_keep_what_the_answer_holds() {
    let given_up = CancellationToken::new();
    let held = given_up.clone();
    let route = get(move || std::future::ready(endless(held.clone().drop_guard())));
    let router = Router::new().route("/endless", route);
    let listener = listen("127.0.0.1", 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let patience = Patience { stalled: Duration::from_millis(100), ..PATIENCE };
    let serving = serve_patiently(listener.into(), router, stop.clone(), patience);
    let serving = tokio::spawn(serving);
    let mut unread = TcpStream::connect(address).await.unwrap();
    unread.write_all(b"GET /endless HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
    let given_up = tokio::time::timeout(Duration::from_mins(1), given_up.cancelled()).await;
    given_up.expect("its answer is let go of");
    stop.cancel();
    serving.await.unwrap().unwrap();
    drop(unread);
}

#[tokio::test]
async fn half_a_request_holds_up_no_end() {
    let listener = listen("127.0.0.1", 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, routes(&Health::default()), stop.clone()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /live HTTP/1.1\r\nhost: here\r\n\r\nGET /li").await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200", "what came with it has been read");
    // Not before: time that stands still jumps to the next deadline whenever bytes are under way and nobody has
    // anything to do.
    tokio::time::pause();
    stop.cancel();
    let ended = tokio::time::timeout(Duration::from_hours(1), serving).await;
    ended.expect("it ends").unwrap().unwrap();
}

#[tokio::test]
async fn half_a_head_is_not_waited_for_without_end() {
    let listener = listen("127.0.0.1", 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let patience = Patience { head: Duration::from_millis(100), ..PATIENCE };
    let router = routes(&Health::default());
    let serving = serve_patiently(listener.into(), router, stop.clone(), patience);
    let serving = tokio::spawn(serving);
    for begun in ["", "GET /live HTTP/1.1\r\nhost: he"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_mins(1), stream.read_to_end(&mut rest));
        ended.await.expect("the connection ends").unwrap();
        assert!(rest.is_empty());
    }
    stop.cancel();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn long_heads_are_taken_and_endless_ones_refused() {
    let listener = listen("127.0.0.1", 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, routes(&Health::default()), stop.clone()));
    let begin = |target: usize| {
        let path = "x".repeat(target);
        format!("GET /live?{path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\nlong: ")
    };
    let end = "\r\n\r\n";
    let whole = |target, length| {
        let head = begin(target);
        let rest = "x".repeat(length - head.len() - end.len());
        head + &rest + end
    };
    let endless = begin(0) + &"x".repeat(UNREAD - begin(0).len());
    let cases = [(whole(0, 48 * 1024), "200"), (whole(32 * 1024, 48 * 1024), "200")];
    for (head, status) in cases.into_iter().chain([(endless, "431")]) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
    stop.cancel();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn headers_without_an_end_hold_no_more_than_their_share_and_nobody_else_needs_it() {
    const LONG: usize = 40 * 1024;
    let listener = listen("127.0.0.1", 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let listener = Listener::from(listener).with_room_for_heads(5 * LONG);
    let serving = tokio::spawn(serve(listener, routes(&Health::default()), stop.clone()));
    let (mut reading, mut writing) = (JoinSet::new(), Vec::new());
    for _ in 0..4 {
        let (mut from, mut to) = TcpStream::connect(address).await.unwrap().into_split();
        let begin = format!("GET /live HTTP/1.1\r\nhost: here\r\nlong: {}", "x".repeat(LONG));
        to.write_all(begin.as_bytes()).await.unwrap();
        reading.spawn(async move { from.read_u8().await.ok() });
        writing.push(to);
    }
    for _ in 0..2 {
        assert_eq!(reading.join_next().await.unwrap().unwrap(), None, "there is no room for it");
    }
    let mut short = TcpStream::connect(address).await.unwrap();
    short.write_all(b"GET /live HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
    assert_eq!(short.read_u8().await.unwrap(), b'H');
    for to in &mut writing {
        // Two of them are closed.
        to.write_all(b"\r\n\r\n").await.ok();
    }
    assert_eq!(reading.join_all().await, [Some(b'H'); 2], "there was room for these");
    stop.cancel();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn no_more_connections_are_served_at_a_time_than_there_are_places() {
    let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let go = Arc::new(Semaphore::new(0));
    let (entered, peak, leave) = (Arc::clone(&inside), Arc::clone(&most), Arc::clone(&go));
    let route = get(move || {
        let (entered, leave) = (Arc::clone(&entered), Arc::clone(&leave));
        peak.fetch_max(entered.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        async move {
            leave.acquire().await.unwrap().forget();
            entered.fetch_sub(1, Ordering::SeqCst);
        }
    });
    let listener = listen("127.0.0.1", 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let router = Router::new().route("/slow", route);
    let serving = tokio::spawn(serve(Listener::with_places(listener, 2), router, stop.clone()));
    let ask = async || {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = b"GET /slow HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    };
    let let_go = async {
        while inside.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
        // Whoever else could come in would have by then.
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        go.add_permits(5);
    };
    tokio::join!(join_all((0..5).map(|_| ask())), let_go);
    assert_eq!(most.load(Ordering::SeqCst), 2);
    stop.cancel();
    serving.await.unwrap().unwrap();
}

/// Sends a request on a connection that is to be kept, and gives back the answer with its body, one line long.
async fn ask(stream: &mut TcpStream, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: here\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\n") || answer.ends_with(b"\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(answer).unwrap().to_ascii_lowercase()
}

#[tokio::test]
async fn who_leaves_answers_on_says_so_and_keeps_no_connection() {
    let (health, stop) = (Health::default(), CancellationToken::new());
    let leaving = Leaving::lasting(Duration::from_hours(1));
    let listener = listen("127.0.0.1", 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let listener = Listener::from(listener).until_left(leaving.clone());
    let serving = tokio::spawn(serve(listener, routes(&health), stop.clone()));
    let mut kept = TcpStream::connect(address).await.unwrap();
    let before = ask(&mut kept, "/ready").await;
    assert!(
        before.starts_with("http/1.1 200") && !before.contains("connection: close"),
        "{before}"
    );
    let told_again = CancellationToken::new();
    let left = async {
        leaving.run(&health, told_again.cancelled()).await;
        stop.cancel();
    };
    let asking = async {
        // `left` has begun by the time that the first of these is written.
        let ready = ask(&mut kept, "/ready").await;
        assert!(
            ready.starts_with("http/1.1 503") && ready.contains("connection: close"),
            "{ready}"
        );
        assert_eq!(kept.read(&mut [0]).await.unwrap(), 0, "it was the last of its connection");
        let mut another = TcpStream::connect(address).await.unwrap();
        let live = ask(&mut another, "/live").await;
        assert!(live.starts_with("http/1.1 200") && live.contains("connection: close"), "{live}");
        assert!(!stop.is_cancelled());
        told_again.cancel();
    };
    tokio::join!(left, asking);
    serving.await.unwrap().unwrap();
}

/// Asks on a connection that stays open. Returns false if it was closed instead.
async fn answers(stream: &mut TcpStream) -> bool {
    let request = b"GET /live HTTP/1.1\r\nhost: here\r\n\r\n";
    if stream.write_all(request).await.is_err() {
        return false;
    }
    let mut answer = [0; 512];
    let read = stream.read(&mut answer).await.unwrap_or(0);
    answer[..read].starts_with(b"HTTP/1.1 200")
}

#[tokio::test]
async fn a_connection_that_brings_no_request_is_ended_before_one_that_did() {
    let listener = listen("127.0.0.1", 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let patience = Patience { first: Duration::from_secs(1), ..PATIENCE };
    let router = routes(&Health::default());
    let serving = tokio::spawn(serve_patiently(listener.into(), router, stop.clone(), patience));
    let mut asked = TcpStream::connect(address).await.unwrap();
    // On a busy machine its request may come too late.
    while !answers(&mut asked).await {
        asked = TcpStream::connect(address).await.unwrap();
    }
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(b"GET /live HTTP/1.1\r\nhost: ").await.unwrap();
    assert_eq!(half.read(&mut [0]).await.unwrap(), 0);
    assert!(answers(&mut asked).await);
    stop.cancel();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn one_address_leaves_places_to_others() {
    let listener = listen("127.0.0.1", 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let listener = Listener { peers: Arc::new(Peers::strict(2)), ..Listener::from(listener) };
    let serving = tokio::spawn(serve(listener, routes(&Health::default()), stop.clone()));
    let connect = async || TcpStream::connect(address).await.unwrap();
    let (mut first, mut second) = (connect().await, connect().await);
    assert!(answers(&mut first).await && answers(&mut second).await);
    assert!(!answers(&mut connect().await).await);
    assert!(answers(&mut second).await);
    drop(first);
    // Until it is noticed that it has gone.
    while !answers(&mut connect().await).await {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    serving.await.unwrap().unwrap();
}
