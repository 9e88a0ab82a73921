//! Messages with files: what is taken, what is refused, and that nothing is left behind.

use domain::{Permission, Permissions};
use serde_json::{Value, json};
use testkit::sqlx;

use crate::support::{Seed, Served, Stream, TENANT, ids, problem};

const PNG: (&str, &str, &[u8]) = ("scratch.png", "image/png", b"\x89PNG not really");

async fn written(served: &Served) -> String {
    format!("/conversations/{}/messages", served.write(&Seed::open(1)).await)
}

/// P5: what is answered with a 2xx is in the outbox, with its files where they are kept.
#[tokio::test]
async fn a_message_is_written_with_its_files() {
    let served = Served::start().await;
    let path = written(&served).await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let page = ("../a b.html", "text/html; charset=utf-8", b"<b>hi</b>".as_slice());
    let fields = [("content", "See below"), ("private", "true"), ("clientId", "mine")];
    let answer = served.send(&path, &fields, &[PNG, page]).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let message: Value = answer.json().await.unwrap();
    assert_eq!(message["content"], "See below");
    assert_eq!((&message["private"], &message["clientId"]), (&json!(true), &json!("mine")));
    let files = message["attachments"].as_array().unwrap();
    let id = files[0]["id"].as_str().unwrap();
    assert_eq!(
        files[0],
        json!({
            "id": id, "chatwootId": null, "fileType": "image", "contentType": "image/png",
            "fileName": "scratch.png", "fileSize": PNG.2.len(), "title": null, "width": null,
            "height": null, "latitude": null, "longitude": null, "transcript": null,
            "url": format!("/api/v1/attachments/{id}"), "thumbUrl": null, "link": null,
        })
    );
    assert_eq!(
        (&files[1]["fileType"], &files[1]["fileName"]),
        (&json!("file"), &json!("a b.html"))
    );
    assert_eq!(files[1]["contentType"], "text/html");

    let commands = served.commands().await;
    let (name, payload) = &commands[0];
    assert_eq!((commands.len(), name.as_str()), (1, "send_message"));
    assert_eq!(payload["content"], "See below");
    let uploads = payload["uploads"].as_array().unwrap();
    assert_eq!(uploads[0]["id"], id);
    for (upload, content) in uploads.iter().zip([PNG.2, page.2]) {
        let key = upload["key"].as_str().unwrap();
        assert!(key.starts_with(&format!("{TENANT}/")));
        let length = served.world.objects.length(key).await.unwrap();
        assert_eq!(length, content.len() as u64);
    }
    let told = stream.expect("message_queued").await.json();
    assert_eq!(told["message"]["attachments"], message["attachments"]);
    assert_eq!(served.read(&path).await["data"][0]["attachments"], message["attachments"]);
    assert_eq!(served.kept().await, (2, 2));
}

#[tokio::test]
async fn a_file_needs_no_text_and_a_message_without_files_may_be_a_form() {
    let served = Served::start().await;
    let path = written(&served).await;
    let answer = served.send(&path, &[], &[PNG]).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.json::<Value>().await.unwrap()["content"], Value::Null);
    let answer = served.send(&path, &[("content", "Hi")], &[]).send().await.unwrap();
    assert_eq!(answer.status(), 201);
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    let served = Served::start().await;
    let path = written(&served).await;
    let many = vec![PNG; 16];
    let long = "x".repeat(256);
    let named = [(long.as_str(), "image/png", b"x".as_slice())];
    let empty = [PNG, ("a", "text/plain", b"".as_slice())];
    let unknown = "00000000-0000-7000-8000-000000000000";
    for (fields, files, field) in [
        ([("content", "x")].as_slice(), many.as_slice(), "attachments"),
        (&[("content", "x")], &named, "attachments"),
        (&[("content", "x")], &empty, "attachments"),
        (&[("content", " ")], &[], "content"),
        (&[("private", "maybe")], &[PNG], "private"),
        (&[("inReplyTo", "7")], &[PNG], "inReplyTo"),
        (&[("inReplyTo", unknown)], &[PNG], "inReplyTo"),
        (&[("mood", "x")], &[PNG], "mood"),
        (&[("clientId", "")], &[PNG], "clientId"),
    ] {
        let answer = served.send(&path, fields, files).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{field}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["errors"][0]["field"], field, "{body}");
    }
    let elsewhere = format!("/conversations/{unknown}/messages");
    let answer = served.send(&elsewhere, &[], &[PNG]).send().await.unwrap();
    assert_eq!(problem(answer).await, (404, "not-found".to_owned()));
    let request = served.send(&path, &[], &[PNG]).header("if-match", "\"other\"");
    assert_eq!(problem(request.send().await.unwrap()).await, (412, "changed".to_owned()));
    for (kind, body, refused) in [
        ("multipart/form-data; boundary=x", "--y\r\n", (400, "bad-multipart")),
        ("multipart/form-data", "", (400, "bad-multipart")),
        ("text/plain", "x", (415, "not-json")),
    ] {
        let request = served.http.post(served.url(&path)).bearer_auth("mock-token");
        let answer = request.header("content-type", kind).body(body).send().await.unwrap();
        assert_eq!(problem(answer).await, (refused.0, refused.1.to_owned()), "{kind}");
    }
    assert_eq!(served.kept().await, (0, 0));
    assert!(served.commands().await.is_empty());
    assert!(ids(&served.read(&path).await).is_empty());
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_while_it_comes() {
    let served = Served::start().await;
    let path = written(&served).await;
    let mib = 1024 * 1024;
    let whole = vec![7; 40 * mib];
    let answer = served.send(&path, &[], &[("a", "x/y", &whole)]).send().await.unwrap();
    assert_eq!(answer.status(), 201, "as large as a file may be");
    let more = vec![7; 40 * mib + 1];
    let answer = served.send(&path, &[], &[("a", "x/y", &more)]).send().await.unwrap();
    assert_eq!(problem(answer).await, (413, "too-large".to_owned()));
    let part = vec![7; 26 * mib];
    let files =
        [PNG, ("a", "x/y", &part), ("b", "x/y", &part), ("c", "x/y", &part), ("d", "x/y", &part)];
    // Told at once by its length; a server that answers early may cut the rest off.
    if let Ok(answer) = served.send(&path, &[], &files).send().await {
        assert_eq!(problem(answer).await, (413, "too-large".to_owned()));
    }
    assert_eq!(served.kept().await, (1, 1));
}

