//! From the stream to the database and to the screens, poison included (P10).

use std::sync::Arc;
use std::time::Duration;

use crate::support::{count, delivery, execute, inbound};
use bus::{Delivery, Failure, Handler, TailStart};
use events::{Announcement, DeadLetter};
use futures_util::StreamExt;
use serde_json::{Value, json};
use store::Store;
use store::webhook_events::{Outcome, WebhookEvent};
use sync_worker::{Config, InboundHandler, SyncWorker};
use testkit::{World, eventually, sqlx};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

fn example(event: &str) -> &'static str {
    chatwoot::examples().iter().find(|(name, _)| *name == event).unwrap().1
}

/// How each event ended, in a word.
fn ends(outcomes: &[bus::Outcome]) -> Vec<&'static str> {
    let end = |outcome: &bus::Outcome| match outcome {
        Ok(()) => "ok",
        Err(Failure::Reject { reason, .. }) => *reason,
        Err(_) => "retry",
    };
    outcomes.iter().map(end).collect()
}

/// A worker that consumes until the shutdown.
async fn started(world: &World, shutdown: &CancellationToken) -> JoinHandle<anyhow::Result<()>> {
    let health = service::Health::default();
    let (store, bus) = (world.store.clone(), world.bus.clone());
    let worker = SyncWorker::start(&Config::default(), store, bus, &health).await.unwrap();
    tokio::spawn(worker.run(shutdown.clone()))
}

#[tokio::test]
async fn an_event_becomes_a_row_an_activity_and_an_announcement() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let mut tail = std::pin::pin!(world.bus.tail_activity(TailStart::After(0)));
    let shutdown = CancellationToken::new();
    let running = started(&world, &shutdown).await;

    let body = example("message_created");
    let envelope = inbound(&account, body, 1).envelope(body.as_bytes().to_vec());
    world.bus.publisher().publish(envelope).await.unwrap();

    let told = tokio::time::timeout(Duration::from_mins(1), tail.next()).await.unwrap();
    let told = told.unwrap().unwrap();
    assert_eq!(told.subject, "activity.acme.message_created");
    let announcement: Announcement = serde_json::from_slice(&told.payload).unwrap();
    let message = announcement.subject.message.expect("the row comes with the announcement");
    let conversation = announcement.subject.conversation.expect("the row comes along");
    assert_eq!(message.conversation_id, conversation.id);
    assert_eq!(announcement.activity.conversation_id, Some(conversation.id));

    let mut transaction = world.store.tenant(&account.tenant).await.unwrap();
    let rows = store::messages::by_ids(&mut transaction, &[message.id]).await.unwrap();
    assert_eq!(rows, [message]);
    assert_eq!(count(&world.store_config, "webhook_events where outcome = 'applied'").await, 1);

    shutdown.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_words_of_new_messages_are_taken_into_their_index() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let mut transaction = world.store.worker().await.unwrap();
    // Writes down what it does.
    let noting = "set local role none;
        create table taken (pages bigint);
        create or replace function axis_take_in_words() returns bigint
          language sql security definer set search_path from current
          as $$insert into taken select gin_clean_pending_list('messages_search') returning pages$$;
        grant select on taken to axis_worker";
    sqlx::raw_sql(noting).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    let shutdown = CancellationToken::new();
    let running = started(&world, &shutdown).await;

    let body = example("message_created");
    let envelope = inbound(&account, body, 1).envelope(body.as_bytes().to_vec());
    world.bus.publisher().publish(envelope).await.unwrap();
    eventually("the words are taken in", || async {
        count(&world.store_config, "taken where pages > 0").await == 1
    })
    .await;

    shutdown.cancel();
    running.await.unwrap().unwrap();
}

