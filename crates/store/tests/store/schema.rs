//! Programs start on a schema that has all they were built for.

use store::{Error, PgConnection, Store};
use testkit::sqlx;

/// A tenant and accounts of it, each with an address and a number.
async fn acme(connection: &mut PgConnection, accounts: &[(&str, i64)]) {
    sqlx::query("insert into tenants (id, name) values ('acme', 'Acme')")
        .execute(&mut *connection)
        .await
        .unwrap();
    let (urls, numbers): (Vec<&str>, Vec<i64>) = accounts.iter().copied().unzip();
    sqlx::query(
        "insert into chatwoot_accounts
           (id, tenant_id, base_url, chatwoot_account_id, sealed_api_token)
         select gen_random_uuid(), 'acme', url, number, ''
         from unnest($1::text[], $2::bigint[]) as typed (url, number)",
    )
    .bind(urls)
    .bind(numbers)
    .execute(connection)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_schema_that_lacks_any_migration_is_refused() {
    let config = testkit::database().await;
    let store = Store::connect(&config, "test").unwrap();
    store.require_schema().await.unwrap();
    let mut transaction = store.worker().await.unwrap();
    sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
    sqlx::query("insert into _sqlx_migrations values (9999, 'later', now(), true, '', 0)")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    // A version was put back: what a later one has added stays.
    store::migrate(&config).await.unwrap();
    store.require_schema().await.unwrap();

    let mut transaction = store.worker().await.unwrap();
    sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
    sqlx::query("delete from _sqlx_migrations where version = 8")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    let refused = store.require_schema().await.unwrap_err();
    assert!(matches!(refused, Error::Schema(_)) && refused.to_string().contains("0008"));
}

/// As where each of several machines does so before its programs start.
#[tokio::test]
async fn whoever_migrates_at_the_same_time_waits_for_the_others() {
    let config = testkit::empty_database().await;
    let (one, another) = tokio::join!(store::migrate(&config), store::migrate(&config));
    one.unwrap();
    another.unwrap();
    Store::connect(&config, "test").unwrap().require_schema().await.unwrap();
}

/// What has no trigrams is looked for by reading every contact.
#[tokio::test]
async fn names_in_any_script_are_found_by_their_parts() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    for name in ["Ada", "Иван", "李明华", "محمد"] {
        let parts = sqlx::query_scalar::<_, Vec<String>>("select show_trgm($1)").bind(name);
        let parts = parts.fetch_one(&mut *transaction).await.unwrap();
        assert!(!parts.is_empty(), "{name}");
    }
}

/// Chatwoot tells several things of each message: what each of them writes must not grow with the indexes.
#[tokio::test]
async fn another_event_of_the_same_minute_enters_nothing_into_an_index() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut owner = store.worker().await.unwrap();
    acme(&mut owner, &[("https://chat.example.com", 1)]).await;
    for statement in [
        "set local role none",
        "insert into conversations
           (id, tenant_id, account_id, display_id, version_at, version_step, version_digest, status,
            created_at, last_activity_at)
         select gen_random_uuid(), 'acme', id, 7, 1, 1, 1, 'open', '2026-01-02 03:04:00Z',
                '2026-01-02 03:04:05Z' from chatwoot_accounts",
    ] {
        sqlx::query(statement).execute(&mut *owner).await.unwrap();
    }
    for (at, beside) in [("03:04:06", 1_i64), ("03:04:59.999", 2), ("03:05:00", 2), ("03:05:01", 3)]
    {
        let minute = format!("2026-01-02 {}:00+00", &at[..5]);
        let kept: bool = sqlx::query_scalar(
            "update conversations
             set last_activity_at = ('2026-01-02 ' || $1 || 'Z')::timestamptz, updated_at = now()
             returning activity_minute = $2::timestamptz",
        )
        .bind(at)
        .bind(&minute)
        .fetch_one(&mut *owner)
        .await
        .unwrap();
        assert!(kept, "{at}");
        let written = "select pg_stat_get_xact_tuples_hot_updated('conversations'::regclass)";
        let written: i64 = sqlx::query_scalar(written).fetch_one(&mut *owner).await.unwrap();
        assert_eq!(written, beside, "{at}");
    }
}

