//! Replies with files.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chatwoot_sim::{Millis, Rule};
use domain::MessageId;
use events::TraceParent;
use outbound_worker::{Config, sweep};
use serde_json::{Value, json};
use store::messages::{Intervened, Intervention, cancel};
use testkit::{Program, eventually, sqlx};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::stage::{Chatwoot, Conversation, Fault, Stage, config, config_impatient};

const FILES: [(&str, &str, &[u8]); 2] =
    [("a.png", "image/png", b"\x89PNG not really"), ("b.txt", "text/plain", &[b'x'; 300_000])];

/// Waits that suit files in a test.
fn quick() -> Config {
    Config { chatwoot_upload_seconds: 6, ..config_impatient() }
}

/// What Chatwoot has of the conversation's replies: their text, marker and files.
fn there(chatwoot: &Chatwoot, conversation: &Conversation) -> Vec<(Value, Value, Vec<Value>)> {
    let messages = chatwoot.sim().messages(chatwoot.account.number, conversation.number).unwrap();
    let outgoing = messages.into_iter().filter(|message| message["message_type"] == 1);
    let file = |file: &Value| json!([file["file_type"], file["content_type"], file["file_size"]]);
    outgoing
        .map(|message| {
            let files = message["attachments"]
                .as_array()
                .map_or(Vec::new(), |files| files.iter().map(file).collect());
            let marker = message["content_attributes"]["axis"]["op"].clone();
            (message["content"].clone(), marker, files)
        })
        .collect()
}

fn expected(text: &str, id: MessageId) -> Vec<(Value, Value, Vec<Value>)> {
    let files = vec![
        json!(["image", "image/png", FILES[0].2.len()]),
        json!(["file", "text/plain", FILES[1].2.len()]),
    ];
    vec![(json!(text), json!(id.to_string()), files)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_goes_out_with_its_files() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write_files(&chatwoot, &conversation, "See below", &FILES).await;
    stage.reaches(reply, "sent").await;
    assert_eq!(there(&chatwoot, &conversation), expected("See below", reply));
    let messages = chatwoot.sim().messages(1, conversation.number).unwrap();
    let files = messages.last().unwrap()["attachments"].as_array().unwrap();
    for (file, (_, _, content)) in files.iter().zip(FILES) {
        let read = testkit::http().get(file["data_url"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(read.bytes().await.unwrap(), content, "as it was written, byte for byte");
    }
    let bare = stage.write_files(&chatwoot, &conversation, "", &FILES).await;
    stage.reaches(bare, "sent").await;
    stage.all_settled().await;
}

/// Chatwoot hands files to the customer's channel later than it does texts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_what_is_written_after_files_does_not_overtake_them() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let files = stage.write_files(&chatwoot, &conversation, "The label", &FILES).await;
    let more = stage.write_files(&chatwoot, &conversation, "And the bill", &FILES).await;
    let text = stage.write(&chatwoot, &conversation, "Print both, please").await;
    stage.reaches(files, "sent").await;
    stage.reaches(more, "sent").await;
    stage.reaches(text, "sent").await;
    waited_behind_files(&stage, &conversation, text).await;
    stage.all_settled().await;
}

/// By the database's word: nobody has to look while it waits.
async fn waited_behind_files(stage: &Stage, conversation: &Conversation, text: MessageId) {
    let mut transaction = stage.world.store.worker().await.unwrap();
    let waited: f64 = sqlx::query_scalar(
        "select extract(epoch from min(started_at) filter (where operation_id = $2)
                                   - max(finished_at) filter (where operation_id <> $2))::float8
         from outbound_attempts where conversation_id = $1",
    )
    .bind(conversation.id.0)
    .bind(text.0)
    .fetch_one(&mut *transaction)
    .await
    .unwrap();
    assert!(waited >= 3.0, "it was tried {waited} s after the files");
}

/// As when their account was disconnected for that long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_text_does_not_overtake_files_behind_which_it_has_waited_for_days() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let files = stage.write_files(&chatwoot, &conversation, "The label", &FILES).await;
    let text = stage.write(&chatwoot, &conversation, "Print it, please").await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    for statement in [
        "update messages set created_at = created_at - interval '3 days' where conversation_id = $1",
        "update outbox set created_at = created_at - interval '3 days' where conversation_id = $1",
    ] {
        sqlx::query(statement).bind(conversation.id.0).execute(&mut *transaction).await.unwrap();
    }
    store::commit(transaction).await.unwrap();
    stage.worker(&config()).await;
    stage.reaches(files, "sent").await;
    stage.reaches(text, "sent").await;
    waited_behind_files(&stage, &conversation, text).await;
    stage.all_settled().await;
}

