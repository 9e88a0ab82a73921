//! `axis db`.

use chatwoot_sim::admin_token;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::operator::{Operator, add};

#[tokio::test(flavor = "multi_thread")]
async fn a_look_into_the_database_shows_what_is_wrong_and_no_content_unasked() {
    let operator = Operator::new().await;
    let receiver = operator.receives().await;
    operator.registered("mock-tenant-id", &receiver).await;
    operator.syncs().await;
    let test = ["webhook", "test", "--account", "7", "--receiver-url", &receiver];
    operator.fails(&test, "pass --yes").await;
    operator.known(&receiver).await;
    operator.succeeds(&[&test[..], &["--yes", "--wait", "120"]].concat()).await;

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

/// Commands for two accounts of ACME: two for account 7 of a quarter of an hour ago, one for account 8 of ten minutes
/// ago, and one that has not waited for long.
async fn with_overdue_commands() -> Operator {
    let operator = Operator::new().await;
    operator.succeeds(&["tenants", "add", "acme"]).await;
    for statement in [
        "insert into chatwoot_accounts
           (id, tenant_id, base_url, chatwoot_account_id, sealed_api_token)
         select gen_random_uuid(), 'acme', 'https://chat.example.com/' || number, number, ''
         from generate_series(7, 8) as number",
        "insert into conversations
           (id, tenant_id, account_id, display_id, version_at, version_step, version_digest, status,
            created_at, last_activity_at)
         select gen_random_uuid(), 'acme', id, 42, 1, 1, 1, 'open', now(), now()
         from chatwoot_accounts",
        "insert into outbox (operation_id, tenant_id, account_id, conversation_id, command, payload,
           traceparent, created_at, due_at, wait_reason)
         select gen_random_uuid(), c.tenant_id, c.account_id, c.id, 'set_status', '{}', '',
           now() - minutes * interval '1 minute', now() + interval '1 minute', reason
         from (values (7, 15, 'Chatwoot cannot be reached'), (7, 14, null), (8, 10, null), (8, 1, null))
           as waits (number, minutes, reason)
         join chatwoot_accounts a on a.chatwoot_account_id = number
         join conversations c on c.account_id = a.id",
    ] {
        operator.statement(statement).await;
    }
    operator
}

/// No index knows them, and all would be read.
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_of_very_many_contacts_are_not_looked_for() {
    let operator = Operator::new().await;
    operator.succeeds(&["tenants", "add", "acme"]).await;
    operator.succeeds(&add(&operator.chatwoot.url(), "acme", "7", &admin_token(7))).await;
    operator
        .statement(
            "insert into contacts (id, tenant_id, account_id, chatwoot_id, version_at, version_step,
               version_digest)
             select gen_random_uuid(), tenant_id, id, number, 0, 0, 0
             from chatwoot_accounts, generate_series(1, 100001) as number",
        )
        .await;
    let looked = operator.succeeds(&["db", "check"]).await;
    let tables = looked["inspection"]["tables"].as_array().unwrap();
    let contacts = tables.iter().find(|table| table["name"] == "contacts").unwrap();
    assert!(contacts["rows"].as_i64().unwrap() > 100_000, "{contacts}");
    let left = json!([false, null, []]);
    assert_eq!(json!([contacts["exact"], contacts["newestAt"], contacts["newest"]]), left);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_too_long_is_told_by_account_with_what_it_waits_for() {
    let operator = with_overdue_commands().await;
    let told = async || {
        let checked = operator.axis(&["db", "check", "--rows", "0"]).await;
        let warnings = checked.value["warnings"].as_array().unwrap().clone();
        let [seven, eight] = &warnings[..] else { panic!("{checked:?}") };
        let [seven, eight] = [seven, eight].map(|one| one.as_str().unwrap().to_owned());
        (checked.code, seven, eight)
    };
    let (code, seven, eight) = told().await;
    assert_eq!(code, Some(1));
    let of = "for account 7 of https://chat.example.com/7 (tenant acme) wait in the outbox since";
    assert!(seven.starts_with(&format!("2 commands {of}")), "{seven}");
    assert!(seven.ends_with("the oldest was put off: Chatwoot cannot be reached"), "{seven}");
    assert!(eight.starts_with("1 command for account 8 "), "{eight}");
    assert!(eight.ends_with("nobody has carried them out"), "{eight}");

    // Neither is for whoever looks after this installation.
    for statement in [
        "insert into chatwoot_breakers (account_id, tenant_id, failures, opened, state, until)
         select id, tenant_id, 5, 1, 'open', '2099-01-02 03:04:05Z' from chatwoot_accounts
         where chatwoot_account_id = 7",
        "insert into chatwoot_hosts (host, paused_until)
         values ('chat.example.com:443', '2099-01-02 03:00:00Z')",
    ] {
        operator.statement(statement).await;
    }
    let (code, seven, eight) = told().await;
    assert_eq!(code, Some(0));
    let silent = "does not answer (Chatwoot cannot be reached), and is asked again at 2099-01-02 03:04:05 UTC";
    assert!(seven.ends_with(silent), "{seven}");
    assert!(eight.ends_with("wants to be left alone until 2099-01-02 03:00:00 UTC"), "{eight}");

    operator.statement("update outbox set due_at = now() - interval '3 minutes'").await;
    let (code, seven, _) = told().await;
    assert_eq!(code, Some(1));
    assert!(seven.ends_with("no outbound-worker takes them up, or NATS is away"), "{seven}");
    let doctor = operator.axis(&["doctor"]).await;
    let tables = doctor.value.as_array().unwrap().iter().find(|one| one["check"] == "tables");
    let mend = tables.unwrap()["mend"].as_str().unwrap();
    assert!(mend.starts_with("start an outbound-worker"), "{mend}");
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