/// A backup reads a table for long, and whoever waits to change its parts holds up everybody behind it.
#[tokio::test]
async fn coming_months_wait_for_nobody_who_reads() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut owner = store.worker().await.unwrap();
    for statement in [
        "set local role none",
        "do $$ begin
           execute format('drop table activities_%s', to_char(now() at time zone 'utc', 'YYYY_MM'));
         end $$",
    ] {
        sqlx::query(statement).execute(&mut *owner).await.unwrap();
    }
    store::commit(owner).await.unwrap();
    let mut backup = store.worker().await.unwrap();
    sqlx::query("select from activities").execute(&mut *backup).await.unwrap();
    let mut maker = store.worker().await.unwrap();
    let given_up = store::webhook_events::make_partitions(&mut maker).await.unwrap_err();
    assert!(matches!(given_up, Error::Conflict(_)), "{given_up:?}");
    drop(maker);
    store::commit(backup).await.unwrap();
    let mut maker = store.worker().await.unwrap();
    store::webhook_events::make_partitions(&mut maker).await.unwrap();
}

#[tokio::test]
async fn an_installation_has_one_address_however_it_was_typed() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut owner = store.worker().await.unwrap();
    let typed = [
        ("https://Chat.Example.com", 1),
        ("https://chat.example.com:443", 1),
        ("HTTP://x:80/Path", 2),
        ("https://y:80", 3),
        ("http://Z:8080", 4),
        ("https://Kept", 5),
        ("https://kept", 5),
    ];
    acme(&mut owner, &typed).await;
    sqlx::query("set local role none").execute(&mut *owner).await.unwrap();
    sqlx::raw_sql(include_str!("../../../../migrations/0037_one_address.sql"))
        .execute(&mut *owner)
        .await
        .unwrap();
    let urls: Vec<String> = sqlx::query_scalar(
        "select base_url from chatwoot_accounts order by chatwoot_account_id, base_url collate \"C\"",
    )
    .fetch_all(&mut *owner)
    .await
    .unwrap();
    assert_eq!(
        urls[2..],
        ["http://x/Path", "https://y:80", "http://z:8080", "https://Kept", "https://kept"]
    );
    assert!(urls.contains(&"https://chat.example.com".to_owned()), "{urls:?}");
}

/// What an index over words puts off, one event pays for all at once, unless somebody takes it in before.
#[tokio::test]
async fn no_index_puts_off_what_an_event_brings_but_the_one_that_workers_take_in() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    let late: Vec<String> = sqlx::query_scalar(
        "select c.relname::text
         from pg_class c join pg_am a on a.oid = c.relam
         where a.amname = 'gin' and c.relkind = 'i'
           and not coalesce('fastupdate=off' = any (c.reloptions), false)",
    )
    .fetch_all(&mut *transaction)
    .await
    .unwrap();
    assert_eq!(late, ["messages_search"], "with (fastupdate = off) is missing");
}

/// The history of an account is older than all months, and may have come before it had a part of its own.
#[tokio::test]
async fn history_gets_a_part_of_its_own_without_anybody_waiting_for_it() {
    let config = testkit::database().await;
    let store = Store::connect(&config, "test").unwrap();
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    let connect = async || <PgConnection as sqlx::Connection>::connect(url).await.unwrap();
    let mut owner = connect().await;
    let write = |at: &str| {
        let statement = format!(
            "insert into activities (id, tenant_id, occurred_at, kind, source)
             values (gen_random_uuid(), 'acme', {at}, 'message_created', 'chatwoot')"
        );
        sqlx::AssertSqlSafe(statement)
    };
    let migration = include_str!("../../../../migrations/0039_walks_and_history.sql");
    let places = "select string_agg(tableoid::regclass::text, ' ' order by occurred_at)
                  from activities where occurred_at < now() - interval '1 year'";
    sqlx::query("drop table activities_before").execute(&mut owner).await.unwrap();
    sqlx::query(write("'2019-05-01'")).execute(&mut owner).await.unwrap();

    let mut backup = store.worker().await.unwrap();
    sqlx::query("select from activities").execute(&mut *backup).await.unwrap();
    let mut maker = connect().await;
    sqlx::raw_sql(migration).execute(&mut maker).await.unwrap_err();
    drop(maker);
    sqlx::query(write("now()")).execute(&mut owner).await.unwrap();
    store::commit(backup).await.unwrap();
    for _ in 0..2 {
        sqlx::raw_sql(migration).execute(&mut owner).await.unwrap();
    }
    sqlx::query(write("'2020-05-01'")).execute(&mut owner).await.unwrap();
    sqlx::query(write("now() + interval '9 years'")).execute(&mut owner).await.unwrap();
    let found: String = sqlx::query_scalar(places).fetch_one(&mut owner).await.unwrap();
    assert_eq!(found, "activities_before activities_before");
    let left = "select count(*) from activities_other";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&mut owner).await.unwrap();
    assert_eq!(left, 1, "what is ahead of all months");
}