/// P4, for what takes longer to send.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_with_files_arrives_once_whatever_is_answered() {
    let stage = Stage::empty().await;
    stage.worker(&quick()).await;
    let cases: [(&str, Fault); 5] = [
        ("stored-then-timeout", |rest| rest.stored_then_timeout = Rule::next(1)),
        ("stored-then-5xx", |rest| rest.stored_then_5xx = Rule::next(1)),
        ("stored-then-cut", |rest| rest.stored_then_cut = Rule::next(1)),
        ("cut", |rest| rest.cut = Rule::next(1)),
        ("rate-limited", |rest| rest.rate_limited = Rule::next(1)),
    ];
    for (name, fault) in cases {
        let chatwoot = stage.chatwoot(name).await;
        chatwoot.fails_to_create(fault);
        let conversation = stage.conversation(&chatwoot).await;
        let reply = stage.write_files(&chatwoot, &conversation, name, &FILES).await;
        stage.reaches(reply, "sent").await;
        assert_eq!(there(&chatwoot, &conversation), expected(name, reply), "{name}");
    }
    stage.all_settled().await;
}

/// P4: the worker dies after Chatwoot has the files and before it knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_worker_that_is_killed_after_the_upload_does_not_send_it_twice() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails_to_create(|rest| rest.stored_then_timeout = Rule::next(1));
    let conversation = stage.conversation(&chatwoot).await;
    let config = quick();
    let worker = stage.worker(&Config { chatwoot_upload_seconds: 60, ..config.clone() }).await;
    let reply = stage.write_files(&chatwoot, &conversation, "Once", &FILES).await;
    eventually("Chatwoot has it", || async { !there(&chatwoot, &conversation).is_empty() }).await;
    worker.abort();
    assert_eq!(stage.attempts(reply.0).await, [None]);
    stage.worker(&config).await;
    stage.reaches(reply, "sent").await;
    stage.all_settled().await;
    assert_eq!(there(&chatwoot, &conversation), expected("Once", reply));
}

/// That upload may still be under way for an hour, for all that was known of it until it was found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_behind_an_upload_of_a_killed_worker_waits_only_until_that_is_found() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails_to_create(|rest| rest.stored_then_timeout = Rule::next(1));
    let conversation = stage.conversation(&chatwoot).await;
    let config = Config { chatwoot_upload_seconds: 3_600, ..config() };
    let worker = stage.worker(&config).await;
    let files = stage.write_files(&chatwoot, &conversation, "The label", &FILES).await;
    eventually("Chatwoot has it", || async { !there(&chatwoot, &conversation).is_empty() }).await;
    worker.abort();
    let text = stage.write(&chatwoot, &conversation, "Print it, please").await;
    stage.worker(&config).await;
    stage.reaches(files, "sent").await;
    stage.reaches(text, "sent").await;
    waited_behind_files(&stage, &conversation, text).await;
    stage.all_settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_whose_file_is_gone_fails_and_does_not_go_without_it() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write_files(&chatwoot, &conversation, "See below", &FILES).await;
    for key in stage.keys().await.into_iter().take(1) {
        stage.world.objects.remove(&key).await.unwrap();
    }
    let behind = stage.write(&chatwoot, &conversation, "Did it arrive?").await;
    stage.worker(&config()).await;
    let row = stage.reaches(reply, "failed").await;
    assert!(row.reason.unwrap().contains("not there any more"));
    stage.reaches(behind, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Did it arrive?"]);
}

