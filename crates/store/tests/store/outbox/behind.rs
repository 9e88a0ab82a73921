//! When what waits behind another command is published again.

use std::time::Duration;

use domain::OperationId;
use store::{Store, Transaction, outbox};
use testkit::sqlx;

use super::filled;
use crate::sweeps::somebody_waits;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// A store with a conversation of ten commands, and these.
async fn queue() -> (Store, Vec<OperationId>) {
    let store = filled(1, 10).await;
    let mut transaction = store.worker().await.unwrap();
    let queue = sqlx::query_scalar("select operation_id from outbox order by sequence");
    let queue: Vec<uuid::Uuid> = queue.fetch_all(&mut *transaction).await.unwrap();
    (store, queue.into_iter().map(OperationId).collect())
}

/// As a relay does in a round. Returns how many it published.
async fn publish(store: &Store) -> usize {
    let mut transaction = store.worker().await.unwrap();
    let due = outbox::take_due(&mut transaction, 100, 100).await.unwrap();
    let due: Vec<_> = due.iter().map(|(wake_up, _)| wake_up.operation).collect();
    outbox::published(&mut transaction, &due, MINUTE).await.unwrap();
    store::commit(transaction).await.unwrap();
    due.len()
}

/// Lets so much of the rows' time pass, with a relay at work.
async fn pass(store: &Store, minutes: usize) -> usize {
    let mut published = 0;
    for _ in 0..minutes {
        published += publish(store).await;
        let mut transaction = store.worker().await.unwrap();
        let later = "update outbox set due_at = due_at - interval '1 minute',
                                       not_before = not_before - interval '1 minute'";
        sqlx::query(later).execute(&mut *transaction).await.unwrap();
        store::commit(transaction).await.unwrap();
    }
    published
}

/// Which of the commands, by their places, are published within this time.
async fn within(store: &Store, queue: &[OperationId], time: Duration) -> Vec<usize> {
    let mut transaction = store.worker().await.unwrap();
    let soon = "select operation_id from outbox
                where due_at <= now() + make_interval(secs => $1) order by sequence";
    let soon = sqlx::query_scalar(soon).bind(time.as_secs_f64());
    let soon: Vec<uuid::Uuid> = soon.fetch_all(&mut *transaction).await.unwrap();
    let place = |id: uuid::Uuid| queue.iter().position(|command| command.0 == id).unwrap();
    soon.into_iter().map(place).collect()
}

/// The first command of a queue is put off, and those behind it were published for the last time a while ago.
async fn held_up() -> (Store, Vec<OperationId>) {
    let (store, queue) = queue().await;
    let mut transaction = store.worker().await.unwrap();
    assert!(outbox::postpone(&mut transaction, queue[0], 2 * HOUR).await.unwrap());
    store::commit(transaction).await.unwrap();
    let published = pass(&store, 60).await;
    // After none, one, three, seven and fifteen minutes, and from then on every ten.
    assert_eq!(published, 9 * 9, "in an hour, each of those behind it");
    (store, queue)
}

async fn removing(store: &Store, operation: OperationId) -> Transaction {
    let mut transaction = store.worker().await.unwrap();
    assert!(outbox::settle(&mut transaction, operation).await.unwrap());
    transaction
}

/// A Chatwoot is away for days, and thousands of its conversations are left waiting.
#[tokio::test]
async fn p9_what_waits_behind_a_command_that_was_put_off_wakes_nobody_each_minute() {
    let (store, queue) = held_up().await;
    assert!(within(&store, &queue, Duration::ZERO).await.is_empty());
    store::commit(removing(&store, queue[5]).await).await.unwrap();
    assert!(within(&store, &queue, MINUTE).await.is_empty(), "it was not the first");
}

/// Nobody knows whether what wakes it for the one before it still does.
#[tokio::test]
async fn p5_what_has_become_the_first_command_is_published_within_a_minute_again_and_again() {
    let (store, queue) = held_up().await;
    store::commit(removing(&store, queue[0]).await).await.unwrap();
    assert_eq!(within(&store, &queue, MINUTE).await, [1]);
    assert_eq!(pass(&store, 11).await, 10 + 8, "the others once");
    assert_eq!(within(&store, &queue, MINUTE).await, [1]);
}

/// The relay has published it as one that is not the first, or is about to note that.
#[tokio::test]
async fn p5_a_command_that_becomes_the_first_while_a_relay_has_it_is_published_within_a_minute() {
    let (store, queue) = held_up().await;
    pass(&store, 5).await;
    assert!(within(&store, &queue, Duration::ZERO).await.contains(&1), "all behind it are due");
    let mut relay = store.worker().await.unwrap();
    let due = outbox::take_due(&mut relay, 100, 100).await.unwrap();
    let due: Vec<_> = due.iter().map(|(wake_up, _)| wake_up.operation).collect();
    assert!(due.contains(&queue[1]));
    let removed = removing(&store, queue[0]).await;
    outbox::published(&mut relay, &due, MINUTE).await.unwrap();
    store::commit(relay).await.unwrap();
    store::commit(removed).await.unwrap();
    assert_eq!(within(&store, &queue, MINUTE).await.first(), Some(&1));

    let mut transaction = store.worker().await.unwrap();
    outbox::published(&mut transaction, &queue[2..3], MINUTE).await.unwrap();
    let (removed, ()) = tokio::join!(removing(&store, queue[1]), async {
        somebody_waits(&store).await;
        store::commit(transaction).await.unwrap();
    });
    store::commit(removed).await.unwrap();
    assert_eq!(within(&store, &queue, MINUTE).await.first(), Some(&2));
}

/// Nobody else would end it: what is behind finds the first one not due.
#[tokio::test]
async fn p5_a_wait_is_ended_while_a_relay_notes_that_it_has_published_what_is_behind() {
    let (store, queue) = held_up().await;
    let mut relay = store.worker().await.unwrap();
    outbox::published(&mut relay, &queue[1..2], MINUTE).await.unwrap();
    let mut transaction = store.worker().await.unwrap();
    outbox::hasten(&mut transaction, queue[0]).await.unwrap();
    store::commit(transaction).await.unwrap();
    store::commit(relay).await.unwrap();
    assert_eq!(within(&store, &queue, Duration::ZERO).await.first(), Some(&0));
}
