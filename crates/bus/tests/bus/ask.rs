use std::collections::BTreeSet;

use bus::{Bus, BusError};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::task::JoinHandle;

use crate::support::{Server, eventually};

const SUBJECT: &str = "everybody.here";

/// Answers each question with its own name and what was asked.
async fn answering(bus: Bus, name: &'static str) -> JoinHandle<()> {
    let mut questions = bus.questions(SUBJECT).await.unwrap();
    bus.flush().await;
    tokio::spawn(async move {
        while let Some(question) = questions.next().await {
            let answer = [name.as_bytes(), &question.payload].concat();
            question.answer(answer.into()).await.unwrap();
        }
    })
}

async fn ask(bus: &Bus) -> Result<BTreeSet<Bytes>, BusError> {
    Ok(bus.ask_all(SUBJECT, Bytes::from_static(b"?")).await?.into_iter().collect())
}

/// Waits until those who answer are these.
async fn expect(bus: &Bus, names: &[&'static str]) {
    eventually(|| async { ask(bus).await.is_ok_and(|answers| answers == told(names)) }).await;
}

fn told(names: &[&'static str]) -> BTreeSet<Bytes> {
    names.iter().copied().map(Bytes::from).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_hear_a_question_answer_it_until_they_are_gone() {
    let (server, bus) = Server::start().await;
    assert_eq!(ask(&bus).await.unwrap(), told(&[]));
    let one = answering(server.connect().await, "one").await;
    let _two = answering(server.connect().await, "two").await;
    expect(&bus, &["one?", "two?"]).await;
    one.abort();
    expect(&bus, &["two?"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hears_and_does_not_answer_keeps_nobody_waiting() {
    let (server, bus) = Server::start().await;
    let silent = server.connect().await;
    let _unread = silent.questions(SUBJECT).await.unwrap();
    silent.flush().await;
    assert_eq!(ask(&bus).await.unwrap(), told(&[]));
    let _one = answering(server.connect().await, "one").await;
    expect(&bus, &["one?"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_heard_after_a_restart_of_the_server_too() {
    let (server, bus) = Server::start().await;
    let _one = answering(server.connect().await, "one").await;
    server.nats.stop().await.unwrap();
    eventually(|| async { ask(&bus).await.is_err() }).await;
    server.nats.restart().await.unwrap();
    expect(&bus, &["one?"]).await;
}