/// The disk with the files is not mounted where the worker runs: its folder is there, and empty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_waits_while_the_disk_with_its_files_is_not_mounted() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write_files(&chatwoot, &conversation, "See below", &FILES).await;
    let folder = testkit::scratch("unmounted");
    let attachments_url = objects::Address::Folder(folder.clone());
    let settings = [("ATTACHMENTS_URL", attachments_url.to_string())];
    let settings: Vec<_> = stage.environment().into_iter().chain(settings).collect();
    let settings: Vec<_> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let worker = Program::start("outbound-worker", &settings).await;
    let row = stage.reaches(reply, "retrying").await;
    assert_eq!(row.reason.as_deref(), Some("its files cannot be read at the moment"));
    eventually("it says so", || async {
        let health = testkit::http().get(format!("{}/health", worker.url())).send().await.unwrap();
        health.text().await.unwrap().contains("not mounted")
    })
    .await;
    // Then it is.
    let mounted = objects::Objects::open(&objects::Config::at(attachments_url)).unwrap();
    for (key, (_, _, content)) in stage.keys().await.into_iter().zip(FILES) {
        let mut writer = mounted.write(&key);
        writer.put(content.into()).await.unwrap();
        writer.finish().await.unwrap();
    }
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.reaches(reply, "sent").await;
    assert_eq!(there(&chatwoot, &conversation), expected("See below", reply));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_nobody_are_swept_away_and_no_others() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.write_files(&chatwoot, &conversation, "Stays", &FILES).await;
    let kept = stage.keys().await;
    let taken_back = stage.write_files(&chatwoot, &conversation, "Goes", &FILES).await;
    stage.receive(&chatwoot, FILES[0]).await;
    let author = Stage::author();
    let wanted = Intervention {
        tenant: &chatwoot.account.tenant,
        conversation: conversation.id,
        message: taken_back,
        actor: &author,
        trace: TraceParent::generate(),
    };
    let mut transaction = stage.world.store.tenant(wanted.tenant).await.unwrap();
    let cancelled = cancel(&mut transaction, &wanted).await.unwrap();
    assert!(matches!(cancelled, Intervened::Done(_)));
    store::commit(transaction).await.unwrap();

    let all = stage.keys().await;
    let sweep = async |patience| {
        sweep::round(&stage.world.store, &stage.world.objects, patience).await.unwrap()
    };
    assert_eq!(sweep(Duration::from_hours(1)).await, 2, "the other may yet become somebody's");
    assert_eq!(sweep(Duration::ZERO).await, 1);
    assert_eq!(stage.keys().await, kept);
    for key in all {
        let there = stage.world.objects.length(&key).await.is_ok();
        assert_eq!(there, kept.contains(&key), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_upload_has_more_time_than_a_text() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails_to_create(|rest| rest.latency_ms = Millis::between(2_500, 2_500));
    let conversation = stage.conversation(&chatwoot).await;
    let config = Config { chatwoot_timeout_seconds: 2, chatwoot_upload_seconds: 60, ..config() };
    stage.worker(&config).await;
    let reply = stage.write_files(&chatwoot, &conversation, "Slow", &FILES).await;
    let row = stage.reaches(reply, "sent").await;
    assert_eq!(row.attempts, 1);
}

/// A bucket that has any file, of these bytes, and at first does not give it away.
async fn reluctant_bucket(content: &'static [u8], gives: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let gives = gives.load(Ordering::Relaxed);
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(connection.read_u8().await?);
                }
                let read = request.starts_with(b"GET ");
                let status = if read && !gives { "403 Forbidden" } else { "200 OK" };
                let length = content.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\
                     ETag: \"one\"\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n\r\n"
                );
                connection.write_all(head.as_bytes()).await?;
                if read {
                    connection.write_all(content).await?;
                }
                connection.shutdown().await
            });
        }
    });
    port
}

/// What a program is told of a bucket at this port.
fn bucket_at(port: u16) -> Vec<(&'static str, String)> {
    vec![
        ("ATTACHMENTS_URL", "s3://attachments".to_owned()),
        ("AWS_ENDPOINT", format!("http://127.0.0.1:{port}")),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "somebody".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "a-secret".to_owned()),
    ]
}

/// The place of the files takes what is asked of it and says nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_without_files_do_not_wait_for_a_store_that_is_silent() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut settings = [stage.environment(), bucket_at(port)].concat();
    settings.push(("OUTBOUND_ACCOUNT_CONCURRENCY", "1".to_owned()));
    let settings: Vec<_> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write_files(&chatwoot, &conversation, "See below", &FILES[..1]).await;
    let elsewhere = stage.conversation(&chatwoot).await;
    let text = stage.write(&chatwoot, &elsewhere, "Hello").await;
    let _worker = Program::start("outbound-worker", &settings).await;
    stage.reaches(text, "sent").await;
    let row = stage.reaches(reply, "retrying").await;
    assert_eq!(row.reason.as_deref(), Some("its files cannot be read at the moment"));
}

/// It is we who cannot read them: Chatwoot has nothing of it, and is not to blame.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_whose_files_cannot_be_read_waits_and_its_account_is_not_blamed() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let gives = Arc::new(AtomicBool::new(false));
    let port = reluctant_bucket(FILES[0].2, Arc::clone(&gives)).await;
    let mut settings = [stage.environment(), bucket_at(port)].concat();
    settings.push(("CHATWOOT_FAILURES", "1".to_owned()));
    let settings: Vec<_> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let _worker = Program::start("outbound-worker", &settings).await;
    let reply = stage.write_files(&chatwoot, &conversation, "See below", &FILES[..1]).await;
    let row = stage.reaches(reply, "retrying").await;
    assert_eq!(row.reason.as_deref(), Some("its files cannot be read at the moment"));
    assert_eq!(stage.attempts(reply.0).await, [Some("retry".to_owned())]);
    assert!(there(&chatwoot, &conversation).is_empty());
    let mut transaction = stage.world.store.worker().await.unwrap();
    let blamed: i64 = sqlx::query_scalar("select count(*) from chatwoot_breakers")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    drop(transaction);
    assert_eq!(blamed, 0);
    gives.store(true, Ordering::Relaxed);
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.reaches(reply, "sent").await;
    assert_eq!(there(&chatwoot, &conversation).len(), 1);
}
