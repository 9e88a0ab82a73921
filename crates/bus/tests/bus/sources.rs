use bus::SourceChange::{Put, Removed, Synced, Unreadable};
use bus::{BusError, Replicas, SourceChange, SourceEntry, Sources, streams};
use domain::AccountKey;
use events::Source;
use futures_util::{Stream, StreamExt as _};

use crate::support::{Server, within};

fn source(number: u128) -> Source {
    Source {
        account: AccountKey(uuid::Uuid::from_u128(number)),
        tenant: "acme".parse().unwrap(),
        chatwoot_account_id: 1,
        base_url: "https://chat.example.com".into(),
        sealed_secrets: vec!["00ff".into()],
        allow_unsigned: false,
    }
}

/// The next change; failures in between are those of an outage.
async fn change(
    changes: &mut (impl Stream<Item = Result<SourceChange, BusError>> + Unpin),
) -> SourceChange {
    loop {
        if let Ok(change) = within(changes.next()).await.unwrap() {
            return change;
        }
    }
}

/// All changes up to and including `Synced`, without it, in a fixed order and each once: a watch that notices late
/// that it has another connection tells again what it has told.
async fn until_synced(
    changes: &mut (impl Stream<Item = Result<SourceChange, BusError>> + Unpin),
) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        match change(changes).await {
            Synced => break,
            Put(source) => told.push(format!("put {}", source.account.0.as_u128())),
            Removed(account) => told.push(format!("removed {}", account.0.as_u128())),
            Unreadable(account) => told.push(format!("unreadable {}", account.0.as_u128())),
        }
    }
    told.sort();
    told.dedup();
    told
}

