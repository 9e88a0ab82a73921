//! P8, in the database: whatever a program asks, the role that serves clients sees and writes one
//! tenant's rows only. The tables are those of the catalogue, so a new one is looked at too.

use store::{PgConnection, Store, Transaction};
use testkit::sqlx;

const OWNER: &str = "acme";
const OTHER: &str = "other";

#[tokio::test]
async fn every_tables_rows_are_fenced_by_their_tenant() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let tables = tables(&store).await;
    assert!(tables.len() >= 9, "{tables:?}");
    for table in &tables {
        seed(&store, table).await;
        // Whose rows there are is a question of its own: some tables are none of the role's business.
        let may_read = may(&store, table, "select").await;
        for tenant in [None, Some(OTHER)] {
            match count(&store, table, tenant).await {
                Some(rows) => assert_eq!(rows, 0, "{table} shows {tenant:?} another tenant's rows"),
                None => assert!(!may_read, "{table}"),
            }
            for change in [format!("delete from {table}"), update(table, OWNER)] {
                let changed = attempt(&store, tenant, &change).await.unwrap_or(0);
                assert_eq!(changed, 0, "{tenant:?} may {change}");
            }
            let insert = insert(&store, table, OWNER).await;
            let written = attempt(&store, tenant, &insert).await;
            assert!(written.is_err(), "{tenant:?} may write a row of {OWNER} into {table}");
        }
        // The fence keeps others out, not the owner; who may change a row may not give it away.
        assert_eq!(count(&store, table, Some(OWNER)).await, may_read.then_some(1), "{table}");
        let given_away = attempt(&store, Some(OWNER), &update(table, OTHER)).await;
        assert!(given_away.is_err(), "rows of {table} can be given to another tenant");
    }
}

/// Parts of a table have no fence of their own, and tables that are nobody's in particular none.
#[tokio::test]
async fn what_has_no_fence_is_out_of_reach() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    become_owner(&mut transaction).await;
    let reachable: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c
         where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
           and not (c.relrowsecurity and c.relforcerowsecurity)
           and has_any_column_privilege('axis_api', c.oid, 'select, insert, update')",
    )
    .fetch_all(&mut *transaction)
    .await
    .unwrap();
    assert!(reachable.is_empty(), "axis_api reaches {reachable:?} past any fence");
}

/// Search reads past the fences, but nothing that it does not search, and it writes nothing.
#[tokio::test]
async fn search_sees_of_all_tenants_only_what_is_searched() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    become_owner(&mut transaction).await;
    let reachable: Vec<String> = sqlx::query_scalar(
        "select c.relname || '.' || a.attname || ' ' || p.privilege
         from pg_class c
         join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         cross join unnest(array['select', 'insert', 'update', 'delete']) as p (privilege)
         where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
           and case p.privilege
             when 'delete' then has_table_privilege('axis_search', c.oid, p.privilege)
             else has_column_privilege('axis_search', c.oid, a.attnum, p.privilege)
           end
         order by 1",
    )
    .fetch_all(&mut *transaction)
    .await
    .unwrap();
    let searched = [
        ("chatwoot_accounts", &["id", "tenant_id"][..]),
        ("contacts", &["email", "id", "name", "phone_number", "tenant_id"]),
        ("conversations", &["account_id", "contact_id", "display_id", "id", "tenant_id"]),
        ("messages", &["content", "conversation_id", "created_at", "tenant_id"]),
    ];
    let named = searched.iter().flat_map(|(table, columns)| {
        columns.iter().map(move |column| format!("{table}.{column} select"))
    });
    assert_eq!(reachable, named.collect::<Vec<_>>());
}

/// Who stands above the tenants makes them, and sees nothing that is inside of any.
#[tokio::test]
async fn above_the_tenants_nothing_inside_of_them_is_seen() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    become_owner(&mut transaction).await;
    let reachable: Vec<(String, String)> = sqlx::query_as(
        "select c.relname::text, p.privilege
         from pg_class c
         cross join unnest(array['select', 'insert', 'update', 'delete']) with ordinality
           as p (privilege, place)
         where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
           and case p.privilege
             when 'delete' then has_table_privilege('axis_installation', c.oid, p.privilege)
             else has_any_column_privilege('axis_installation', c.oid, p.privilege)
           end
         order by 1, p.place",
    )
    .fetch_all(&mut *transaction)
    .await
    .unwrap();
    drop(transaction);
    let mut reaches = Vec::new();
    for (table, privileges) in [
        ("audit", &["insert"][..]),
        ("idempotency_keys", &["select", "insert", "update", "delete"]),
        ("tenant_claims", &["select", "insert", "update", "delete"]),
        ("tenants", &["select", "insert", "update"]),
    ] {
        let named = |privilege: &&str| (table.to_owned(), (*privilege).to_owned());
        reaches.extend(privileges.iter().map(named));
    }
    assert_eq!(reachable, reaches);

    seed(&store, "idempotency_keys").await;
    let mut above = store.installation().await.unwrap();
    let seen: i64 = sqlx::query_scalar("select count(*) from idempotency_keys")
        .fetch_one(&mut *above)
        .await
        .unwrap();
    assert_eq!(seen, 0, "what a tenant's people asked for is theirs");
    drop(above);
    for statement in [
        insert(&store, "audit", OWNER).await.replace(&format!("'{OWNER}'"), "null"),
        insert(&store, "idempotency_keys", OWNER).await,
        "insert into api_keys (id, name, digest, permissions, created_by)
         values (gen_random_uuid(), 'n', '', array['tenants:read'], 'x')"
            .to_owned(),
    ] {
        let mut above = store.installation().await.unwrap();
        let refused = execute(&mut above, &statement).await.unwrap_err();
        let code = refused.as_database_error().and_then(|error| error.code().map(String::from));
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {refused}");
    }
    let mut worker = store.worker().await.unwrap();
    let inside = "insert into api_keys (id, name, digest, permissions, created_by)
                  values (gen_random_uuid(), 'n', '', array['conversations:read'], 'x')";
    let refused = execute(&mut worker, inside).await.unwrap_err().to_string();
    assert!(refused.contains("api_keys_of_the_installation"), "{refused}");
}

