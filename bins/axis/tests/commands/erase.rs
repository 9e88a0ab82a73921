//! `axis erase`.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::eventually;
use testkit::sqlx::{self, Connection as _, Row as _};

use crate::operator::{Operator, add};
use chatwoot_sim::admin_token;

/// What the customer of conversation 1 wrote, and what was written about it.
const TEXTS: [&str; 9] = [
    "where is parcel 77?",
    "draft about 77",
    "reason 77",
    "reply 77",
    "wish 77",
    "label 77",
    "asker 77",
    "refused 77",
    "try 77",
];

/// Lines of the timeline of conversation 1, as older versions have written them too.
const LINES: &str = r#"
    insert into activities (id, tenant_id, occurred_at, kind, source, account_id, conversation_id, data)
    select gen_random_uuid(), tenant_id, now(), kind, 'chatwoot', account_id, id, line::jsonb
    from conversations, (values
      ('approval_submitted', '{"approvalType": "refund", "requestedBy": "asker 77"}'),
      ('message_state_changed', '{"state": "failed", "reason": "Text refused 77"}'),
      ('command_failed', '{"command": "set_labels", "reason": "Label refused 77"}'),
      ('conversation_updated', '{"changes": [{"attribute": "priority", "from": null, "to": "high"},
                    {"attribute": "custom_attributes", "from": {}, "to": {"wish": "wish 77"}}]}'),
      ('conversation_updated', '{"field": "labels", "to": ["label 77"]}'),
      ('conversation_updated', '{"field": "status", "to": "resolved", "from": "open"}')
    ) as lines (kind, line)
    where display_id = 1"#;

async fn connection(operator: &Operator) -> sqlx::PgConnection {
    let url = operator.world.store_config.database_url.expose_secret();
    sqlx::PgConnection::connect(url).await.unwrap()
}

/// The tables in which a text stands, in any column.
async fn tables_with(operator: &Operator, text: &str) -> Vec<String> {
    let mut connection = connection(operator).await;
    let tables = sqlx::query(
        "select c.relname::text from pg_class c
         where c.relkind in ('r', 'p') and not c.relispartition
           and c.relnamespace = to_regnamespace(current_schema()) order by 1",
    );
    let mut found = Vec::new();
    for row in tables.fetch_all(&mut connection).await.unwrap() {
        let table: String = row.get(0);
        let rows = sqlx::AssertSqlSafe(format!(
            r#"select exists (select from "{table}" t where strpos(t::text, $1) > 0)"#
        ));
        let there: bool =
            sqlx::query_scalar(rows).bind(text).fetch_one(&mut connection).await.unwrap();
        if there {
            found.push(table);
        }
    }
    found
}

async fn number(operator: &Operator, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&mut connection(operator).await).await.unwrap()
}

async fn backfill(operator: &Operator) {
    let all = ["backfill", "--account", "7", "--anew", "--grace", "0", "--per-second", "10000"];
    let answered = operator.axis(&all).await;
    assert_eq!(answered.code, Some(0), "{answered:?}");
}

/// Account 7 with two conversations, about the first of which people wrote here too.
async fn with_two_customers() -> Operator {
    let operator = Operator::new().await;
    operator.syncs().await;
    operator.succeeds(&["tenants", "add", "acme"]).await;
    operator.succeeds(&add(&operator.chatwoot.url(), "acme", "7", &admin_token(7))).await;
    for text in [TEXTS[0], "hello from another"] {
        operator.chatwoot.sim.start_conversation(7, text).unwrap();
    }
    let contact = operator.chatwoot.sim.contact_of(7, 1).unwrap()["id"].as_i64().unwrap();
    operator.chatwoot.sim.rename_contact(7, contact, "Customer 77").unwrap();
    backfill(&operator).await;
    let messages = "select count(*) from messages";
    eventually("both are here", async || number(&operator, messages).await == 2).await;
    for statement in [
        "insert into drafts (conversation_id, principal_id, tenant_id, content, private, updated_at)
         select id, 'agent', tenant_id, 'draft about 77', false, now()
         from conversations where display_id = 1",
        "insert into approvals (id, tenant_id, conversation_id, kind, reason, requested_by, snapshot)
         select gen_random_uuid(), tenant_id, id, 'reply', 'reason 77', 'agent',
           '{\"content\": \"reply 77\"}'
         from conversations where display_id = 1",
        // Of a change that is over.
        "insert into outbound_attempts
           (operation_id, attempt, tenant_id, account_id, conversation_id, highest_message_id, detail)
         select gen_random_uuid(), 1, tenant_id, account_id, id, 0, 'try 77'
         from conversations where display_id = 1",
        LINES,
    ] {
        operator.statement(statement).await;
    }
    operator
}

/// Whom conversation 1 is with: their number, name and e-mail address.
async fn customer(operator: &Operator) -> (i64, Vec<String>) {
    let query = "select k.chatwoot_id, array_remove(array[k.name, k.email, k.phone_number], null)
                 from conversations c join contacts k on k.id = c.contact_id
                 where c.display_id = 1";
    sqlx::query_as(query).fetch_one(&mut connection(operator).await).await.unwrap()
}

/// `axis erase`, which logs what it does.
async fn erase(operator: &Operator, arguments: &[&str]) -> Value {
    let answered = operator.axis(&[&["erase", "--gone-for"], arguments].concat()).await;
    assert_eq!(answered.code, Some(0), "{arguments:?}: {answered:?}");
    answered.value
}

