//! `axis db`.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::operator::Operator;

#[tokio::test(flavor = "multi_thread")]
async fn a_look_into_the_database_shows_what_is_wrong_and_no_content_unasked() {
    let operator = Operator::new().await;
    let receiver = operator.receives().await;
    operator.registered("mock-tenant-id", &receiver).await;
    operator.syncs().await;
    let test = ["webhook", "test", "--account", "7", "--receiver-url", &receiver];
    operator.fails(&test, "pass --yes").await;
    operator.known(&receiver).await;
    operator.succeeds(&[&test[..], &["--yes"]].concat()).await;

    let clean = operator.succeeds(&["db", "check"]).await;
    assert_eq!(clean["warnings"], json!([]));
    let of = |value: &Value, name: &str| {
        let tables = value["inspection"]["tables"].as_array().unwrap();
        tables.iter().find(|table| table["name"] == name).unwrap().clone()
    };
    let events = of(&clean, "webhook_events");
    assert_eq!((&events["rows"], &events["exact"]), (&json!(10), &json!(true)));
    assert_eq!(events["newest"].as_array().unwrap().len(), 3);
    assert_eq!(of(&clean, "conversations")["newest"][0]["facts"]["conversation"], 42);
    let contact = &of(&clean, "contacts")["newest"][0]["facts"];
    assert_eq!(contact.get("name"), None, "no personal data unasked");
    let shown = operator.succeeds(&["db", "check", "--show-content", "--rows", "1"]).await;
    assert!(of(&shown, "contacts")["newest"][0]["facts"]["name"].is_string());

    operator
        .statement(
            "insert into webhook_events (received_at, event_id, tenant_id, account_id, event,
               origin, digest, stream_sequence, outcome)
             select at, gen_random_uuid(), tenant_id, account_id, event, origin, digest, 1,
               'rejected'
             from webhook_events, unnest(array[now(), '2001-01-01'::timestamptz]) as at
             where event = 'message_created'",
        )
        .await;
    let rejected = operator.succeeds(&["db", "check"]).await;
    assert_eq!(rejected["warnings"].as_array().unwrap().len(), 2, "which harm nobody: {rejected}");
    operator
        .statement(
            "insert into outbox (operation_id, tenant_id, account_id, conversation_id, command,
               payload, traceparent, created_at)
             select gen_random_uuid(), tenant_id, account_id, id, 'set_status', '{}', '',
               now() - interval '6 minutes'
             from conversations",
        )
        .await;
    let warned = operator.axis(&["db", "check"]).await;
    assert_eq!(warned.code, Some(1), "{warned:?}");
    let warnings = warned.value["warnings"].as_array().unwrap();
    for expected in ["1 row of webhook_events", "outbox", "rejected"] {
        let found = warnings.iter().any(|one| one.as_str().unwrap().contains(expected));
        assert!(found, "{expected}: {warnings:?}");
    }
    assert_eq!(warnings.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_only_has_the_roles_looks_into_the_database_too() {
    let operator = Operator::new().await;
    operator
        .statement(
            "do $$ begin
               create role owns_nothing login password 'owns-nothing';
               grant axis_api, axis_worker, axis_gate, axis_search, axis_installation
                 to owns_nothing;
               grant select on _sqlx_migrations to owns_nothing;
             end $$",
        )
        .await;
    let owners = operator.world.store_config.database_url.expose_secret();
    let (_, place) = owners.split_once('@').unwrap();
    let url = format!("postgres://owns_nothing:owns-nothing@{place}");
    let looked = operator.succeeds(&["db", "check", "--database-url", &url]).await;
    assert_eq!(looked["warnings"], json!([]));

    operator.statement("revoke select on _sqlx_migrations from owns_nothing").await;
    let doctor = operator.axis(&["doctor", "--database-url", &url]).await;
    let schema = doctor.value.as_array().unwrap().iter().find(|one| one["check"] == "schema");
    let mend = schema.unwrap()["mend"].as_str().unwrap();
    assert!(mend.contains("grant select on _sqlx_migrations"), "{doctor:?}");
}