#[tokio::test]
async fn whoever_may_not_write_sends_no_files() {
    let served = Served::start().await;
    let path = written(&served).await;
    let reader = Permissions::from_iter([Permission::ReadConversations]);
    let reader = served.key(TENANT, reader).await;
    for (token, refused) in [(reader.as_str(), (403, "forbidden")), ("x", (401, "unauthorized"))] {
        let request = served.send(&path, &[], &[PNG]).bearer_auth("");
        let (client, request) = request.build_split();
        let mut request = request.unwrap();
        let bearer = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        let answer = client.execute(request).await.unwrap();
        assert_eq!(problem(answer).await, (refused.0, refused.1.to_owned()));
    }
    assert_eq!(served.kept().await, (0, 0));
}

/// P2: sent again under one name, a message is one message, whatever separates the parts of its form.
#[tokio::test]
async fn files_count_for_the_idempotency_key_and_the_client_id() {
    let served = Served::start().await;
    let path = written(&served).await;
    let send = |fields: &[(&'static str, &str)], file: (&str, &str, &[u8])| {
        served.send(&path, fields, &[file]).header("idempotency-key", "k").send()
    };
    let first = send(&[("content", "x")], PNG).await.unwrap();
    assert_eq!(first.status(), 201);
    let first: Value = first.json().await.unwrap();
    let again = send(&[("content", "x")], PNG).await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    let other = [
        (("content", "x"), ("scratch.png", "image/png", b"other".as_slice())),
        (("content", "x"), ("other.png", PNG.1, PNG.2)),
        (("content", "y"), PNG),
    ];
    for (field, file) in other {
        let answer = send(&[field], file).await.unwrap();
        assert_eq!(problem(answer).await, (422, "key-reused".to_owned()));
    }

    let send = |file| served.send(&path, &[("clientId", "c")], &[file]).send();
    assert_eq!(send(PNG).await.unwrap().status(), 201);
    assert_eq!(send(PNG).await.unwrap().status(), 200);
    let other = send(("scratch.png", "image/png", b"other")).await.unwrap();
    assert_eq!(problem(other).await, (409, "client-id-taken".to_owned()));
    assert_eq!(served.commands().await.len(), 2);
    assert_eq!(served.kept().await, (2, 2));
}

#[tokio::test]
async fn a_message_that_is_taken_back_leaves_its_files_to_be_swept() {
    let served = Served::start().await;
    let path = written(&served).await;
    let answer = served.send(&path, &[], &[PNG]).send().await.unwrap();
    let message: Value = answer.json().await.unwrap();
    let url = message["attachments"][0]["url"].as_str().unwrap().trim_start_matches("/api/v1");
    let cancel = format!("{path}/{}/cancel", message["id"].as_str().unwrap());
    assert_eq!(served.post(&cancel, &json!({})).send().await.unwrap().status(), 204);
    assert_eq!(served.refusal(url).await, (404, "not-found".to_owned()));
    let mut transaction = served.world.store.worker().await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from uploads where message_id is null")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(left, 1);
}

/// What one tenant has stored costs the installation its disk.
#[tokio::test]
async fn a_tenant_has_so_many_bytes_of_files_kept_in_a_day() {
    let files = api::FilesConfig { attachment_mib_per_day: 1, ..api::FilesConfig::default() };
    let served = Served::with_files(files).await;
    let path = written(&served).await;
    let content = vec![b'x'; 600_000];
    let send = async || {
        let file = ("a.txt", "text/plain", content.as_slice());
        let fields = [("content", "Here"), ("private", "true")];
        served.send(&path, &fields, &[file]).send().await.unwrap()
    };
    for _ in 0..2 {
        assert_eq!(send().await.status(), 201);
    }
    let refused = send().await;
    // Not 429: who heeds that would hold back what else they have to send.
    assert_eq!(problem(refused).await, (409, "too-many-bytes".to_owned()));
    assert_eq!(served.kept().await, (2, 2), "nothing is left of what was refused");
    let note = json!({ "content": "Without", "private": true });
    assert_eq!(served.post(&path, &note).send().await.unwrap().status(), 201);
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
    let day_old = "update uploads set id = '01900000-0000-7000-8000-000000000000'
                   where id = (select id from uploads limit 1)";
    sqlx::query(day_old).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(send().await.status(), 201);
}