/// The stream may take its time: whoever comes next need not wait for it.
#[tokio::test]
async fn a_transaction_does_not_wait_for_what_the_last_one_tells() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let one = Config { sync_concurrency: 1, ..Config::default() };
    let handler = InboundHandler::configured(&one, world.store.clone(), world.bus.publisher());
    let handler = Arc::new(handler);
    let handle = |event, sequence| {
        let (handler, delivery) =
            (Arc::clone(&handler), delivery(&account, example(event), sequence));
        tokio::spawn(async move { handler.handle(vec![delivery]).await })
    };
    // A connection of its own, which is open before NATS is silent: that is put up with for 10 s here.
    let watching = Store::connect(&world.store_config, "watching").unwrap();
    let written = async |events: i64| {
        eventually("the events are written", async || {
            let mut transaction = watching.worker().await.unwrap();
            let written = sqlx::query_scalar("select count(*) from webhook_events");
            let written: i64 = written.fetch_one(&mut *transaction).await.unwrap();
            written == events
        })
        .await;
    };
    written(0).await;
    world.nats.pause().await;
    let first = handle("message_created", 1);
    written(1).await;
    let second = handle("conversation_created", 2);
    written(2).await;
    assert!(!first.is_finished() && !second.is_finished(), "nobody has heard of them");
    world.nats.resume().await;
    for handled in [first, second] {
        for outcome in handled.await.unwrap() {
            outcome.unwrap();
        }
    }
}

#[tokio::test]
async fn poison_goes_to_the_dead_letters_and_stops_nothing() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let stranger = testkit::Account { key: domain::AccountKey::generate(), ..account.clone() };
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    let outcomes = handler
        .handle(vec![
            delivery(&account, example("message_created"), 1),
            delivery(&account, r#"{"event":"message_created"}"#, 2),
            delivery(&account, "no json at all", 3),
            delivery(&stranger, example("message_created"), 4),
            delivery(&account, example("contact_created"), 5),
            delivery(&account, r#"{"event":"something_new","id":1}"#, 6),
        ])
        .await;
    assert_eq!(
        ends(&outcomes),
        ["ok", "undecodable", "undecodable", "refused-by-database", "ok", "ok"]
    );
    assert_eq!(count(&world.store_config, "messages").await, 1);
    assert_eq!(count(&world.store_config, "webhook_events where outcome = 'applied'").await, 2);
    assert_eq!(count(&world.store_config, "webhook_events where outcome = 'ignored'").await, 1);
    // The stranger's account has no tenant's row to refer to, but the record of events names it all the same.
    assert_eq!(count(&world.store_config, "webhook_events where outcome = 'rejected'").await, 3);
}

#[tokio::test]
async fn what_a_trigger_refuses_is_given_up_alone() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    for statement in [
        "create function refuse() returns trigger language plpgsql
           as $$begin raise exception 'not this one'; end$$",
        "create trigger refused before insert on contacts
           for each row when (new.name = 'Refused') execute function refuse()",
    ] {
        execute(&world.store_config, statement).await;
    }

    let refused = r#"{"event":"contact_created","id":9,"name":"Refused","account":{"id":1,"name":"x"},
        "custom_attributes":{},"additional_attributes":{}}"#;
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    let outcomes = handler
        .handle(vec![
            delivery(&account, example("message_created"), 1),
            delivery(&account, refused, 2),
            delivery(&account, example("contact_created"), 3),
        ])
        .await;
    assert_eq!(ends(&outcomes), ["ok", "refused-by-database", "ok"]);
    assert_eq!(count(&world.store_config, "messages").await, 1);
    assert_eq!(count(&world.store_config, "webhook_events where outcome = 'rejected'").await, 1);
}

/// Whoever has no row is told of by the bus where it gets no dead letter either.
#[tokio::test]
async fn a_rejection_says_whether_it_has_a_row() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    let recorded = async |delivery| {
        let outcomes = handler.handle(vec![delivery]).await;
        let [Err(Failure::Reject { recorded, .. })] = outcomes[..] else {
            panic!("{outcomes:?}");
        };
        recorded
    };
    assert!(recorded(delivery(&account, "no json", 1)).await);
    let foreign = Delivery { headers: events::Headers::default(), ..delivery(&account, "{}", 2) };
    assert!(!recorded(foreign).await);
    for statement in [
        "create function refuse() returns trigger language plpgsql
           as $$begin raise exception 'not this one'; end$$",
        "create trigger refused before insert on webhook_events
           for each row execute function refuse()",
    ] {
        execute(&world.store_config, statement).await;
    }
    assert!(!recorded(delivery(&account, "no json", 3)).await);
}

