//! What nobody needs any more goes by itself.

use std::time::Duration;

use objects::{Address, Config, Objects};
use outbound_worker::sweep;
use testkit::{eventually, sqlx};

use crate::stage::{Stage, config};

const FILE: (&str, &str, &[u8]) = ("a.txt", "text/plain", b"Hello");

/// A worker that was started without the disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_not_forgotten_while_their_disk_is_not_mounted() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.receive(&chatwoot, FILE).await;
    stage.write_files(&chatwoot, &conversation, "See below", &[FILE]).await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let deleted = sqlx::query("update messages set deleted = true");
    deleted.execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    let keys = stage.keys().await;
    assert_eq!(keys.len(), 2);

    let unmounted = Config::at(Address::Folder(testkit::scratch("unmounted")));
    let unmounted = Objects::open(&unmounted).unwrap();
    let swept = sweep::round(&stage.world.store, &unmounted, Duration::ZERO).await;
    assert!(swept.is_err(), "{swept:?}");
    assert_eq!(stage.keys().await, keys);

    let objects = &stage.world.objects;
    assert_eq!(sweep::round(&stage.world.store, objects, Duration::ZERO).await.unwrap(), 2);
    assert_eq!(stage.keys().await, [""; 0]);
    for key in keys {
        assert!(objects.length(&key).await.is_err(), "{key}");
    }
}

/// As soon as it is asked for: they are a person's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_erased_messages_go_at_once() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let (erased, other) =
        (stage.conversation(&chatwoot).await, stage.conversation(&chatwoot).await);
    stage.write_files(&chatwoot, &other, "Stays", &[FILE]).await;
    let kept = stage.keys().await;
    stage.write_files(&chatwoot, &erased, "Goes", &[FILE]).await;
    let gone: Vec<_> = stage.keys().await.into_iter().filter(|key| !kept.contains(key)).collect();
    let mut transaction = stage.world.store.worker().await.unwrap();
    store::erasure::erase_conversations(&mut transaction, &[erased.id]).await.unwrap();
    store::commit(transaction).await.unwrap();

    let objects = &stage.world.objects;
    let swept = sweep::round(&stage.world.store, objects, Duration::from_hours(1)).await;
    assert_eq!(swept.unwrap(), 1);
    assert_eq!(stage.keys().await, kept);
    for (keys, there) in [(gone, false), (kept, true)] {
        assert_eq!(objects.length(&keys[0]).await.is_ok(), there);
    }
}

/// Files are looked for until their time is over, for as long as somebody is in the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tries_of_long_ago_go_while_files_cannot_be_removed() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    sqlx::query(
        "insert into outbound_attempts
           (operation_id, attempt, tenant_id, account_id, conversation_id, highest_message_id,
            started_at)
         values (gen_random_uuid(), 1, $1, $2, gen_random_uuid(), 0, now() - interval '100 days')",
    )
    .bind(chatwoot.account.tenant.as_str())
    .bind(chatwoot.account.key.0)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();

    let mut in_the_way = stage.world.store.worker().await.unwrap();
    let lock = "set local role none; set local idle_in_transaction_session_timeout = 0;
                lock table uploads in access exclusive mode";
    sqlx::raw_sql(lock).execute(&mut *in_the_way).await.unwrap();
    stage.worker(&config()).await;
    eventually("the try is forgotten", || async {
        let mut transaction = stage.world.store.worker().await.unwrap();
        let left = sqlx::query_scalar("select exists(select from outbound_attempts)");
        !left.fetch_one::<&mut store::PgConnection>(&mut transaction).await.unwrap_or(true)
    })
    .await;
}

/// Nobody asks for anything any more as their tenants, whose next requests would remove them.
/// Of what a statement makes for these tenants, a worker leaves what another one still finds then.
async fn what_expires_goes(made: &'static str, left: &'static str, stays: &[&str]) {
    let stage = Stage::empty().await;
    for tenant in ["acme", "other"] {
        stage.chatwoot(tenant).await;
    }
    let mut transaction = stage.world.store.worker().await.unwrap();
    for statement in ["set local role none", "set local row_security = off", made] {
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
    }
    store::commit(transaction).await.unwrap();
    stage.worker(&config()).await;
    eventually("the expired ones are gone", || async {
        let mut transaction = stage.world.store.worker().await.unwrap();
        let left = sqlx::query_scalar(left).fetch_all(&mut *transaction).await;
        let left: Vec<String> = left.unwrap();
        left == stays
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_have_expired_go_whosever_they_are() {
    what_expires_goes(
        "insert into idempotency_keys
           (tenant_id, principal_id, key, request, status, body, expires_at)
         select tenant, 'member ada', 'key ' || n, '', 201, '{}', now() + (n - 2002) * interval '1 hour'
         from unnest('{acme,other,*}'::text[]) tenant, generate_series(1, 2003) n",
        "select tenant_id || ' ' || key from idempotency_keys order by 1",
        &["* key 2003", "acme key 2003", "other key 2003"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_that_have_expired_go_whosever_they_are() {
    what_expires_goes(
        "insert into stream_tickets (digest, tenant_id, caller, expires_at)
         select sha256((tenant || n)::bytea), tenant, '{}', now() + (n - 2002) * interval '1 hour'
         from unnest('{acme,other}'::text[]) tenant, generate_series(1, 2003) n",
        "select tenant_id from stream_tickets order by 1",
        &["acme", "other"],
    )
    .await;
}
