//! P5: what is asked for and the command to do it are there together, or not at all.

use domain::{DeliveryState, Role};
use serde_json::json;
use testkit::reqwest::RequestBuilder;
use testkit::sqlx;

use crate::decisions::{asked, caller};
use crate::support::written::{Written, advance};
use crate::support::{Seed, Served, TENANT, problem};
use crate::tenancy::all_is_announced;

/// No command can be written from now on.
async fn refuse_commands(served: &Served) {
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::raw_sql(
        "set local role none;
         create function refuse() returns trigger language plpgsql
           as $$ begin raise exception 'not now'; end $$;
         create trigger refuse before insert on outbox for each row execute function refuse()",
    )
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
}

/// All but when a key last came in.
async fn rows(served: &Served) -> Vec<(String, String)> {
    let mut rows = served.rows_of(TENANT).await;
    rows.retain(|(table, _)| table != "api_keys");
    rows
}

#[tokio::test]
async fn p5_what_is_asked_for_leaves_no_trace_if_its_command_cannot_be_written() {
    let served = Served::start().await;
    let ann = caller(&served, Role::Approver).await;
    let seed = Seed { messages: vec![("outgoing", "Oops")], ..Seed::open(2) };
    let conversation = format!("/conversations/{}", served.write(&seed).await);
    let messages = format!("{conversation}/messages");
    let there = served.read(&messages).await["data"][0]["id"].as_str().unwrap().to_owned();
    let failed = Written::start(&served).await;
    advance(&served, failed.operation(), DeliveryState::Failed, false).await;
    let reply = json!({ "content": "Soon." });
    let id = conversation.rsplit('/').next().unwrap();
    let (approval, _) = asked(&served, id, "proposed_reply", reply.clone()).await;
    let approve = || {
        let request = served.http.patch(served.url(&approval)).bearer_auth(&ann);
        request.json(&json!({ "status": "approved" }))
    };
    let requests: [(&str, &dyn Fn() -> RequestBuilder); 5] = [
        ("a message", &|| served.post(&messages, &reply)),
        ("a change", &|| served.patch(&conversation, &json!({ "status": "resolved" }))),
        ("an approval", &approve),
        ("a deletion", &|| served.delete(&format!("{messages}/{there}"))),
        ("another try", &|| served.post(&failed.to("retry"), &json!({}))),
    ];
    refuse_commands(&served).await;
    all_is_announced(&served).await;
    let before = rows(&served).await;
    for (what, request) in requests {
        let refused = request().header("idempotency-key", what.replace(' ', "-")).send();
        let (status, code) = problem(refused.await.unwrap()).await;
        assert_eq!((status, code.as_str()), (500, "internal"), "{what}");
        assert_eq!(rows(&served).await, before, "{what}");
    }
}
