//! Reading files.

use serde_json::Value;
use testkit::eventually;
use testkit::reqwest::{Method, Response};

use crate::support::{Seed, Served, problem};

async fn sent(served: &Served, name: &str, kind: &str, content: &[u8]) -> String {
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let answer = served.send(&path, &[], &[(name, kind, content)]).send().await.unwrap();
    let message: Value = answer.json().await.unwrap();
    message["attachments"][0]["url"].as_str().unwrap().trim_start_matches("/api/v1").to_owned()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_file_is_read_whole_or_in_part() {
    let served = Served::start().await;
    let url = sent(&served, "a b.png", "image/png", b"0123456789").await;
    let answer = served.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-length", "10"),
        ("accept-ranges", "bytes"),
        ("cache-control", "private, no-cache"),
        ("vary", "authorization"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("content-disposition", "inline; filename=\"a b.png\"; filename*=UTF-8''a%20b.png"),
    ] {
        assert_eq!(header(&answer, name), value, "{name}");
    }
    let tag = header(&answer, "etag").to_owned();
    assert_eq!(answer.text().await.unwrap(), "0123456789");

    for (range, content, told) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=8-", "89", "bytes 8-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
    ] {
        let request = served.get(&url).header("range", range).header("if-range", &tag);
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), header(&answer, "content-range")), (206, told));
        assert_eq!(answer.text().await.unwrap(), content);
    }
    let other = served.get(&url).header("range", "bytes=2-4").header("if-range", "\"other\"");
    assert_eq!(other.send().await.unwrap().status(), 200, "a part of another file is of no use");
    let beyond = served.get(&url).header("range", "bytes=10-").send().await.unwrap();
    assert_eq!(header(&beyond, "content-range"), "bytes */10");
    assert_eq!(problem(beyond).await, (416, "no-such-part".to_owned()));
    let known = served.get(&url).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((known.status().as_u16(), header(&known, "etag")), (304, tag.as_str()));

    let head = served.http.request(Method::HEAD, served.url(&url)).bearer_auth("mock-token");
    let head = head.send().await.unwrap();
    assert_eq!((head.status().as_u16(), header(&head, "content-length")), (200, "10"));
    assert!(head.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_page_of_a_strangers_is_not_shown_and_nothing_is_packed() {
    let served = Served::start().await;
    let content = "<script>alert(1)</script>".repeat(100);
    for kind in ["text/html", "image/svg+xml", "application/xhtml+xml"] {
        let url = sent(&served, "a.html", kind, content.as_bytes()).await;
        let request = served.get(&url).header("accept-encoding", "gzip");
        let answer = request.send().await.unwrap();
        assert_eq!(header(&answer, "content-type"), "application/octet-stream", "{kind}");
        assert!(header(&answer, "content-disposition").starts_with("attachment;"));
        assert_eq!(header(&answer, "content-encoding"), "");
        assert_eq!(answer.text().await.unwrap(), content);
    }
}

#[tokio::test]
async fn a_file_that_is_gone_is_not_an_empty_one() {
    let served = Served::start().await;
    let url = sent(&served, "a.png", "image/png", b"x").await;
    let key = served.commands().await[0].1["uploads"][0]["key"].as_str().unwrap().to_owned();
    served.world.objects.remove(&key).await.unwrap();
    assert_eq!(served.refusal(&url).await, (502, "no-file".to_owned()));
}

/// P9: they hold what they do not read.
#[tokio::test]
async fn a_tenants_files_that_nobody_reads_leave_room_for_anothers() {
    let served = Served::start().await;
    // More than is sent before anybody reads.
    let path = sent(&served, "tide.mp4", "video/mp4", &vec![7; 8 << 20]).await;
    let mut unread = Vec::new();
    let refused = loop {
        let answer = served.get(&path).send().await.unwrap();
        if answer.status() != 200 {
            break answer;
        }
        unread.push(answer);
        assert!(unread.len() < 128, "they take every place");
    };
    assert_eq!((problem(refused).await, unread.len()), ((503, "busy".to_owned()), 96));
    unread.clear();
    eventually("they leave it when they are gone", || async {
        served.get(&path).send().await.unwrap().status() == 200
    })
    .await;
}
