//! The partitions of the timeline.

use domain::AccountKey;
use store::{PgConnection, Store, Transaction};
use testkit::sqlx;
use uuid::Uuid;

async fn execute(connection: &mut PgConnection, statement: &str) {
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    sqlx::raw_sql(statement).execute(connection).await.unwrap();
}

async fn number(connection: &mut PgConnection, query: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(query.to_owned())).fetch_one(connection).await.unwrap()
}

/// A transaction of the tables' owner.
async fn owner(store: &Store) -> Transaction {
    let mut transaction = store.worker().await.unwrap();
    execute(&mut transaction, "set local role none").await;
    transaction
}

async fn this_month(connection: &mut PgConnection) -> String {
    let name = "select to_char(now() at time zone 'utc', '\"activities_\"YYYY_MM')";
    sqlx::query_scalar(name).fetch_one(connection).await.unwrap()
}

/// So many lines of this month of a conversation.
fn lines(count: i64, conversation: Uuid) -> String {
    format!(
        "insert into activities (id, tenant_id, occurred_at, kind, source, conversation_id)
         select gen_random_uuid(), 'acme', date_trunc('month', now(), 'UTC'), 'message_created', 'chatwoot',
                '{conversation}' from generate_series(1, {count})"
    )
}

#[tokio::test]
async fn a_month_that_came_with_its_rows_takes_the_few_of_them_along() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    for (count, taken) in [(3, 3), (10_001, 0)] {
        let mut owner = owner(&store).await;
        let month = this_month(&mut owner).await;
        execute(&mut owner, &format!("drop table if exists {month}; truncate activities")).await;
        execute(&mut owner, "set local axis.tenant = 'acme'; set local role axis_worker").await;
        execute(&mut owner, &lines(count, Uuid::nil())).await;
        store::webhook_events::make_partitions(&mut owner).await.unwrap();
        // The part is like any other: whoever may read or write the timeline finds its rows, and by the same indexes.
        assert_eq!(number(&mut owner, "select count(*) from activities").await, count);
        execute(&mut owner, &lines(1, Uuid::nil())).await;
        execute(&mut owner, "set local role none").await;
        assert_eq!(
            number(&mut owner, "select count(*) from activities_other").await,
            if taken == 0 { count + 1 } else { 0 }
        );
        if taken > 0 {
            let rows = format!("select count(*) from only {month}");
            assert_eq!(number(&mut owner, &rows).await, taken + 1);
            let bare = format!(
                "select count(*) from pg_index i where i.indrelid = 'activities'::regclass
                   and not exists (select from pg_inherits h join pg_index p on p.indexrelid = h.inhrelid
                                   where h.inhparent = i.indexrelid and p.indisvalid
                                     and p.indrelid = '{month}'::regclass)"
            );
            assert_eq!(number(&mut owner, &bare).await, 0, "an index is missing");
        }
        store::commit(owner).await.unwrap();
    }
}

#[tokio::test]
async fn the_last_status_of_a_conversation_is_found_without_the_rest_of_its_timeline() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut owner = owner(&store).await;
    let (account, conversation) = (AccountKey::generate(), Uuid::now_v7());
    let begun = format!(
        "insert into tenants (id, name) values ('acme', 'Acme');
         insert into chatwoot_accounts
           (id, tenant_id, base_url, chatwoot_account_id, sealed_api_token)
         values ('{account}', 'acme', 'https://chat.example.com', 1, '');
         insert into conversations (id, tenant_id, account_id, display_id, status, created_at,
           last_activity_at, activity_minute, version_at, version_step, version_digest)
         values ('{conversation}', 'acme', '{account}', 7, 'open', now(), now(), axis_minute(now()),
                 1, 0, 0)"
    );
    execute(&mut owner, &begun).await;
    execute(&mut owner, &lines(3000, conversation)).await;
    execute(&mut owner, "analyze activities; set local role axis_worker").await;
    let last = store::activities::last_status(&mut owner, account, 7).await.unwrap();
    assert_eq!(last, None);
    let month = this_month(&mut owner).await;
    let scans = format!(
        "select coalesce(sum(pg_stat_get_xact_numscans(indexrelid)), 0)::bigint
         from pg_index where indrelid = '{month}'::regclass"
    );
    let of_statuses = format!("{scans} and pg_get_expr(indpred, indrelid) like '%status_changed%'");
    assert_eq!(number(&mut owner, &of_statuses).await, 1);
    assert_eq!(number(&mut owner, &scans).await, 1, "another index was read too");
    let read = format!("select pg_stat_get_xact_tuples_fetched('{month}'::regclass)");
    assert_eq!(number(&mut owner, &read).await, 0);

    let changed = lines(1, conversation)
        .replace("message_created", "conversation_status_changed")
        .replace("conversation_id)", "conversation_id, data)")
        .replace("' from generate", "', '{\"to\": \"resolved\"}' from generate");
    execute(&mut owner, &changed).await;
    let last = store::activities::last_status(&mut owner, account, 7).await.unwrap();
    assert_eq!(last.unwrap().1, "resolved");
}
