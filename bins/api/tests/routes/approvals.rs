use domain::Role;
use serde_json::{Value, json};
use testkit::reqwest::Method;
use testkit::{Account, sqlx};
use uuid::Uuid;

use crate::support::{Seed, Served, TENANT, ids};

/// The agent of the development mode.
const AGENT: &str = "mock-agent-token";

async fn ask(served: &Served, who: &str, method: Method, path: &str, body: &Value) -> Value {
    let request = served.http.request(method, served.url(path)).bearer_auth(who);
    let answer = request.json(body).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap()
}

/// Asks for a refund; gives back its id.
async fn asked(served: &Served, who: &str, conversation: Uuid) -> String {
    let body = json!({ "conversationId": conversation, "type": "refund", "reason": "Broken" });
    let approval = ask(served, who, Method::POST, "/approvals", &body).await;
    approval["id"].as_str().unwrap().to_owned()
}

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
        ".id" => "[id]", ".conversationId" => "[id]", ".about.contact.id" => "[id]",
        ".createdAt" => "[time]", ".updatedAt" => "[time]",
    });
    let not_found = (404, "not-found".to_owned());
    assert_eq!(served.refusal(&format!("/approvals/{foreign}")).await, not_found);
    assert_eq!(served.refusal("/approvals?status=maybe").await, (400, "bad-query".to_owned()));
}

#[tokio::test]
async fn approvals_are_gone_through_while_they_are_decided() {
    let served = Served::start().await;
    let conversation = served.write(&Seed::open(1)).await.0;
    let mut all = Vec::new();
    for _ in 0..5 {
        all.insert(0, asked(&served, AGENT, conversation).await);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/approvals?waitingFor=me&limit=2&cursor={cursor}");
        let page = served.read(&path).await;
        let some = ids(&page);
        for id in &some {
            let verdict = json!({ "status": "rejected" });
            let path = format!("/approvals/{id}");
            ask(&served, "mock-token", Method::PATCH, &path, &verdict).await;
        }
        seen.extend(some);
        let Some(next) = page["page"]["nextCursor"].as_str() else { break };
        next.clone_into(&mut cursor);
    }
    assert_eq!(seen, all);
    let first = served.read("/approvals?limit=3&page=1").await;
    let cursor = first["page"]["nextCursor"].as_str().unwrap();
    let rest = served.read(&format!("/approvals?limit=3&cursor={cursor}")).await;
    assert_eq!([ids(&first), ids(&rest)].concat(), all);
    assert_eq!(rest["page"]["nextCursor"], Value::Null);
    assert_eq!(served.refusal("/approvals?cursor=x").await, (422, "invalid".to_owned()));
}

#[tokio::test]
async fn approvals_are_listed_by_who_asked_who_decided_and_who_may_decide() {
    let served = Served::start().await;
    let machine = served.key(TENANT, Role::Approver.permissions()).await;
    let conversation = served.write(&Seed::open(1)).await.0;
    let agents = asked(&served, AGENT, conversation).await;
    let decided = asked(&served, AGENT, conversation).await;
    let withdrawn = asked(&served, AGENT, conversation).await;
    let admins = asked(&served, "mock-token", conversation).await;
    let machines = asked(&served, &machine, conversation).await;
    let verdict = json!({ "status": "rejected" });
    ask(&served, &machine, Method::PATCH, &format!("/approvals/{decided}"), &verdict).await;
    ask(&served, AGENT, Method::DELETE, &format!("/approvals/{withdrawn}"), &json!(null)).await;
    // By a program that did not say who asks, and of another tenant's people with the same ids.
    let unsigned = approval(&served, &served.ours, conversation, "refund").await.to_string();
    let theirs = served.world.account("theirs", 2).await;
    let elsewhere = Seed::open(1).write(&served.world.store, &theirs).await;
    let foreign = approval(&served, &theirs, elsewhere.0, "refund").await;
    let mut transaction = served.world.store.tenant(&theirs.tenant).await.unwrap();
    sqlx::query("update approvals set requested_by_id = 'dev-agent' where id = $1")
        .bind(foreign)
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();

    let machine_id = served.read(&format!("/approvals/{machines}")).await["requestedById"].clone();
    let machine_id = machine_id.as_str().unwrap();
    let list = async |who: &str, query: &str| {
        let path = format!("/approvals?{query}");
        ids(&ask(&served, who, Method::GET, &path, &json!(null)).await)
    };
    for (who, query, expected) in [
        (AGENT, "requestedBy=me".to_owned(), vec![&withdrawn, &decided, &agents]),
        ("mock-token", "requestedBy=dev-agent".to_owned(), vec![&withdrawn, &decided, &agents]),
        ("mock-token", "requestedBy=me".to_owned(), vec![&admins]),
        ("mock-token", format!("requestedBy={machine_id}"), vec![&machines]),
        (AGENT, "requestedBy=me&status=submitted".to_owned(), vec![&agents]),
        (AGENT, "requestedBy=nobody".to_owned(), vec![]),
        (&machine, "decidedBy=me".to_owned(), vec![&decided]),
        (AGENT, format!("decidedBy={machine_id}"), vec![&decided]),
        (AGENT, "decidedBy=me".to_owned(), vec![&withdrawn]),
        ("mock-token", "decidedBy=me".to_owned(), vec![]),
        ("mock-token", "waitingFor=me".to_owned(), vec![&unsigned, &machines, &agents]),
        (&machine, "waitingFor=me".to_owned(), vec![&unsigned, &admins, &agents]),
        (&machine, "waitingFor=me&type=discount".to_owned(), vec![]),
        (&machine, "waitingFor=me&requestedBy=dev-agent".to_owned(), vec![&agents]),
        (&machine, "waitingFor=me&status=approved".to_owned(), vec![]),
        (&machine, "waitingFor=me&limit=1&page=2".to_owned(), vec![&admins]),
        // Who may decide nothing has nothing waiting.
        (AGENT, "waitingFor=me".to_owned(), vec![]),
    ] {
        let expected: Vec<_> = expected.into_iter().cloned().collect();
        assert_eq!(list(who, &query).await, expected, "{query}");
    }
    let odd = (400, "bad-query".to_owned());
    assert_eq!(served.refusal("/approvals?waitingFor=dev-agent").await, odd);
    assert_eq!(served.refusal("/approvals?requestedBy=%00").await, odd);
}
