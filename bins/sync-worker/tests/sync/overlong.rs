//! Events that the database does not finish in time (P9, P10).

use crate::support::{count, delivery, execute};
use bus::{Delivery, Failure, Handler};
use sync_worker::InboundHandler;
use testkit::{Account, World};

/// The database gives up on contacts of this name, as if their statement had taken too long.
async fn give_up_on_slow_ones(world: &World) {
    for statement in [
        "create function give_up() returns trigger language plpgsql
           as $$begin raise query_canceled; end$$",
        "create trigger slow before insert on contacts
           for each row when (new.name = 'Slow') execute function give_up()",
    ] {
        execute(&world.store_config, statement).await;
    }
}

fn contact(account: &Account, name: &str, sequence: u64) -> Delivery {
    let body = format!(
        r#"{{"event":"contact_created","id":{sequence},"name":"{name}","account":{{"id":1,"name":"x"}}}}"#
    );
    delivery(account, &body, sequence)
}

async fn ends(handler: &InboundHandler, batch: Vec<Delivery>) -> Vec<&'static str> {
    let end = |outcome: &bus::Outcome| match outcome {
        Ok(()) => "ok",
        Err(Failure::Reject { reason, .. }) => *reason,
        Err(_) => "retry",
    };
    handler.handle(batch).await.iter().map(end).collect()
}

#[tokio::test]
async fn an_event_that_is_never_finished_in_time_is_given_up_alone_and_after_several_tries() {
    let world = World::start().await;
    let (one, two) = (world.account("one", 1).await, world.account("two", 2).await);
    give_up_on_slow_ones(&world).await;
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    let slow = || Delivery { attempt: 50, ..contact(&one, "Slow", 2) };
    let shared = vec![contact(&two, "Ada", 1), slow(), contact(&two, "Ben", 3)];
    assert_eq!(ends(&handler, shared).await, ["ok", "retry", "ok"]);
    let own = vec![contact(&one, "Cem", 4), slow(), contact(&one, "Dora", 5)];
    assert_eq!(ends(&handler, own).await, ["ok", "retry", "ok"]);
    assert_eq!(ends(&handler, vec![slow()]).await, ["retry"]);
    let last = vec![slow(), contact(&two, "Eva", 6)];
    assert_eq!(ends(&handler, last).await, ["refused-by-database", "ok"]);
    assert_eq!(count(&world.store_config, "webhook_events where outcome = 'rejected'").await, 1);
    assert_eq!(count(&world.store_config, "contacts").await, 5);
}

/// A database that was slow for a while has used up none of the tries of what it has applied since.
#[tokio::test]
async fn what_was_finished_in_the_end_has_all_of_its_tries_again() {
    let world = World::start().await;
    let (one, two) = (world.account("one", 1).await, world.account("two", 2).await);
    give_up_on_slow_ones(&world).await;
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    let slow = || contact(&one, "Slow", 2);
    let shared = vec![contact(&two, "Ada", 1), slow()];
    assert_eq!(ends(&handler, shared).await, ["ok", "retry"]);
    for _ in 0..2 {
        for _ in 0..2 {
            assert_eq!(ends(&handler, vec![slow()]).await, ["retry"]);
        }
        execute(&world.store_config, "alter table contacts disable trigger slow").await;
        assert_eq!(ends(&handler, vec![slow()]).await, ["ok"]);
        execute(&world.store_config, "delete from contacts where name = 'Slow'").await;
        execute(&world.store_config, "alter table contacts enable trigger slow").await;
    }
}
