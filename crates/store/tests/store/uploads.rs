//! Files that nobody needs any more.

use std::time::Duration;

use store::{PgConnection, Store, uploads};
use testkit::sqlx;

/// Every hundredth of these messages is deleted, and each has a file.
const MESSAGES: &str = "
    insert into tenants (id, name) values ('acme', 'Acme');
    insert into chatwoot_accounts (id, tenant_id, base_url, chatwoot_account_id, sealed_api_token)
      values (gen_random_uuid(), 'acme', 'https://chat.example.com', 1, '');
    insert into conversations
      (id, tenant_id, account_id, display_id, version_at, version_step, version_digest, status,
       created_at, last_activity_at)
      select gen_random_uuid(), tenant_id, id, 7, 1, 1, 1, 'open', now(), now()
      from chatwoot_accounts;
    insert into messages
      (id, tenant_id, account_id, conversation_id, chatwoot_id, message_type, content_type, private,
       deleted, uploads, created_at)
      select gen_random_uuid(), tenant_id, account_id, id, n, 'outgoing', 'text', false, n % 100 = 0,
             '[{}]', now()
      from conversations, generate_series(1, 5000) n;
    insert into uploads (id, tenant_id, message_id, object_key, file_name, content_type)
      select gen_random_uuid(), tenant_id, id, id::text, 'a.txt', 'text/plain' from messages;
    analyze messages, uploads";

/// It is looked for them every ten minutes, and files stay for as long as their messages.
#[tokio::test]
async fn files_of_deleted_messages_are_found_without_reading_all_others() {
    let config = testkit::database().await;
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    let mut owner = <PgConnection as sqlx::Connection>::connect(url).await.unwrap();
    sqlx::raw_sql(MESSAGES).execute(&mut owner).await.unwrap();
    let store = Store::connect(&config, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    let left = uploads::left(&mut transaction, Duration::from_hours(1), 100).await.unwrap();
    assert_eq!(left.len(), 50);
    let (whole, by_index): (i64, i64) = sqlx::query_as(
        "select pg_stat_get_xact_numscans('messages'::regclass)
                  + pg_stat_get_xact_numscans('uploads'::regclass),
                pg_stat_get_xact_numscans('messages_deleted_with_files'::regclass)",
    )
    .fetch_one(&mut *transaction)
    .await
    .unwrap();
    assert_eq!((whole, by_index), (0, 1));
}

/// A migration that was broken off while it made the index.
#[tokio::test]
async fn an_index_that_was_broken_off_is_made_again() {
    let config = testkit::database().await;
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    let mut owner = <PgConnection as sqlx::Connection>::connect(url).await.unwrap();
    let broken_off = "update pg_index set indisvalid = false
                      where indexrelid = 'messages_deleted_with_files'::regclass";
    sqlx::raw_sql(broken_off).execute(&mut owner).await.unwrap();
    let made = include_str!("../../../../migrations/0050_files_of_deleted_messages.sql");
    sqlx::raw_sql(made).execute(&mut owner).await.unwrap();
    let found = include_str!("../../../../migrations/0051_files_of_deleted_messages_found.sql");
    sqlx::raw_sql(found).execute(&mut owner).await.unwrap();
    let valid = "select indisvalid from pg_index
                 where indexrelid = 'messages_deleted_with_files'::regclass";
    let valid: bool = sqlx::query_scalar(valid).fetch_one(&mut owner).await.unwrap();
    assert!(valid);
}