/// Waits for this change, after others that are told again.
async fn until(
    changes: &mut (impl Stream<Item = Result<SourceChange, BusError>> + Unpin),
    wanted: SourceChange,
) {
    while change(changes).await != wanted {}
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_are_kept_and_listed() {
    let (_server, bus) = Server::start().await;
    let sources = bus.sources();
    assert_eq!(sources.list().await.unwrap(), []);
    for number in [2, 1, 3] {
        sources.put(&source(number)).await.unwrap();
    }
    let changed = Source { allow_unsigned: true, ..source(2) };
    sources.put(&changed).await.unwrap();
    sources.remove(source(3).account).await.unwrap();
    assert_eq!(sources.list().await.unwrap(), [source(1), changed.clone()]);
    let told = [
        (1, SourceEntry::Source(source(1))),
        (2, SourceEntry::Source(changed)),
        (3, SourceEntry::Removed(5)),
    ];
    let told = told.map(|(number, told)| (source(number).account, told));
    assert_eq!(sources.told().await.unwrap(), told.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn that_a_source_was_removed_is_forgotten_unless_it_is_there_again() {
    let (_server, bus) = Server::start().await;
    let sources = bus.sources();
    for number in [1, 2] {
        sources.put(&source(number)).await.unwrap();
        sources.remove(source(number).account).await.unwrap();
    }
    let told = sources.told().await.unwrap();
    sources.put(&source(2)).await.unwrap();
    for (account, told) in told {
        let SourceEntry::Removed(removal) = told else { panic!("{told:?}") };
        sources.forget(account, removal).await.unwrap();
    }
    let told = sources.told().await.unwrap();
    assert_eq!(told, [(source(2).account, SourceEntry::Source(source(2)))].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_tells_what_is_there_then_what_changes() {
    let (_server, bus) = Server::start().await;
    let sources = bus.sources();
    let mut empty = sources.watch();
    assert_eq!(change(&mut empty).await, Synced);
    sources.put(&source(1)).await.unwrap();
    assert_eq!(change(&mut empty).await, Put(source(1)));

    let mut changes = sources.watch();
    assert_eq!(until_synced(&mut changes).await, ["put 1"]);
    sources.put(&source(2)).await.unwrap();
    assert_eq!(change(&mut changes).await, Put(source(2)));
    sources.remove(source(1).account).await.unwrap();
    assert_eq!(change(&mut changes).await, Removed(source(1).account));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_survives_restarts_and_even_a_new_bucket() {
    let (server, bus) = Server::start().await;
    let sources = bus.sources();
    for number in [1, 2] {
        sources.put(&source(number)).await.unwrap();
    }
    let mut changes = sources.watch();
    assert_eq!(until_synced(&mut changes).await, ["put 1", "put 2"]);

    server.nats.kill().await.unwrap();
    server.nats.restart().await.unwrap();
    assert_eq!(until_synced(&mut changes).await, ["put 1", "put 2"]);
    sources.put(&source(3)).await.unwrap();
    until(&mut changes, Put(source(3))).await;

    server.raw().await.delete_stream("KV_SOURCES").await.unwrap();
    streams::apply(&bus, Replicas::Keep).await.unwrap();
    // The old bucket may be read once more before it is gone; one that is lost removes nobody.
    while until_synced(&mut changes).await != [""; 0] {}

    sources.put(&source(1)).await.unwrap();
    sources.remove(source(2).account).await.unwrap();
    until(&mut changes, Put(source(1))).await;
    until(&mut changes, Removed(source(2).account)).await;
    server.nats.kill().await.unwrap();
    server.nats.restart().await.unwrap();
    let told = until_synced(&mut changes).await;
    assert_eq!(told, ["put 1", "removed 2"], "nothing is said of the third, which was lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_cannot_be_read_is_there_all_the_same() {
    let (server, bus) = Server::start().await;
    let sources = bus.sources();
    for number in [1, 2] {
        sources.put(&source(number)).await.unwrap();
    }
    let mut changes = sources.watch();
    assert_eq!(until_synced(&mut changes).await, ["put 1", "put 2"]);
    let subject = format!("$KV.SOURCES.{}", source(1).account.token());
    server.raw().await.publish(subject, "{".into()).await.unwrap().await.unwrap();
    assert_eq!(change(&mut changes).await, Unreadable(source(1).account));

    server.nats.kill().await.unwrap();
    server.nats.restart().await.unwrap();
    assert_eq!(until_synced(&mut changes).await, ["put 2", "unreadable 1"]);
    assert_eq!(sources.list().await.unwrap(), [source(2)]);
}

/// Nothing is known of the bucket when nobody answers, and it helps to try again.
async fn fails_for_now(sources: &Sources) {
    let (one, other) = (source(1), source(2).account);
    let (put, removed) = tokio::join!(sources.put(&one), sources.remove(other));
    for error in [put.unwrap_err(), removed.unwrap_err()] {
        assert!(error.is_transient(), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_not_missing_because_the_server_is_frozen() {
    let (server, bus) = Server::start().await;
    server.nats.pause().await;
    assert!(bus.connected());
    within(fails_for_now(&bus.sources())).await;
    server.nats.resume().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_not_refused_because_nobody_confirms_it() {
    let (server, bus) = Server::start().await;
    let raw = server.raw().await;
    let mut config = raw.get_stream("KV_SOURCES").await.unwrap().cached_info().config.clone();
    // As if every confirmation was lost.
    config.no_ack = true;
    raw.update_stream(config).await.unwrap();
    within(fails_for_now(&bus.sources())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_missing_and_a_source_that_is_refused_are_told_apart() {
    let server = Server::bare().await;
    let bus = server.connect().await;
    let missing = bus.sources().put(&source(1)).await;
    assert!(matches!(missing, Err(BusError::NotFound { .. })), "{missing:?}");

    streams::apply(&bus, Replicas::Keep).await.unwrap();
    // Larger than the bucket takes, and larger than anything may be.
    for size in [2 << 20, 9 << 20] {
        let large = Source { sealed_secrets: vec!["f".repeat(size)], ..source(1) };
        let refused = bus.sources().put(&large).await;
        assert!(matches!(refused, Err(BusError::Refused { .. })), "{refused:?}");
    }
}