/// Whoever may write a message may write our marker into two.
#[tokio::test]
async fn two_messages_with_one_marker_are_two_rows_at_the_first_attempt() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    let mut body: Value = serde_json::from_str(example("message_created")).unwrap();
    let place = body["conversation"].take();
    let mut message = |number: i64, marker: uuid::Uuid| {
        body["id"] = json!(number);
        body["content_attributes"] = json!({ "axis": { "op": marker } });
        body.clone()
    };
    let bearers = async |marker: uuid::Uuid| {
        let mut connection = crate::support::connect(&world.store_config).await;
        let query = "select chatwoot_id from messages
            where content_attributes->'axis'->>'op' = $1 order by id::text = $1 desc";
        let numbers = sqlx::query_scalar(query).bind(marker.to_string());
        numbers.fetch_all(&mut connection).await.unwrap() as Vec<i64>
    };

    let told = uuid::Uuid::new_v4();
    let deliveries = [(12, 1), (11, 2)].map(|(number, sequence)| {
        let mut body = message(number, told);
        body["conversation"] = place.clone();
        body["conversation"]["messages"] = json!([]);
        delivery(&account, &body.to_string(), sequence)
    });
    assert_eq!(ends(&handler.handle(deliveries.into()).await), ["ok", "ok"]);
    assert_eq!(bearers(told).await, [11, 12], "the older one has it as its id");

    let found = uuid::Uuid::new_v4();
    let read = [22, 21]
        .map(|number| json!({ "message": message(number, found), "found": { "missing": true } }));
    let body =
        json!({ "event": "reconciled_conversation", "conversation": place, "messages": read });
    let read = delivery(&account, &body.to_string(), 3);
    assert_eq!(ends(&handler.handle(vec![read]).await), ["ok"]);
    assert_eq!(bearers(found).await, [21, 22]);
}

#[tokio::test]
async fn whoever_meets_a_row_every_time_keeps_nobody_waiting() {
    let world = World::start().await;
    let (one, two) = (world.account("one", 1).await, world.account("two", 2).await);
    for statement in [
        "create function meet() returns trigger language plpgsql
           as $$begin raise unique_violation; end$$",
        "create trigger met before insert on contacts
           for each row when (new.name = 'Met') execute function meet()",
    ] {
        execute(&world.store_config, statement).await;
    }
    let met = r#"{"event":"contact_created","id":9,"name":"Met","account":{"id":1,"name":"x"}}"#;
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    let outcomes = handler
        .handle(vec![
            delivery(&one, example("message_created"), 1),
            delivery(&one, met, 2),
            delivery(&two, example("contact_created"), 3),
        ])
        .await;
    assert_eq!(ends(&outcomes), ["ok", "retry", "ok"]);
}

#[tokio::test]
async fn what_postgres_cannot_store_is_made_storable() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    let body = r#"{"event":"contact_created","id":9,"name":"A\u0000B","account":{"id":1,"name":"x"},
        "custom_attributes":{"k\u0000":"v\u0000"},"additional_attributes":{}}"#;
    let outcomes = handler.handle(vec![delivery(&account, body, 1)]).await;
    assert!(outcomes[0].is_ok(), "{outcomes:?}");
    assert_eq!(count(&world.store_config, "contacts where name = 'A\u{fffd}B'").await, 1);
}

