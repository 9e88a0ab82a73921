//! The labels of conversations.

use store::Store;
use testkit::sqlx;

/// A label is not looked for in all of the others, and a connection keeps a plan that does not know how many there are.
#[tokio::test]
async fn labels_that_are_gone_are_found_by_a_hash() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    let kept: String =
        sqlx::query_scalar("select prosrc from pg_proc where proname = 'axis_keep_labels'")
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
    let delete = kept.split(';').find_map(|part| part.find("delete").map(|at| &part[at..]));
    let delete = delete.unwrap().replace("new.id", "$1").replace("new.labels", "$2");
    let prepare = format!("prepare gone (uuid, text[]) as {delete}");
    for statement in [prepare.as_str(), "set local plan_cache_mode = force_generic_plan"] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut *transaction).await.unwrap();
    }
    let explain = "explain execute gone (gen_random_uuid(), '{}')";
    let plan: Vec<(String,)> =
        sqlx::query_as(explain).persistent(false).fetch_all(&mut *transaction).await.unwrap();
    let plan: Vec<&str> = plan.iter().map(|(line,)| line.as_str()).collect();
    assert!(plan.iter().any(|line| line.contains("hashed SubPlan")), "{plan:#?}");
}

/// What the table says of labels, whatever they were before.
#[tokio::test]
async fn labels_are_kept_by_label_too() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    let begun = "with tenant as (insert into tenants (id, name) values ('acme', 'Acme') returning id),
           account as (insert into chatwoot_accounts
             (id, tenant_id, base_url, chatwoot_account_id, sealed_api_token)
             select gen_random_uuid(), id, 'https://chat.example.com', 1, '' from tenant
             returning id, tenant_id)
         insert into conversations (id, tenant_id, account_id, display_id, status, created_at,
           last_activity_at, activity_minute, version_at, version_step, version_digest)
         select gen_random_uuid(), tenant_id, id, 1, 'open', now(), now(), axis_minute(now()), 1, 0, 0
         from account";
    sqlx::query(begun).execute(&mut *transaction).await.unwrap();
    for labels in [&["a", "b"][..], &["b", "c", "d"], &["b"], &[]] {
        sqlx::query("update conversations set labels = $1")
            .bind(labels)
            .execute(&mut *transaction)
            .await
            .unwrap();
        let by_label = "select label from conversation_labels order by label";
        let by_label: Vec<String> =
            sqlx::query_scalar(by_label).fetch_all(&mut *transaction).await.unwrap();
        assert_eq!(by_label, labels);
    }
}
