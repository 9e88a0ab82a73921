use domain::ConversationId;
use events::{Envelope, Headers, subject};
use serde_json::json;
use testkit::eventually;

use crate::support::{Seed, Served, Stream, TENANT};

/// Publishes an event of a tenant and says its text.
pub async fn publish(served: &Served, tenant: &str, kind: &str, n: u64) -> String {
    let payload = json!({ "n": n, "conversationId": null }).to_string();
    let envelope = Envelope {
        subject: subject::activity(&tenant.parse().unwrap(), kind),
        message_id: format!("{tenant}-{kind}-{n}"),
        headers: Headers::default(),
        payload: payload.clone().into_bytes(),
    };
    served.world.bus.publisher().publish(envelope).await.unwrap();
    payload
}

/// The position of a list, once the stream is followed.
async fn position(served: &Served) -> String {
    eventually("the stream is followed", async || {
        served.read("/activity").await["position"]["activity"].is_string()
    })
    .await;
    let list = served.read("/conversations").await;
    list["position"]["activity"].as_str().unwrap().to_owned()
}

/// The next event, which must be a note, and the id behind which the stream goes on. `ready` may come before
/// it: from there on the program follows, and it may be behind what was published.
async fn note(stream: &mut Stream) -> (u64, String) {
    let mut event = stream.next().await.expect("the stream goes on");
    if event.kind == "ready" {
        event = stream.next().await.expect("the stream goes on");
    }
    assert_eq!(event.kind, "note", "{event:?}");
    (event.json()["n"].as_u64().unwrap(), event.id.unwrap())
}

/// P6: snapshot and stream leave no hole; a client that resumes hears everything once, in order.
#[tokio::test]
async fn a_client_resumes_where_it_was() {
    let served = Served::start().await;
    let position = position(&served).await;
    for n in 0..450 {
        publish(&served, TENANT, "note", n).await;
        publish(&served, "theirs", "note", n).await;
    }
    let mut stream =
        Stream::open(&served, &format!("/activity?lastEventId={position}"), None).await;
    let mut heard = String::new();
    for n in 0..300 {
        let (number, id) = note(&mut stream).await;
        assert_eq!(number, n);
        heard = id;
    }
    drop(stream);
    let mut stream = Stream::open(&served, "/activity", Some(&heard)).await;
    for n in 300..450 {
        assert_eq!(note(&mut stream).await.0, n);
    }
    publish(&served, TENANT, "note", 450).await;
    assert_eq!(note(&mut stream).await.0, 450);
}

/// One trace runs from whoever caused it to the screens.
#[tokio::test]
async fn what_is_heard_names_its_trace() {
    let served = Served::start().await;
    let path = format!("/conversations/{}", served.write(&Seed::open(1)).await);
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let change = served.patch(&path, &json!({ "priority": "low" }));
    let change = change.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    assert_eq!(change.send().await.unwrap().status(), 200);
    let told = stream.expect("conversation_change_queued").await.json();
    assert_eq!(
        (&told["traceId"], &told["type"]),
        (&json!(trace), &json!("conversation_change_queued"))
    );
}

#[tokio::test]
async fn a_header_that_says_nothing_hides_no_position() {
    let served = Served::start().await;
    let mut before = Stream::open(&served, "/activity", None).await;
    let position = before.expect("ready").await.id.unwrap();
    publish(&served, TENANT, "note", 1).await;
    // Now the program has it, so it is in the past of whoever comes.
    before.expect("note").await;
    let path = format!("/activity?lastEventId={position}");
    let mut stream = Stream::open(&served, &path, Some("")).await;
    assert_eq!(stream.expect("note").await.json()["n"], 1);
}

#[tokio::test]
async fn who_cannot_resume_is_reset() {
    let served = Served::start().await;
    for (n, last) in ["other:0", "nonsense", "beyond"].into_iter().enumerate() {
        let ready =
            Stream::open(&served, "/activity", None).await.expect("ready").await.id.unwrap();
        let last = if last == "beyond" { format!("{ready}999") } else { last.to_owned() };
        let mut stream = Stream::open(&served, "/activity", Some(&last)).await;
        assert_eq!(stream.expect("reset").await.id.unwrap(), ready, "{last}");
        let sent = publish(&served, TENANT, "note", n as u64).await;
        assert_eq!(stream.expect("note").await.data, sent);
    }
}

#[tokio::test]
async fn filters_and_moments() {
    let served = Served::start().await;
    let here: ConversationId = served.write(&Seed::open(1)).await;
    let mut notes = Stream::open(&served, "/activity?type=note,typing", None).await;
    let mut of_here =
        Stream::open(&served, &format!("/activity?conversationId={here}"), None).await;
    notes.expect("ready").await;
    of_here.expect("ready").await;
    publish(&served, TENANT, "other", 1).await;
    let note = publish(&served, TENANT, "note", 2).await;
    assert_eq!(notes.expect("note").await.data, note);
    let typing = events::Live::Typing {
        conversation_id: here,
        actor_type: "contact".to_owned(),
        actor_id: None,
        name: None,
        on: true,
        private: false,
    };
    let payload = serde_json::to_vec(&typing).unwrap();
    let tenant = TENANT.parse().unwrap();
    let publisher = served.world.bus.publisher();
    // Nobody is told when the subscription is in place, so it is said until it is heard.
    let saying = async {
        loop {
            let subject = subject::live(&tenant, typing.kind());
            publisher.live(subject, payload.clone().into()).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let hearing = async {
        let (one, two) = (notes.expect("typing").await, of_here.expect("typing").await);
        assert_eq!((one.id, two.id), (None, None));
        assert_eq!(two.data.as_bytes(), payload);
    };
    tokio::select! {
        () = saying => {}
        () = hearing => {}
    }
}

/// A server that runs anew may have lost what nobody heard, so clients read the state again.
#[tokio::test]
async fn a_restart_of_nats_resets_and_what_is_done_meanwhile_is_told() {
    let served = Served::start().await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    publish(&served, TENANT, "note", 1).await;
    stream.expect("note").await;
    served.world.nats.restart().await.unwrap();
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    stream.expect("reset").await;
    let answer = served.post(&path, &json!({ "content": "Hi" })).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    stream.expect("message_queued").await;
}

/// What was lost had been heard by nobody who is still there, and its place is taken again.
#[tokio::test]
async fn who_was_away_while_nats_lost_its_end_is_reset() {
    let served = Served::start().await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    publish(&served, TENANT, "note", 1).await;
    let heard = stream.expect("note").await.id.unwrap();
    drop(stream);
    let earlier = served.world.keep_streams().await;
    publish(&served, TENANT, "note", 2).await;
    served.shutdown.cancel();
    served.world.lose_streams_since(&earlier).await;
    eventually("the streams are there", async || served.world.bus.stream("ACTIVITY").await.is_ok())
        .await;
    publish(&served, TENANT, "note", 3).await;

    let served = served.again().await;
    let mut stream = Stream::open(&served, "/activity", Some(&heard)).await;
    stream.expect("reset").await;
}

#[tokio::test]
async fn streams_end_with_the_program() {
    let served = Served::start().await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    served.shutdown.cancel();
    assert_eq!(stream.next().await, None);
}
