//! Files in a bucket of a server that speaks S3 (`tools/setup s3`).

#![expect(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use objects::{Access, Address, Config, Error, Objects, Reader};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::time;

const BUCKET: &str = "attachments";

/// Moto, which ends when this is dropped.
struct Server {
    port: u16,
    _child: Child,
}

impl Server {
    async fn start() -> Self {
        let port = testkit::free_port();
        let tools = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.tools/s3");
        assert!(tools.exists(), "run `tools/setup s3`");
        let child = Command::new("python3")
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .env("PYTHONPATH", tools)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        testkit::eventually("the server listens", || async {
            TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
        Self { port, _child: child }
    }
}

/// What the server answers.
async fn answer(port: u16, request: &str) -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!("{request} HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).await.unwrap();
    text
}

async fn bytes(reader: Reader) -> Vec<u8> {
    let parts: Vec<Bytes> = reader.bytes.try_collect().await.unwrap();
    parts.concat()
}

#[tokio::test]
async fn a_bucket_keeps_files_as_a_folder_does() {
    let server = Server::start().await;
    let made = answer(server.port, &format!("PUT /{BUCKET}")).await;
    assert!(made.contains(" 200 "), "{made}");
    keep_files(server.port).await;
}

/// Whoever asks how it is has an answer before their patience ends, and it says which part is away. Of those who
/// ask, one waits at the place itself.
#[tokio::test]
async fn a_place_that_is_silent_is_not_waited_for() {
    let listens = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listens.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        let mut silent = Vec::new();
        loop {
            silent.push(listens.accept().await.unwrap());
            counted.store(silent.len(), Ordering::Relaxed);
        }
    });
    let silent = bucket(BUCKET, port);
    for _ in 0..3 {
        let alive = silent.ping().await;
        assert!(matches!(alive, Err(Error::Silent)), "{alive:?}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

/// Whoever asks has others behind them.
#[tokio::test]
async fn a_bucket_that_fails_is_asked_twice_and_no_more() {
    let listens = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listens.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listens.accept().await.unwrap();
            head(&mut connection).await;
            counted.fetch_add(1, Ordering::Relaxed);
            let answer = "HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let length = bucket(BUCKET, port).length("a").await;
    assert!(matches!(length, Err(Error::Place(_))), "{length:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

/// Without their token they are nobody's.
#[tokio::test]
async fn temporary_credentials_are_shown_whole() {
    let listens = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let access = access(listens.local_addr().unwrap().port());
    let access = Access { aws_session_token: Some("for-an-hour".into()), ..access };
    let asking = tokio::spawn(async move { open(BUCKET, access).length("a").await.map(drop) });
    let (mut connection, _) = listens.accept().await.unwrap();
    let asked = head(&mut connection).await;
    assert!(asked.contains("x-amz-security-token: for-an-hour"), "{asked}");
    asking.abort();
}

/// S3 says of what is not there that it must not be read, unless one may list the bucket.
#[tokio::test]
async fn a_bucket_that_may_not_be_listed_keeps_files() {
    let listens = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listens.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut kept = false;
        loop {
            let (connection, _) = listens.accept().await.unwrap();
            kept |= unlisted(connection, kept).await;
        }
    });
    for _ in 0..2 {
        let mut writer = bucket(BUCKET, port).write("a");
        writer.put(Bytes::from_static(b"Hello")).await.unwrap();
        writer.finish().await.unwrap();
    }
}

/// As one that Chatwoot takes slowly, which may take as long as `CHATWOOT_UPLOAD_SECONDS` say.
#[tokio::test]
async fn a_file_that_takes_ten_minutes_is_read_to_its_end() {
    let (port, rest) = in_two_parts().await;
    let mut reader = bucket(BUCKET, port).read("a", None).await.unwrap();
    assert_eq!(reader.bytes.next().await.unwrap().unwrap(), "Hello, ");
    time::pause();
    time::advance(Duration::from_mins(10)).await;
    time::resume();
    rest.send(()).unwrap();
    assert_eq!(bytes(reader).await, b"world");
}

#[tokio::test]
async fn the_rest_of_a_file_that_does_not_come_is_not_waited_for() {
    let (port, _rest) = in_two_parts().await;
    let mut reader = bucket(BUCKET, port).read("a", None).await.unwrap();
    assert_eq!(reader.bytes.next().await.unwrap().unwrap(), "Hello, ");
    // From here on, time passes while everybody waits.
    time::pause();
    let next = reader.bytes.next().await;
    assert!(matches!(next, Some(Err(Error::Silent))), "{next:?}");
}

/// A server that gives a file away once, the second part of it when it is told to.
async fn in_two_parts() -> (u16, oneshot::Sender<()>) {
    let listens = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listens.local_addr().unwrap().port();
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let mut told = Some(told);
        loop {
            let (mut connection, _) = listens.accept().await.unwrap();
            let reads = head(&mut connection).await.starts_with("get ");
            let answer = "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nConnection: close\r\n\
                          Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: 12\r\n\r\n";
            if !reads {
                connection.write_all(answer.as_bytes()).await.unwrap();
            } else if let Some(told) = told.take() {
                tokio::spawn(async move {
                    connection.write_all(answer.as_bytes()).await.unwrap();
                    connection.write_all(b"Hello, ").await.unwrap();
                    told.await.unwrap();
                    connection.write_all(b"world").await.unwrap();
                });
            }
        }
    });
    (port, tell)
}

/// What a request begins with, in small letters.
async fn head(connection: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

/// Answers one request of somebody who may not list the bucket. Says whether something was kept.
async fn unlisted(mut connection: TcpStream, kept: bool) -> bool {
    let head = head(&mut connection).await;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    connection.read_exact(&mut body).await.unwrap();
    let keeps = head.starts_with("put ");
    let status = if keeps || kept { "200 OK" } else { "403 Forbidden" };
    let answer = format!(
        "HTTP/1.1 {status}\r\nETag: \"a\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(answer.as_bytes()).await.unwrap();
    keeps
}

/// A bucket of the server at this port.
fn bucket(name: &str, port: u16) -> Objects {
    open(name, access(port))
}

fn access(port: u16) -> Access {
    Access {
        aws_access_key_id: Some("somebody".to_owned()),
        aws_secret_access_key: Some("a-secret".into()),
        aws_endpoint: Some(format!("http://127.0.0.1:{port}")),
        aws_allow_http: true,
        ..Access::default()
    }
}

fn open(name: &str, access: Access) -> Objects {
    under("axis/files", name, access)
}

fn under(prefix: &str, name: &str, access: Access) -> Objects {
    let (name, prefix) = (name.to_owned(), prefix.to_owned());
    Objects::open(&Config { attachments_url: Address::Bucket { name, prefix }, access }).unwrap()
}

async fn keep_files(port: u16) {
    let objects = bucket(BUCKET, port);
    objects.ping().await.unwrap();

    let mut writer = objects.write("tenant/small");
    writer.put(Bytes::from_static(b"Hello, ")).await.unwrap();
    writer.put(Bytes::from_static(b"world")).await.unwrap();
    assert!(matches!(objects.read("tenant/small", None).await, Err(Error::Away)));
    writer.finish().await.unwrap();
    let whole = objects.read("tenant/small", None).await.unwrap();
    assert_eq!((whole.length, whole.range.clone()), (12, 0..12));
    assert_eq!(bytes(whole).await, b"Hello, world");
    let piece = objects.read("tenant/small", Some(7..100)).await.unwrap();
    assert_eq!((piece.length, piece.range.clone()), (12, 7..12));
    assert_eq!(bytes(piece).await, b"world");
    let beyond = objects.read("tenant/small", Some(12..13)).await;
    assert!(matches!(beyond, Err(Error::OutOfRange { length: 12 })));
    let listed = answer(port, &format!("GET /{BUCKET}")).await;
    assert!(listed.contains("<Key>axis/files/tenant/small</Key>"), "{listed}");

    // Larger than a part that S3 takes.
    let content: Vec<u8> = (0..=u8::MAX).cycle().take(12_000_000).collect();
    for (key, finished) in [("large", true), ("given-up", false)] {
        let mut writer = objects.write(key);
        for chunk in content.chunks(300_000) {
            writer.put(Bytes::copy_from_slice(chunk)).await.unwrap();
        }
        if finished { writer.finish().await.unwrap() } else { writer.abort().await }
    }
    assert_eq!(objects.length("large").await.unwrap(), 12_000_000);
    assert!(bytes(objects.read("large", None).await.unwrap()).await == content);
    let piece = objects.read("large", Some(5_242_870..5_242_890)).await.unwrap();
    assert_eq!(bytes(piece).await, content[5_242_870..5_242_890]);
    assert!(matches!(objects.read("given-up", None).await, Err(Error::NotFound)));
    let unfinished = answer(port, &format!("GET /{BUCKET}?uploads")).await;
    assert!(unfinished.contains("ListMultipartUploadsResult"), "{unfinished}");
    assert!(!unfinished.contains("given-up"), "{unfinished}");

    let elsewhere = under("axis/other", BUCKET, access(port));
    elsewhere.remove("never-stored").await.unwrap();
    let removed = elsewhere.remove_stored("tenant/small").await;
    assert!(matches!(removed, Err(Error::Away)), "{removed:?}");
    assert!(matches!(elsewhere.remove("never-stored").await, Err(Error::Away)), "it knows now");
    for _ in 0..2 {
        objects.remove("tenant/small").await.unwrap();
        objects.remove_stored("large").await.unwrap();
    }
    assert!(matches!(objects.length("large").await, Err(Error::NotFound)));
    assert!(matches!(objects.read("tenant/small", None).await, Err(Error::NotFound)));
    let mut nowhere = bucket("no-such-bucket", port).write("x");
    nowhere.put(Bytes::from_static(b"x")).await.unwrap();
    assert!(matches!(nowhere.finish().await, Err(Error::NotFound | Error::Place(_))));
}
