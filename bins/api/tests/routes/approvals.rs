use testkit::{Account, sqlx};
use uuid::Uuid;

use crate::support::{Seed, Served, ids};

async fn approval(served: &Served, account: &Account, conversation: Uuid, kind: &str) -> Uuid {
    let id = Uuid::now_v7();
    let mut transaction = served.world.store.tenant(&account.tenant).await.unwrap();
    sqlx::query(
        "insert into approvals (id, tenant_id, conversation_id, kind, reason, requested_by)
         values ($1, $2, $3, $4, 'because', 'Ana')",
    )
    .bind(id)
    .bind(account.tenant.as_str())
    .bind(conversation)
    .bind(kind)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    id
}

#[tokio::test]
async fn approvals_are_listed_filtered_and_read() {
    let served = Served::start().await;
    let conversation = served.write(&Seed::open(1)).await;
    let refund = approval(&served, &served.ours, conversation.0, "refund").await;
    let discount = approval(&served, &served.ours, conversation.0, "discount").await;
    let theirs = served.world.account("theirs", 2).await;
    let elsewhere = Seed::open(1).write(&served.world.store, &theirs).await;
    let foreign = approval(&served, &theirs, elsewhere.0, "refund").await;

    let all = served.read("/approvals").await;
    assert_eq!(ids(&all), [discount.to_string(), refund.to_string()]);
    assert_eq!(ids(&served.read("/approvals?type=refund").await), [refund.to_string()]);
    assert_eq!(ids(&served.read("/approvals?status=approved").await), [""; 0]);
    assert_eq!(ids(&served.read("/approvals?limit=1&page=2").await), [refund.to_string()]);
    let one = served.read(&format!("/approvals/{refund}")).await;
    assert_eq!(one, all["data"][1]);
    insta::assert_json_snapshot!(one, {
        ".id" => "[id]", ".conversationId" => "[id]", ".createdAt" => "[time]",
        ".updatedAt" => "[time]",
    });
    let not_found = (404, "not-found".to_owned());
    assert_eq!(served.refusal(&format!("/approvals/{foreign}")).await, not_found);
    assert_eq!(served.refusal("/approvals?status=maybe").await, (400, "bad-query".to_owned()));
}
