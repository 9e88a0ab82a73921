use bus::{Bus, Config, ConnectError, PublishError};
use bytes::Bytes;
use events::Envelope;
use futures_util::StreamExt as _;

use crate::support::{Server, envelope, eventually, within};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_id_is_stored_once() {
    let (_server, bus) = Server::start().await;
    let publisher = bus.publisher();
    let first = publisher.publish(envelope("inbound.a.b", "x")).await.unwrap();
    let again = publisher.publish(envelope("inbound.a.b", "x")).await.unwrap();
    assert!(!first.duplicate && again.duplicate);
    assert_eq!(first.sequence, again.sequence);
    assert_eq!(bus.stream("INBOUND").await.unwrap().messages, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_confirmed_in_their_order() {
    let (_server, bus) = Server::start().await;
    let envelopes = (0..500).map(|n| envelope("inbound.a.b", &n.to_string())).collect();
    let published = bus.publisher().publish_all(envelopes).await;
    let sequences: Vec<u64> = published.into_iter().map(|p| p.unwrap().sequence).collect();
    assert_eq!(sequences, (1..=500).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_batches_at_once_hears_of_its_own_messages() {
    let (_server, bus) = Server::start().await;
    assert!(bus.publisher().publish_all(Vec::<Envelope>::new()).await.is_empty());
    let batch = async |n: usize| {
        let mut envelopes: Vec<_> =
            (0..20).map(|i| envelope("inbound.a.b", &format!("{n}-{i}"))).collect();
        // Refused here, and refused by nobody's listening.
        envelopes[n].subject = "inbound..b c".into();
        envelopes[n + 1].subject = "nobody.listens".into();
        let published = bus.publisher().publish_all(envelopes).await;
        let places = |is: fn(&PublishError) -> bool| -> Vec<usize> {
            let refused = published.iter().enumerate().filter(|(_, p)| p.as_ref().is_err_and(is));
            refused.map(|(place, _)| place).collect()
        };
        assert_eq!(places(|error| matches!(error, PublishError::InvalidSubject { .. })), [n]);
        assert_eq!(places(|error| matches!(error, PublishError::NoStream { .. })), [n + 1]);
        let sequences: Vec<u64> = published.iter().flatten().map(|p| p.sequence).collect();
        assert!(sequences.is_sorted(), "{sequences:?}");
        sequences
    };
    let sequences = futures_util::future::join_all((0..18).map(batch)).await.concat();
    let distinct: std::collections::BTreeSet<_> = sequences.iter().copied().collect();
    assert_eq!(distinct, (1..=18 * 18).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_be_published_is_told_from_what_may_work_later() {
    let (server, bus) = Server::start().await;
    let publisher = bus.publisher();

    let large = Envelope { payload: vec![0; 9 << 20], ..envelope("inbound.a.b", "large") };
    let error = publisher.publish(large).await.unwrap_err();
    assert!(matches!(error, PublishError::TooLarge(_)) && error.is_permanent(), "{error:?}");

    // Smaller than the server's limit, larger than the stream's.
    let payload = vec![0; bus::MAX_MESSAGE_BYTES - 1024];
    let error = publisher
        .publish(Envelope { payload, ..envelope("inbound.a.b", "large") })
        .await
        .unwrap_err();
    assert!(matches!(error, PublishError::TooLarge(_)), "{error:?}");

    let payload = vec![0; bus::MAX_BODY_BYTES];
    publisher.publish(Envelope { payload, ..envelope("inbound.a.b", "fits") }).await.unwrap();

    let error = publisher.publish(envelope("inbound..b c", "bad")).await.unwrap_err();
    assert!(matches!(error, PublishError::InvalidSubject { .. }) && error.is_permanent());

    let error = publisher.publish(envelope("nobody.listens", "x")).await.unwrap_err();
    assert!(matches!(error, PublishError::NoStream { .. }) && !error.is_permanent(), "{error:?}");

    let raw = server.raw().await;
    let mut config = raw.get_stream("DEAD_LETTER").await.unwrap().cached_info().config.clone();
    config.max_messages = 1;
    raw.update_stream(config).await.unwrap();
    publisher.publish(envelope("dead-letter.t.c", "1")).await.unwrap();
    let error = publisher.publish(envelope("dead-letter.t.c", "2")).await.unwrap_err();
    assert!(matches!(error, PublishError::Full(_)) && !error.is_permanent(), "{error:?}");

    server.nats.stop().await.unwrap();
    eventually(|| async { !bus.connected() }).await;
    let error = publisher.publish(envelope("inbound.a.b", "y")).await.unwrap_err();
    assert!(matches!(error, PublishError::Unavailable), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_told_at_once_and_not_repeated() {
    let server = Server::bare().await;
    let url = server.config().nats_url;
    let url = secrecy::ExposeSecret::expose_secret(&url);
    let address = url.split('@').nth(1).unwrap();
    let config = Config::to_url(&format!("nats://wrong@{address}"));
    let error = Bus::connect(&config, "test").await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused(_)), "{error:?}");
    assert!(!format!("{error}").contains("wrong"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lazy_connection_comes_up_with_its_server_and_tells_a_restart_by_the_id() {
    let server = Server::bare().await;
    server.nats.stop().await.unwrap();
    let bus = Bus::connect_lazily(&server.config(), "test").await.unwrap();
    assert!(!bus.connected());
    assert_eq!(bus.server_id(), None);
    let mut connections = bus.connections();

    server.nats.restart().await.unwrap();
    within(connections.wait_for(|count| *count == 1)).await.unwrap();
    assert!(bus.connected());
    let first = bus.server_id().unwrap();

    server.nats.restart().await.unwrap();
    within(connections.wait_for(|count| *count == 2)).await.unwrap();
    assert_ne!(bus.server_id().unwrap(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn live_messages_reach_those_who_listen() {
    let (server, bus) = Server::start().await;
    let mut live = bus.subscribe_live().await.unwrap();
    bus.flush().await;
    let other = server.connect().await;
    other.publisher().live("live.acme.typing".into(), Bytes::from_static(b"{}")).await.unwrap();
    let heard = within(live.next()).await.unwrap();
    assert_eq!((heard.subject.as_str(), &heard.payload[..]), ("live.acme.typing", &b"{}"[..]));
}
