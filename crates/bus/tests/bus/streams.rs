use bus::{BusError, Change, Replicas, streams};
use servers::{Nats, NatsOptions, free_port};

use crate::support::{Server, eventually, publish};

#[tokio::test(flavor = "multi_thread")]
async fn applying_creates_then_changes_nothing() {
    let server = Server::bare().await;
    let bus = server.connect().await;
    let error = bus.require_streams().await.unwrap_err();
    let error = format!("{error} {error:?}");
    assert!(error.contains("stream INBOUND is missing"), "{error}");
    assert!(error.contains("run `axis streams apply`"), "{error}");

    let first = streams::apply(&bus, Replicas::Keep).await.unwrap();
    assert_eq!(first.len(), 7);
    assert!(first.iter().all(|applied| applied.change == Change::Created), "{first:#?}");
    let second = streams::apply(&bus, Replicas::Keep).await.unwrap();
    assert!(second.iter().all(|applied| applied.change == Change::Unchanged), "{second:#?}");
    bus.require_streams().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_named_and_repaired_without_losing_anything() {
    let (server, bus) = Server::start().await;
    publish(&bus, 3).await;
    let raw = server.raw().await;
    let mut config = raw.get_stream("INBOUND").await.unwrap().cached_info().config.clone();
    config.max_age = std::time::Duration::from_hours(1);
    config.compression = Some(async_nats::jetstream::stream::Compression::S2);
    raw.update_stream(config).await.unwrap();
    server.hurry().await;

    let drift = streams::check(&bus).await.unwrap();
    let words: Vec<String> = drift.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "stream INBOUND has max_age 3600000000000 and should have 1209600000000000",
            "consumer sync-worker-a of INBOUND has ack_wait 1000000000 and should have 30000000000",
        ]
    );
    assert!(matches!(bus.require_streams().await, Err(BusError::Drift(_))));

    let applied = streams::apply(&bus, Replicas::Keep).await.unwrap();
    let updated: Vec<&str> = applied
        .iter()
        .filter(|applied| applied.change == Change::Updated)
        .map(|applied| applied.what.as_str())
        .collect();
    assert_eq!(updated, ["stream INBOUND", "consumer sync-worker-a of INBOUND"]);
    assert_eq!(streams::check(&bus).await.unwrap(), []);
    assert_eq!(bus.stream("INBOUND").await.unwrap().messages, 3);
    // What is not declared is the operator's.
    let kept = raw.get_stream("INBOUND").await.unwrap().cached_info().config.compression.clone();
    assert_eq!(kept, Some(async_nats::jetstream::stream::Compression::S2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_an_operator_has_keep_events_for_longer_goes_on_to() {
    let (server, bus) = Server::start().await;
    let raw = server.raw().await;
    let year = std::time::Duration::from_hours(365 * 24);
    let mut config = raw.get_stream("INBOUND").await.unwrap().cached_info().config.clone();
    config.max_age = year;
    raw.update_stream(config).await.unwrap();
    bus.require_streams().await.unwrap();
    let applied = streams::apply(&bus, Replicas::Keep).await.unwrap();
    assert!(applied.iter().all(|applied| applied.change == Change::Unchanged), "{applied:#?}");
    assert_eq!(raw.get_stream("INBOUND").await.unwrap().cached_info().config.max_age, year);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_version_says_of_a_stream_is_no_reason_not_to_start() {
    let (server, bus) = Server::start().await;
    let raw = server.raw().await;
    let mut config = raw.get_stream("INBOUND").await.unwrap().cached_info().config.clone();
    config.description = Some("What came in.".to_owned());
    config.metadata.insert("axis.why".to_owned(), "Because.".to_owned());
    raw.update_stream(config).await.unwrap();
    bus.require_streams().await.unwrap();

    let drift = streams::check(&bus).await.unwrap();
    let fields: Vec<_> = drift.iter().filter_map(|one| one.field.as_deref()).collect();
    assert_eq!(fields, ["description", "metadata"]);
    streams::apply(&bus, Replicas::Keep).await.unwrap();
    assert_eq!(streams::check(&bus).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_free_on_the_disk_when_the_server_starts_bounds_no_stream() {
    let (server, _bus) = Server::start().await;
    let raw = server.raw().await;
    let mut config = raw.get_stream("INBOUND").await.unwrap().cached_info().config.clone();
    // Far more than the disk has.
    config.max_bytes = 900 << 30;
    raw.update_stream(config).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_large_messages_is_told_with_what_to_set_until_it_does() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = NatsOptions::new(dir.path());
    options.port = Some(free_port());
    // As NATS is by itself.
    options.max_payload = 1024 * 1024;
    let nats = Nats::start(options.clone()).await.unwrap();
    let server = Server { nats, dir };
    let bus = server.connect().await;
    streams::apply(&bus, Replicas::Keep).await.unwrap();
    let watch = streams::Watch::default();
    let watching = tokio::spawn(watch.clone().run(bus.clone()));

    let told = "the NATS server has max_payload 1048576 and should have 8388608; \
                set `max_payload: 8MB` in the configuration of the NATS servers";
    let drift = streams::check(&bus).await.unwrap();
    assert_eq!(BusError::Drift(drift).to_string(), told);
    for refused in [bus.require_streams().await, bus.require_streams_alone().await] {
        assert_eq!(refused.unwrap_err().to_string(), told);
    }
    eventually(|| async { watch.trouble().as_deref() == Some(told) }).await;

    server.nats.stop().await.unwrap();
    drop(server.nats);
    options.max_payload = 8 * 1024 * 1024;
    let _nats = Nats::start(options).await.unwrap();
    eventually(|| async { watch.trouble().is_none() }).await;
    bus.require_streams().await.unwrap();
    watching.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_its_state() {
    let (server, bus) = Server::start().await;
    publish(&bus, 3).await;
    server.hurry().await;
    let state = bus.stream("INBOUND").await.unwrap();
    assert_eq!((state.first_sequence, state.last_sequence, state.messages), (1, 3, 3));
    let [consumer] = &state.consumers[..] else { panic!("one consumer: {state:?}") };
    assert_eq!((consumer.name.as_str(), consumer.pending), ("sync-worker-a", 3));
    assert!(matches!(bus.stream("NOTHING").await, Err(BusError::NotFound { .. })));
}