/// Conversations from before have no minute, and lists would leave them out.
#[tokio::test]
async fn conversations_get_their_minute_without_anybody_waiting_for_it() {
    let config = testkit::database().await;
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    let connect = async || <PgConnection as sqlx::Connection>::connect(url).await.unwrap();
    let [mut owner, mut other, mut maker] = [connect().await, connect().await, connect().await];
    let minutes = include_str!("../../../../migrations/0047_minutes_of_all.sql");
    let lists = include_str!("../../../../migrations/0048_lists_by_minute.sql");
    acme(&mut owner, &[("https://chat.example.com", 1)]).await;
    // As ids are: what was created first comes first.
    sqlx::raw_sql(
        "alter table conversations alter column activity_minute drop not null,
           disable trigger activity_minute;
         drop index conversations_latest;
         create index conversations_newest on conversations (tenant_id, last_activity_at);
         insert into conversations
           (id, tenant_id, account_id, display_id, version_at, version_step, version_digest, status,
            created_at, last_activity_at)
         select ('01a0' || lpad(to_hex(n), 28, '0'))::uuid, 'acme', a.id, n, 1, 1, 1, 'open', now(),
                '2026-01-02 03:04:05Z'::timestamptz + n * interval '7 seconds'
         from chatwoot_accounts a, generate_series(1, 1234) n;
         alter table conversations enable trigger activity_minute",
    )
    .execute(&mut owner)
    .await
    .unwrap();

    let lock = "begin; select from conversations where display_id = 1000 for update";
    sqlx::raw_sql(lock).execute(&mut other).await.unwrap();
    let making = tokio::spawn(async move {
        sqlx::raw_sql(minutes).execute(&mut maker).await.unwrap();
        maker
    });
    testkit::eventually("all but the one that is locked have theirs", || async {
        let left = "select count(*) from conversations where activity_minute is null";
        let left: i64 = sqlx::query_scalar(left).fetch_one(&mut connect().await).await.unwrap();
        left == 1
    })
    .await;
    sqlx::raw_sql("set lock_timeout = '1s'; update conversations set status = 'resolved' where display_id = 7")
        .execute(&mut owner)
        .await
        .unwrap();
    sqlx::raw_sql("commit").execute(&mut other).await.unwrap();
    let mut maker = making.await.unwrap();

    sqlx::raw_sql("begin; select from conversations").execute(&mut other).await.unwrap();
    sqlx::raw_sql(lists).execute(&mut maker).await.unwrap_err();
    sqlx::raw_sql("commit").execute(&mut other).await.unwrap();
    let mut maker = connect().await;
    for _ in 0..2 {
        sqlx::raw_sql(minutes).execute(&mut maker).await.unwrap();
        sqlx::raw_sql(lists).execute(&mut maker).await.unwrap();
    }
    let (right, indexes): (bool, String) = sqlx::query_as(
        "select bool_and(activity_minute = date_trunc('minute', last_activity_at, 'UTC')),
                (select string_agg(indexname, ' ' order by indexname) from pg_indexes
                 where tablename = 'conversations' and indexdef like '%activity%')
         from conversations",
    )
    .fetch_one(&mut maker)
    .await
    .unwrap();
    assert!(right);
    let expected = "conversations_latest conversations_most_urgent conversations_of_assignee \
                    conversations_of_status";
    assert_eq!(indexes, expected);
}
