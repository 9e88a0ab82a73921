//! An account's events are held up by nothing but themselves.

use std::collections::BTreeSet;

use bus::{Bus, Consumer, Delivery, Handler, Outcome};
use domain::AccountKey;
use events::Source;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::{
    Consuming, Server, all_settled, body, consumption, envelope, eventually, publish, within,
};

async fn names(bus: &Bus) -> BTreeSet<String> {
    let stream = bus.stream("INBOUND").await.unwrap();
    stream.consumers.into_iter().map(|consumer| consumer.name).collect()
}

fn source(account: AccountKey) -> Source {
    Source {
        account,
        tenant: "acme".parse().unwrap(),
        chatwoot_account_id: 1,
        base_url: "https://chat.example.com".into(),
        sealed_secrets: Vec::new(),
        allow_unsigned: false,
    }
}

/// Never comes to an end with what account `a` sends.
struct Stuck {
    seen: mpsc::UnboundedSender<Vec<Delivery>>,
    release: CancellationToken,
}

impl Handler for Stuck {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        self.seen.send(batch.clone()).unwrap();
        if batch.iter().any(|delivery| delivery.subject == "inbound.a.test") {
            self.release.cancelled().await;
        }
        batch.iter().map(|_| Ok(())).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_floods_and_is_stuck_holds_up_nobody() {
    let (_server, bus) = Server::start().await;
    publish(&bus, 500).await;
    let (seen, mut batches) = mpsc::unbounded_channel();
    let (release, shutdown) = (CancellationToken::new(), CancellationToken::new());
    let handler = Stuck { seen, release: release.clone() };
    let (worker, stop) = (bus.clone(), shutdown.clone());
    let task = tokio::spawn(async move { worker.consume(consumption(), handler, stop).await });

    let (mut flood, mut others) = (0, 0);
    for id in 0..50 {
        let published = envelope("inbound.b.test", &format!("b{id}"));
        bus.publisher().publish(published).await.unwrap();
    }
    while others < 50 {
        let batch = within(batches.recv()).await.unwrap();
        let subjects: BTreeSet<&str> = batch.iter().map(|d| d.subject.as_str()).collect();
        assert_eq!(subjects.len(), 1, "a batch is of one account");
        if subjects.contains("inbound.a.test") {
            flood += batch.len();
        } else {
            others += batch.len();
        }
    }
    // Two batches of ten are in hand, and the other 480 wait at the server.
    assert!(flood <= 20, "{flood}");
    release.cancel();
    all_settled(&bus).await;
    shutdown.cancel();
    within(task).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_its_lane_before_its_first_event_and_as_long_as_it_has_any() {
    let (server, bus) = Server::start().await;
    let mut consuming = Consuming::start(&bus, consumption(), |_| Ok(()));
    let account = AccountKey::generate();
    bus.sources().put(&source(account)).await.unwrap();
    let lane = format!("sync-worker-{}", account.token());
    eventually(|| async { names(&bus).await.contains(&lane) }).await;

    let subject = format!("inbound.{}.test", account.token());
    bus.publisher().publish(envelope(&subject, "first")).await.unwrap();
    consuming.deliveries(1).await;
    // It goes, and its last event comes after.
    bus.sources().remove(account).await.unwrap();
    bus.publisher().publish(envelope(&subject, "last")).await.unwrap();
    assert_eq!(body(&consuming.deliveries(1).await[0]), "last");
    all_settled(&bus).await;

    // Nothing is left of it, so nobody listens; when it comes back, it is heard at once.
    server.raw().await.get_stream("INBOUND").await.unwrap().purge().await.unwrap();
    // Others' events have the subjects looked at again.
    for subject in ["inbound.b.one", "inbound.b.two"] {
        bus.publisher().publish(envelope(subject, subject)).await.unwrap();
    }
    consuming.deliveries(2).await;
    eventually(|| async {
        let lanes = bus.stream("INBOUND").await.unwrap().consumers;
        lanes.iter().any(|of_it| of_it.name == lane && of_it.waiting == 0)
    })
    .await;
    bus.publisher().publish(envelope(&subject, "again")).await.unwrap();
    assert_eq!(body(&consuming.deliveries(1).await[0]), "again");
    consuming.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consumer_of_an_earlier_version_gives_way_and_nothing_is_lost_or_read_again() {
    let (server, bus) = Server::start().await;
    for id in 0..6 {
        let subject = if id % 2 == 0 { "inbound.a.test" } else { "inbound.b.test" };
        bus.publisher().publish(envelope(subject, &id.to_string())).await.unwrap();
    }
    // As `sync-worker` was: it has settled 0 and 1, and has 2 in hand.
    let raw = server.raw().await;
    let shared: async_nats::jetstream::consumer::PullConsumer = raw
        .create_consumer_on_stream(
            async_nats::jetstream::consumer::pull::Config {
                durable_name: Some(Consumer::SyncWorker.name().to_owned()),
                ..Default::default()
            },
            "INBOUND",
        )
        .await
        .unwrap();
    let mut taken = shared.fetch().max_messages(3).messages().await.unwrap();
    for settled in [true, true, false] {
        let message = within(futures_util::StreamExt::next(&mut taken)).await.unwrap().unwrap();
        if settled {
            message.double_ack().await.unwrap();
        }
    }

    let mut consuming = Consuming::start(&bus, consumption(), |_| Ok(()));
    let seen: BTreeSet<String> = consuming.deliveries(4).await.iter().map(body).collect();
    assert_eq!(seen, ["2", "3", "4", "5"].map(str::to_owned).into());
    let lanes = ["sync-worker-a", "sync-worker-b"].map(str::to_owned).into();
    eventually(|| async { names(&bus).await == lanes }).await;
    all_settled(&bus).await;
    assert_eq!(bus::streams::check(&bus).await.unwrap(), []);
    consuming.stop().await;
}