async fn is_anywhere(operator: &Operator, about: &[String]) -> bool {
    let mut tables = Vec::new();
    for text in TEXTS.into_iter().chain(about.iter().map(String::as_str)) {
        tables.extend(tables_with(operator, text).await);
    }
    !tables.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_person_whom_chatwoot_has_deleted() {
    let operator = with_two_customers().await;
    let (contact, about) = customer(&operator).await;
    assert!(!about.is_empty());
    let contact_is = contact.to_string();
    let wanted = ["0", "--account", "7", "--contact", &contact_is];
    let yes = [&wanted[..], &["--yes"]].concat();
    let command = [&["erase", "--gone-for"], &yes[..]].concat();
    operator.fails(&command[..command.len() - 1], "cannot be undone").await;
    operator.fails(&command, "delete it there").await;
    let nobody = ["erase", "--gone-for", "0", "--account", "7", "--contact", "777777", "--yes"];
    operator.fails(&nobody, "never had contact 777777").await;

    operator.chatwoot.sim.delete_conversation(7, 1).unwrap();
    operator.chatwoot.sim.delete_contact(7, contact).unwrap();
    // The first walk notices the conversation, and then nothing is with the contact.
    backfill(&operator).await;
    let gone = "select count(*) from conversations where gone_at > version_at";
    eventually("it is noticed", async || number(&operator, gone).await == 1).await;
    backfill(&operator).await;
    let gone = "select count(*) from contacts where gone_at > version_at";
    eventually("that is noticed too", async || number(&operator, gone).await == 1).await;

    let nothing = json!({
        "conversations": 0, "messages": 0, "approvals": 0, "contacts": 0, "catalogue": 0,
    });
    assert_eq!(erase(&operator, &["1", "--dry-run"]).await["erased"], nothing);
    let all = json!({
        "conversations": 1, "messages": 1, "approvals": 1, "contacts": 1, "catalogue": 0,
    });
    let looked = erase(&operator, &[&wanted[..], &["--dry-run"]].concat()).await;
    assert_eq!((&looked["erased"], &looked["dryRun"]), (&all, &json!(true)));
    assert!(is_anywhere(&operator, &about).await, "looking erases nothing");

    let erased = erase(&operator, &yes).await;
    assert_eq!((&erased["erased"], &erased["error"]), (&all, &Value::Null));
    for text in TEXTS.into_iter().chain(about.iter().map(String::as_str)) {
        assert_eq!(tables_with(&operator, text).await, Vec::<String>::new(), "{text}");
    }
    assert_eq!(tables_with(&operator, "hello from another").await, ["messages"]);
    assert_eq!(erase(&operator, &yes).await["erased"], nothing, "there is no more");
    let left = r#"select count(*) from activities
                  where data = '{"changes": [{"attribute": "priority"}, {"attribute": "custom_attributes"}]}'
                     or data = '{"field": "labels"}'
                     or data = '{"approvalType": "refund"}'
                     or data = '{"state": "failed"}'
                     or data = '{"command": "set_labels"}'
                     or data = '{"field": "status", "to": "resolved", "from": "open"}'"#;
    assert_eq!(number(&operator, left).await, 6, "what happened stays");
    // As by a replay.
    operator.statement(LINES).await;
    assert_eq!(erase(&operator, &yes).await["erased"]["conversations"], 1);
    assert_eq!(tables_with(&operator, "wish 77").await, Vec::<String>::new());

    let audit = operator.succeeds(&["audit", "--action", "erase"]).await;
    let latest = &audit["audit"][1];
    assert!(latest["target"].as_str().unwrap().contains(&format!("contact {contact}")), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_comes_back_if_chatwoot_has_it_after_all() {
    let operator = with_two_customers().await;
    let hidden = "update conversations
                  set version_at = version_at - 3600000000, gone_at = version_at - 3599999999
                  where display_id = 1";
    operator.statement(hidden).await;
    let yes = ["0", "--yes"];
    assert_eq!(erase(&operator, &yes).await["erased"]["messages"], 1);
    assert_eq!(tables_with(&operator, TEXTS[0]).await, Vec::<String>::new());

    // Chatwoot has it after all: it was not deleted, but not to be seen for a while.
    backfill(&operator).await;
    let with = "select count(*) from messages m
                join conversations c on c.id = m.conversation_id
                join contacts k on k.id = c.contact_id
                where c.display_id = 1 and c.gone_at <= c.version_at and k.name is not null";
    eventually("it is back with its message", async || number(&operator, with).await == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_disconnected_is_erased_when_that_is_asked_for() {
    let operator = with_two_customers().await;
    let (_, about) = customer(&operator).await;
    operator.succeeds(&["accounts", "disconnect", "--account", "7", "--yes"]).await;
    let gone = ["0", "--yes"];
    assert_eq!(erase(&operator, &gone).await["erased"]["messages"], 0);
    assert!(is_anywhere(&operator, &about).await);

    let disconnected = [&gone[..], &["--disconnected"]].concat();
    let erased = erase(&operator, &disconnected).await["erased"].clone();
    assert_eq!((&erased["messages"], &erased["contacts"]), (&json!(2), &json!(2)), "{erased}");
    assert!(erased["catalogue"].as_u64().unwrap() > 0, "{erased}");
    assert!(!is_anywhere(&operator, &about).await);
    for table in ["agents", "teams", "inboxes", "labels", "canned_responses"] {
        let query = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let mut connection = connection(&operator).await;
        let left: i64 = sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap();
        assert_eq!(left, 0, "{table}");
    }
}
