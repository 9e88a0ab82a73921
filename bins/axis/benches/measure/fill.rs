//! Fills a database with what years of support leave behind, fast.

use testkit::Account;
use testkit::sqlx::{self, AssertSqlSafe, PgConnection};

use crate::database::execute;

/// Messages of a conversation.
const LENGTH: usize = 20;
/// Messages and contacts that are made to be found, about.
const FOUND: usize = 50;

/// Writes an account's rows: this many messages, with conversations, contacts and a timeline to go
/// with them. Words are as unevenly common as in life. A few rows, as many in an account of any
/// size, are made to be found by a word or a name.
pub async fn fill(
    database: &mut PgConnection,
    account: &Account,
    messages: usize,
) -> anyhow::Result<()> {
    let (tenant, key) = (&account.tenant, account.key);
    let conversations = messages / LENGTH;
    let indexes: Vec<(String, String)> = sqlx::query_as(
        "select indexname::text, indexdef from pg_indexes i
         where schemaname = current_schema() and tablename in ('contacts', 'conversations', 'messages')
           and not exists (select from pg_constraint where conname = i.indexname)",
    )
    .fetch_all(&mut *database)
    .await?;
    // Building an index at the end is many times faster.
    for (name, _) in &indexes {
        execute(database, &format!("drop index {name}")).await?;
    }
    for statement in [
        "set session_replication_role = replica".to_owned(),
        contacts(tenant.as_str(), &key.to_string(), conversations),
        self::conversations(tenant.as_str(), &key.to_string(), conversations),
        self::messages(tenant.as_str(), &key.to_string(), messages, conversations),
        activities(tenant.as_str(), &key.to_string(), messages, conversations),
        "set session_replication_role = origin; set maintenance_work_mem = '512MB'".to_owned(),
    ] {
        execute(database, &statement).await?;
    }
    for (_, definition) in &indexes {
        sqlx::query(AssertSqlSafe(definition.clone())).execute(&mut *database).await?;
    }
    Ok(())
}

/// Lets the database know what it holds.
pub async fn settle(database: &mut PgConnection) -> anyhow::Result<()> {
    for table in ["contacts", "conversations", "messages", "activities"] {
        execute(database, &format!("vacuum analyze {table}")).await?;
    }
    execute(database, "checkpoint").await
}

/// A repeatable id, made of the kind and number of an account's row.
fn id(kind: &str, key: &str, number: &str) -> String {
    format!("md5('{kind} {key} ' || {number})::uuid")
}

fn contacts(tenant: &str, key: &str, count: usize) -> String {
    let id = id("contact", key, "i");
    format!(
        "insert into contacts (id, tenant_id, account_id, chatwoot_id, version_at, version_step,
           version_digest, name, email, phone_number)
         select {id}, '{tenant}', '{key}', i, 1, 0, 0,
           initcap(left(md5(i::text), 6)) || ' '
             || case when i % ({count} / {FOUND} + 1) = 7 then 'Alexandria'
                else initcap(right(md5(i::text), 8)) end,
           left(md5(i::text), 10) || '@example.com', '+35121' || lpad(i::text, 7, '0')
         from generate_series(1, {count}) i"
    )
}

fn conversations(tenant: &str, key: &str, count: usize) -> String {
    let (id, contact) = (id("conversation", key, "i"), id("contact", key, "i"));
    format!(
        "insert into conversations (id, tenant_id, account_id, display_id, version_at,
           version_step, version_digest, status, priority, inbox_id, channel,
           contact_chatwoot_id, contact_id, assignee_id, assignee_type, assignee_name, team_id,
           team_name, labels, can_reply, waiting_since, created_at, last_activity_at, activity_minute)
         select {id}, '{tenant}', '{key}', i, 1, 0, 0,
           case when i % 10 = 0 then 'open' when i % 50 = 1 then 'pending' else 'resolved' end,
           (array['urgent', 'high', 'medium', 'low', null, null, null, null])[1 + i / 3 % 8],
           i % 5, 'Channel::WebWidget', i, {contact},
           nullif(i / 10 % 20, 0), case when i / 10 % 20 > 0 then 'user' end,
           case when i / 10 % 20 > 0 then 'Agent ' || i / 10 % 20 end,
           nullif(i % 7, 0), case when i % 7 > 0 then 'Team ' || i % 7 end,
           case when i % 200 = 0 then array['orders', 'rare']
                when i % 2 = 0 then array['orders'] else '{{}}' end,
           true, case when i % 20 = 0 then now() - i * interval '1 second' end,
           now() - i * interval '2 minutes' - interval '1 day', now() - i * interval '1 minute',
           axis_minute(now() - i * interval '1 minute')
         from generate_series(1, {count}) i"
    )
}

fn messages(tenant: &str, key: &str, count: usize, conversations: usize) -> String {
    let (id, conversation) =
        (id("message", key, "i"), id("conversation", key, &format!("(1 + i % {conversations})")));
    // Twelve words of 20,000, the first of them by far the commonest.
    let word = "'w' || floor(20000 * power(random(), 4))::int";
    let words = [word; 12].join(" || ' ' || ");
    format!(
        "insert into messages (id, tenant_id, account_id, conversation_id, chatwoot_id, version_at,
           message_type, content_type, content, private, sender_type, sender_id, sender_name,
           inbox_id, created_at)
         select {id}, '{tenant}', '{key}', {conversation}, i, 1,
           case when i / {conversations} % 2 = 0 then 'incoming' else 'outgoing' end, 'text',
           {words} || case when i % ({count} / {FOUND} + 1) = 0 then ' needle w7' else '' end, false,
           case when i / {conversations} % 2 = 0 then 'contact' else 'user' end, 1 + i % 20,
           'Somebody', i % 5,
           now() - (1 + i % {conversations}) * interval '1 minute'
             - ({LENGTH} - i / {conversations}) * interval '20 seconds'
         from generate_series(1, {count}) i"
    )
}

fn activities(tenant: &str, key: &str, count: usize, conversations: usize) -> String {
    let (id, conversation) =
        (id("activity", key, "i"), id("conversation", key, &format!("(1 + i % {conversations})")));
    format!(
        "insert into activities (id, tenant_id, occurred_at, kind, source, account_id,
           conversation_id, actor, data)
         select {id}, '{tenant}', now() - (1 + i % {conversations}) * interval '1 minute'
             - ({LENGTH} - i / {conversations}) * interval '20 seconds',
           'message_created', 'chatwoot', '{key}', {conversation},
           '{{\"type\": \"contact\", \"id\": \"7\", \"name\": \"Ana Example\"}}', '{{}}'
         from generate_series(1, {count} / 2) i"
    )
}