#[tokio::test]
async fn a_dead_letter_bears_all_that_is_needed_to_send_it_again() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let shutdown = CancellationToken::new();
    let running = started(&world, &shutdown).await;

    let body = r#"{"event":"message_updated"}"#;
    let envelope = inbound(&account, body, 1).envelope(body.as_bytes().to_vec());
    let sent = envelope.clone();
    world.bus.publisher().publish(envelope).await.unwrap();
    let letters = world.bus.dead_letters();
    eventually("the event is a dead letter", async || letters.count().await.unwrap() == 1).await;
    let letter = letters.get(1).await.unwrap().unwrap();
    assert_eq!(letter.payload.as_ref(), sent.payload.as_slice());
    let dead = DeadLetter::read(&letter.headers).unwrap();
    assert_eq!((dead.subject, dead.reason.as_str()), (sent.subject, "undecodable"));

    shutdown.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn tenants_do_not_see_each_other_even_in_sql() {
    let world = World::start().await;
    let (one, two) = (world.account("one", 1).await, world.account("two", 2).await);
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    for outcome in handler.handle(vec![delivery(&one, example("message_created"), 1)]).await {
        outcome.unwrap();
    }
    let seen = async |tenant: Option<&domain::TenantId>, table: &str| -> i64 {
        let mut connection = crate::support::connect(&world.store_config).await;
        let setup = tenant.map_or(String::new(), |t| format!("set axis.tenant = '{t}';"));
        let setup = sqlx::AssertSqlSafe(format!("{setup} set role axis_api"));
        sqlx::raw_sql(setup).execute(&mut connection).await.unwrap();
        let query = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
    };
    for table in
        ["contacts", "conversations", "messages", "activities", "webhook_events", "tenants"]
    {
        assert!(seen(Some(&one.tenant), table).await > 0, "{table} of its owner");
        let of_others = i64::from(table == "tenants");
        assert_eq!(seen(Some(&two.tenant), table).await, of_others, "{table} of another");
        assert_eq!(seen(None, table).await, 0, "{table} of nobody");
    }
}

/// What comes again at once is written down once, with where it was first, and refused by nobody.
#[tokio::test]
async fn an_event_twice_in_one_transaction_is_written_down_as_the_first() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let head = inbound(&account, example("message_created"), 1);
    let events = [9, 4].map(|stream_sequence| WebhookEvent {
        id: head.id,
        received_at: head.received_at,
        tenant: account.tenant.clone(),
        account: account.key,
        event: head.event.clone(),
        origin: head.origin.clone(),
        delivery: None,
        digest: vec![1],
        stream_sequence,
        outcome: Outcome::Applied,
        detail: None,
    });
    let mut transaction = world.store.worker().await.unwrap();
    store::webhook_events::record(&mut transaction, &events, &[], &[]).await.unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(count(&world.store_config, "webhook_events").await, 1);
    assert_eq!(count(&world.store_config, "webhook_events where stream_sequence = 4").await, 1);
}

#[tokio::test]
async fn what_is_too_large_to_announce_whole_is_announced_without_what_is_large() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let mut body: Value = serde_json::from_str(example("message_created")).unwrap();
    body["content_attributes"] = json!({ "email": "x".repeat(8_600_000) });
    let handler = InboundHandler::new(world.store.clone(), world.bus.publisher());
    let outcomes = handler.handle(vec![delivery(&account, &body.to_string(), 1)]).await;
    assert!(outcomes[0].is_ok(), "{outcomes:?}");
    assert_eq!(count(&world.store_config, "messages").await, 1);
    let mut tail = std::pin::pin!(world.bus.tail_activity(TailStart::After(0)));
    let told = tokio::time::timeout(Duration::from_mins(1), tail.next()).await.unwrap();
    let told: Announcement = serde_json::from_slice(&told.unwrap().unwrap().payload).unwrap();
    assert_eq!(told.activity.kind, "message_created");
    let events::AnnouncementSubject { conversation, message, approval, omitted } = told.subject;
    assert!(conversation.unwrap().last_message.is_some());
    assert_eq!((message, approval, omitted), (None, None, vec![events::AnnouncedRow::Message]));
}
