//! As whom people's replies go out: tokens of their own, on a stand-in for Chatwoot.

use chatwoot_sim::{admin_token, agent_token, bot_token};
use domain::{Permission, Role};
use futures_util::future::join_all;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::sqlx;

use crate::accounts::Stage;
use crate::support::problem;

/// The only account that is in Chatwoot, as the caller sees it.
async fn mine(stage: &Stage) -> Value {
    let list = stage.served.read("/me/links").await;
    let mine = list["data"].as_array().unwrap().iter().find(|one| one["chatwootAccountId"] == 7);
    mine.unwrap().clone()
}

#[tokio::test]
async fn a_person_links_their_own_token_and_has_it_forgotten() {
    let stage = Stage::new().await;
    let path = stage.connected().await.replace("/accounts/", "/me/links/");
    let served = &stage.served;
    assert_eq!(mine(&stage).await["userId"], Value::Null);

    let token = agent_token(7, 1);
    let answer = served.put(&path, &json!({ "token": token })).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let linked: Value = answer.json().await.unwrap();
    assert_eq!(linked["userName"], "Maya Lindqvist");
    assert_eq!(linked["refusedAt"], Value::Null);
    assert_eq!(mine(&stage).await, linked);
    let as_agent = served.http.get(served.url("/me/links")).bearer_auth("mock-agent-token");
    let theirs: Value = as_agent.send().await.unwrap().json().await.unwrap();
    assert!(theirs["data"].as_array().unwrap().iter().all(|one| one["userId"].is_null()));

    // Another one in its place, and what is kept of it opens with the key alone.
    let answer = served.put(&path, &json!({ "token": admin_token(7) })).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["userName"], "Robin Castellan");
    let mut transaction = served.world.store.worker().await.unwrap();
    let sealed: Vec<u8> = sqlx::query_scalar("select sealed_token from account_links")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    drop(transaction);
    let sealed = domain::Sealed(sealed);
    let opened = testkit::secret_key().open(store::links::TOKEN_PURPOSE, &sealed).unwrap();
    assert_eq!(opened.expose_secret(), admin_token(7));

    for _ in 0..2 {
        assert_eq!(served.delete(&path).send().await.unwrap().status(), 204);
    }
    assert_eq!(mine(&stage).await["userId"], Value::Null);
    let audit = served.read("/audit?limit=100").await.to_string();
    assert_eq!(audit.matches("accounts link").count(), 2);
    assert_eq!(audit.matches("accounts unlink").count(), 1);
    assert!(!audit.contains(&token) && !audit.contains(&admin_token(7)));
}

#[tokio::test]
async fn of_many_who_link_and_unlink_at_once_each_does() {
    let stage = Stage::new().await;
    let path = stage.connected().await.replace("/accounts/", "/me/links/");
    let served = &stage.served;
    let put = |number| {
        let token = agent_token(7, number);
        served.put(&path, &json!({ "token": token })).send()
    };
    for answer in join_all((1..5).map(put)).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    assert!(!mine(&stage).await["userId"].is_null());
    for answer in join_all((0..4).map(|_| served.delete(&path).send())).await {
        assert_eq!(answer.unwrap().status(), 204);
    }
    let audit = served.read("/audit?limit=100").await.to_string();
    assert_eq!(audit.matches("accounts link").count(), 4);
    assert_eq!(audit.matches("accounts unlink").count(), 1, "one had something to forget");
}

#[tokio::test]
async fn a_token_is_linked_only_if_chatwoot_says_that_it_is_a_persons_of_the_account() {
    let stage = Stage::new().await;
    let path = stage.connected().await.replace("/accounts/", "/me/links/");
    let served = &stage.served;
    let elsewhere = stage.chatwoot.sim.create_account(None, "Elsewhere").unwrap();
    for token in ["", " ", "two words", "no-such-token", &bot_token(7), &agent_token(elsewhere, 1)]
    {
        let answer = served.put(&path, &json!({ "token": token })).send().await.unwrap();
        let text = answer.text().await.unwrap();
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(body["code"], "invalid", "{token:?}: {body}");
        assert_eq!(body["errors"][0]["field"], "token", "{body}");
        assert!(token.trim().is_empty() || !text.contains(token));
    }
    assert_eq!(mine(&stage).await["userId"], Value::Null);
}

#[tokio::test]
async fn only_people_of_the_tenant_link_to_its_accounts() {
    let stage = Stage::new().await;
    let path = stage.connected().await.replace("/accounts/", "/me/links/");
    let served = &stage.served;
    let key = served.key("mock-tenant-id", Role::Admin.permissions()).await;
    let body = json!({ "token": agent_token(7, 1) });
    let put = served.http.put(served.url(&path)).bearer_auth(&key).json(&body);
    let delete = served.http.delete(served.url(&path)).bearer_auth(&key);
    let list = served.http.get(served.url("/me/links")).bearer_auth(&key);
    for request in [put, delete, list] {
        let refused = problem(request.send().await.unwrap()).await;
        assert_eq!(refused, (403, "people-only".to_owned()));
    }
    let other = served.world.account("other", 9).await;
    let theirs = format!("/me/links/{}", other.key);
    let put = problem(served.put(&theirs, &body).send().await.unwrap()).await;
    let delete = problem(served.delete(&theirs).send().await.unwrap()).await;
    assert_eq!([put, delete], [(); 2].map(|()| (404, "not-found".to_owned())));
    let account = path.replace("/me/links/", "/accounts/");
    let key = served.key("mock-tenant-id", [Permission::ReadActivity].into_iter().collect()).await;
    let unable = served.http.put(served.url(&path)).bearer_auth(&key).json(&body).send().await;
    assert_eq!(problem(unable.unwrap()).await, (403, "forbidden".to_owned()));

    // With the account its people's tokens go.
    assert_eq!(served.put(&path, &body).send().await.unwrap().status(), 200);
    assert!(served.delete(&account).send().await.unwrap().status().is_success());
    let mut transaction = served.world.store.worker().await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from account_links")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}
