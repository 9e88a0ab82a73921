//! What may be asked of a Chatwoot besides replies.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use store::Store;
use store::hosts::{self, Host};

const NAME: &str = "chatwoot.test:443";

/// A host that allows one request a minute, so that nothing changes while the test looks.
async fn known(store: &Store, change: impl FnOnce(&mut Host, DateTime<Utc>)) {
    let mut transaction = store.worker().await.unwrap();
    let (_, now) = hosts::lock(&mut transaction, NAME).await.unwrap();
    let mut host = Host {
        host: NAME.to_owned(),
        per_minute: 1,
        tokens: 1.0,
        away: 0.0,
        filled_at: now,
        granted: 0,
        paused_until: None,
        pauses: 0,
    };
    change(&mut host, now);
    hosts::write(&mut transaction, &host).await.unwrap();
    store::commit(transaction).await.unwrap();
}

async fn take(store: &Store, anyway: bool) -> Option<Duration> {
    let mut transaction = store.worker().await.unwrap();
    let wait = hosts::take_spare(&mut transaction, NAME, anyway).await.unwrap();
    store::commit(transaction).await.unwrap();
    wait
}

async fn granted(store: &Store) -> i64 {
    let mut transaction = store.worker().await.unwrap();
    hosts::list(&mut transaction).await.unwrap()[0].granted
}

#[tokio::test]
async fn replies_go_first_and_what_they_leave_may_be_asked() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    assert_eq!(take(&store, false).await, None, "nothing is known of it");

    known(&store, |_, _| {}).await;
    assert_eq!(take(&store, false).await, None, "there was one");
    assert_eq!(take(&store, false).await, Some(Duration::from_millis(250)), "there is none now");
    assert_eq!(granted(&store).await, 1);
    assert_eq!(take(&store, true).await, None, "rather too many than never");
    assert_eq!(granted(&store).await, 2);

    known(&store, |host, _| host.away = 3.0).await;
    assert!(take(&store, false).await.is_some(), "replies were sent away");

    // Ten a second. As if reckoned in the future, so that nothing comes meanwhile.
    let mut taken = 0;
    let there = async |tokens: f64| {
        known(&store, |host, now| {
            (host.per_minute, host.tokens) = (600, tokens);
            host.filled_at = now + TimeDelta::hours(1);
        })
        .await;
        take(&store, false).await.is_none()
    };
    while there(8.0 - f64::from(taken)).await {
        taken += 1;
    }
    assert_eq!(taken, 3, "eight of ten were there, and five are left to replies");

    let until = |now: DateTime<Utc>| Some(now + TimeDelta::hours(1));
    known(&store, |host, now| host.paused_until = until(now)).await;
    for anyway in [false, true] {
        let wait = take(&store, anyway).await.unwrap();
        assert!(wait > Duration::from_mins(59), "it asked to slow down: {wait:?}");
    }
    known(&store, |host, now| host.paused_until = Some(now)).await;
    assert_eq!(take(&store, false).await, None, "that is over");
}