async fn tables(store: &Store) -> Vec<String> {
    let mut transaction = store.worker().await.unwrap();
    sqlx::query_scalar(
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
           and not c.relispartition and a.attname = 'tenant_id'
         order by 1",
    )
    .fetch_all(&mut *transaction)
    .await
    .unwrap()
}

/// A row of the owner's, past all fences.
pub(crate) async fn seed(store: &Store, table: &str) {
    let insert = insert(store, table, OWNER).await;
    let mut transaction = store.worker().await.unwrap();
    become_owner(&mut transaction).await;
    // A row may refer to what is not there: only its tenant is asked for.
    execute(&mut transaction, "set local session_replication_role = replica").await.unwrap();
    execute(&mut transaction, &insert).await.unwrap();
    store::commit(transaction).await.unwrap();
}

/// A statement that writes a row with all that the table requires, and nothing else.
async fn insert(store: &Store, table: &str, tenant: &str) -> String {
    let mut transaction = store.worker().await.unwrap();
    become_owner(&mut transaction).await;
    let columns: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "select a.attname::text, format_type(a.atttypid, null),
                (select pg_get_constraintdef(k.oid) from pg_constraint k
                 where k.conrelid = a.attrelid and k.contype = 'c' and a.attnum = any(k.conkey)
                 limit 1)
         from pg_attribute a
         where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
           and (a.attname = 'tenant_id' or a.attnotnull and not a.atthasdef
                and a.attidentity = '' and a.attgenerated = '')",
    )
    .bind(table)
    .fetch_all(&mut *transaction)
    .await
    .unwrap();
    let names: Vec<_> = columns.iter().map(|(name, ..)| name.as_str()).collect();
    let values: Vec<_> = columns
        .iter()
        .map(|(name, kind, check)| value(name, kind, check.as_deref(), tenant))
        .collect();
    format!("insert into {table} ({}) values ({})", names.join(", "), values.join(", "))
}

fn value(name: &str, kind: &str, check: Option<&str>, tenant: &str) -> String {
    match kind {
        _ if name == "tenant_id" => format!("'{tenant}'"),
        "uuid" => "gen_random_uuid()".to_owned(),
        "smallint" | "integer" | "bigint" | "numeric" | "double precision" => "1".to_owned(),
        "boolean" => "false".to_owned(),
        "jsonb" => "'{}'".to_owned(),
        "bytea" => "'\\x00'".to_owned(),
        "timestamp with time zone" => "now()".to_owned(),
        _ if kind.ends_with("[]") => "'{}'".to_owned(),
        // The first of the values that a check admits.
        "text" => match check.and_then(|check| check.split('\'').nth(1)) {
            Some(word) => format!("'{word}'"),
            None => "'x'".to_owned(),
        },
        _ => unreachable!("this test has no value for {name}, a {kind}"),
    }
}

fn update(table: &str, tenant: &str) -> String {
    format!("update {table} set tenant_id = '{tenant}'")
}

/// How many rows a client's role sees for this tenant; none: it may not even ask.
async fn count(store: &Store, table: &str, tenant: Option<&str>) -> Option<i64> {
    let mut transaction = client(store, tenant).await;
    let rows =
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(tenant_id) from {table}")));
    rows.fetch_one(&mut *transaction).await.ok()
}

/// How many rows a statement changes for this tenant. Refused is refused for want of rights: any
/// other fault is this test's.
async fn attempt(store: &Store, tenant: Option<&str>, statement: &str) -> Result<u64, ()> {
    let mut transaction = client(store, tenant).await;
    execute(&mut transaction, statement).await.map_err(|error| {
        let code = error.as_database_error().and_then(|error| error.code().map(String::from));
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {error}");
    })
}

/// A transaction as of a client, of one tenant or of none.
async fn client(store: &Store, tenant: Option<&str>) -> Transaction {
    if let Some(tenant) = tenant {
        return store.tenant(&tenant.parse().unwrap()).await.unwrap();
    }
    let mut transaction = store.worker().await.unwrap();
    execute(&mut transaction, "set local role axis_api").await.unwrap();
    transaction
}

async fn may(store: &Store, table: &str, privilege: &str) -> bool {
    let mut transaction = store.worker().await.unwrap();
    sqlx::query_scalar("select has_any_column_privilege('axis_api', $1, $2)")
        .bind(table)
        .bind(privilege)
        .fetch_one(&mut *transaction)
        .await
        .unwrap()
}

async fn become_owner(connection: &mut PgConnection) {
    execute(connection, "set local role none").await.unwrap();
}

async fn execute(connection: &mut PgConnection, statement: &str) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(sqlx::AssertSqlSafe(statement)).execute(connection).await?;
    Ok(done.rows_affected())
}
