//! Connecting, rotating, checking and disconnecting Chatwoot accounts, on a stand-in for Chatwoot.

use api::Config;
use chatwoot_sim::{
    Faults, Options, RestFaults, Rule, Running, Scope, Sim, admin_token, agent_token,
};
use domain::Role;
use serde_json::{Value, json};
use testkit::reqwest::Response;
use testkit::{Account, sqlx};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::{Seed, Served, TENANT, problem};

const PUBLIC_URL: &str = "https://axis.example.com";

/// An API that administers accounts, and a Chatwoot with account 7.
pub struct Stage {
    pub served: Served,
    pub chatwoot: Running,
    _end: DropGuard,
}

impl Stage {
    pub async fn new() -> Self {
        Self::allowing(true).await
    }

    /// Account 7 is at a private address, which may be connected or not.
    async fn allowing(private: bool) -> Self {
        let accounts = accounts::Config {
            secret_key: Some(testkit::SECRET_KEY.into()),
            public_url: Some(PUBLIC_URL.to_owned()),
            accounts_allow_private: private,
            ..accounts::Config::default()
        };
        let served = Served::with(Config { accounts, ..Config::default() }).await;
        let stop = CancellationToken::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = Options { accounts: vec![7], ..Options::default() };
        let chatwoot = Sim::start(options, listener, stop.clone()).await.unwrap();
        Self { served, chatwoot, _end: stop.drop_guard() }
    }

    pub fn asked(&self, number: i64, token: &str) -> Value {
        let url = self.chatwoot.url();
        json!({ "chatwootUrl": url, "chatwootAccountId": number, "token": token })
    }

    pub async fn connect(&self, body: &Value) -> Response {
        self.served.post("/accounts", body).send().await.unwrap()
    }

    /// The address of account 7, connected.
    pub async fn connected(&self) -> String {
        let answer = self.connect(&self.asked(7, &admin_token(7))).await;
        assert_eq!(answer.status(), 201);
        answer.headers()["location"].to_str().unwrap().replace("/api/v1", "")
    }

    pub async fn secrets(&self) -> Vec<String> {
        let sources = self.served.world.bus.sources().list().await.unwrap();
        let ours = sources.into_iter().find(|one| one.chatwoot_account_id == 7);
        ours.unwrap().sealed_secrets
    }
}

#[tokio::test]
async fn an_account_is_connected_checked_rotated_and_disconnected() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let (url, admin) = (stage.chatwoot.url(), admin_token(7));
    let answer = stage.connect(&stage.asked(7, &admin)).await;
    assert_eq!(answer.status(), 201);
    let path = answer.headers()["location"].to_str().unwrap().replace("/api/v1", "");
    let connected: Value = answer.json().await.unwrap();
    assert_eq!(connected["webhookTrouble"], Value::Null);
    assert_eq!(connected["account"]["chatwootUrl"], url);
    assert_eq!(served.read(&path).await, connected["account"]);
    let check = format!("{path}/webhook/check");
    let checked = async || -> Value {
        served.post(&check, &json!({})).send().await.unwrap().json().await.unwrap()
    };
    let good = checked().await;
    assert_eq!(
        (&good["registered"], &good["complete"], &good["signed"]),
        (&json!(true), &json!(true), &json!(true))
    );
    assert!(good["url"].as_str().unwrap().starts_with(PUBLIC_URL));

    // Again, it is the same one.
    assert_eq!(stage.connected().await, path);
    let before = stage.secrets().await;
    assert_eq!(before.len(), 1);
    let rotate = format!("{path}/rotate");
    let body = json!({ "webhookSecret": true, "token": admin });
    let answer = served.post(&rotate, &body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let rotated: Value = answer.json().await.unwrap();
    assert_ne!(rotated["webhookId"], connected["account"]["webhookId"]);
    let after = stage.secrets().await;
    assert_eq!((after.len(), &after[1]), (2, &before[0]), "the old one is good for a while");
    assert_eq!(checked().await["signed"], true);

    let answer = served.delete(&path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let ended: Value = answer.json().await.unwrap();
    assert_eq!(ended["webhookRemoved"], true);
    assert_ne!(served.read(&path).await["disconnectedAt"], Value::Null);
    let sources = served.world.bus.sources().list().await.unwrap();
    assert!(sources.iter().all(|one| one.chatwoot_account_id != 7), "the receivers take no more");
    let mut transaction = served.world.store.worker().await.unwrap();
    let kept: (Vec<u8>, i32) = sqlx::query_as(
        "select sealed_api_token, cardinality(sealed_webhook_secrets)
         from chatwoot_accounts where chatwoot_account_id = 7",
    )
    .fetch_one(&mut *transaction)
    .await
    .unwrap();
    drop(transaction);
    assert_eq!(kept, (Vec::new(), 0), "its secrets are forgotten");
    for (path, body) in [(&rotate, body), (&check, json!({}))] {
        let answer = served.post(path, &body).send().await.unwrap();
        assert_eq!(problem(answer).await, (404, "not-found".to_owned()), "{path}");
    }
    let again = served.delete(&path).send().await.unwrap();
    assert_eq!(problem(again).await, (404, "not-found".to_owned()));
    assert_eq!(stage.connected().await, path, "it can be connected again");
    assert_eq!(served.read(&path).await["disconnectedAt"], Value::Null);

    let audit = served.read("/audit?limit=100").await;
    let deeds: Vec<_> =
        audit["data"].as_array().unwrap().iter().map(|deed| &deed["action"]).collect();
    let connect = ["webhook register", "accounts connect"];
    let rest = ["accounts disconnect", "accounts rotate"];
    assert_eq!(deeds, [connect, rest, connect, connect].concat());
    let before = &audit["data"][3]["details"]["before"];
    assert_eq!(before["webhookId"], connected["account"]["webhookId"], "{audit}");
    assert_eq!(audit["data"][3]["details"]["after"]["webhookId"], rotated["webhookId"]);
    assert!(!audit.to_string().contains(&admin), "no secret is in the audit");
    assert!(!served.read("/accounts").await.to_string().contains(&admin));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_changes_nothing() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let (admin, agent) = (admin_token(7), agent_token(7, 1));
    let url = stage.chatwoot.url();
    let other = |field: &str, value: Value| {
        let mut body = stage.asked(7, &admin);
        body[field] = value;
        body
    };
    for (body, field) in [
        (stage.asked(7, "no-such-token"), "token"),
        (stage.asked(7, &agent), "token"),
        (stage.asked(8, &admin), "chatwootAccountId"),
        (stage.asked(0, &admin), "chatwootAccountId"),
        (other("token", json!("a b")), "token"),
        (other("token", json!(" ")), "token"),
        (other("name", json!("a\u{0}b")), "name"),
        (other("chatwootUrl", json!("http://127.0.0.1:1")), "chatwootUrl"),
        (other("chatwootUrl", json!("ftp://x")), "chatwootUrl"),
    ] {
        let answer = stage.connect(&body).await;
        assert_eq!(answer.status(), 422, "{body}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        assert!(!problem.to_string().contains(&admin));
    }
    assert_eq!(served.read("/accounts").await["data"].as_array().unwrap().len(), 1);

    // Another tenant's is out of reach, and cannot be taken away.
    let path = stage.connected().await;
    served.world.account("theirs", 9).await;
    let theirs = served.key("theirs", Role::Admin.permissions()).await;
    let request = served.http.post(served.url("/accounts")).bearer_auth(&theirs);
    let answer = request.json(&stage.asked(7, &admin)).send().await.unwrap();
    assert_eq!(problem(answer).await, (409, "account-taken".to_owned()));
    // Not even after its end: what it told is still its tenant's.
    assert_eq!(served.delete(&path).send().await.unwrap().status(), 200);
    let request = served.http.post(served.url("/accounts")).bearer_auth(&theirs);
    let answer = request.json(&stage.asked(7, &admin)).send().await.unwrap();
    let refused: Value = answer.json().await.unwrap();
    let advice = served.http.get(format!("{}{}", served.base, refused["type"].as_str().unwrap()));
    let advice = advice.send().await.unwrap().text().await.unwrap();
    assert!(advice.contains("first connected for"), "{advice}");
    assert_eq!(stage.connected().await, path);
    let rotate = served.http.post(served.url(&format!("{path}/rotate"))).bearer_auth(&theirs);
    let answer = rotate.json(&json!({ "webhookSecret": true })).send().await.unwrap();
    assert_eq!(problem(answer).await, (404, "not-found".to_owned()));
    let answer = served.http.delete(served.url(&path)).bearer_auth(&theirs).send().await.unwrap();
    assert_eq!(problem(answer).await, (404, "not-found".to_owned()));
    for body in [json!({}), json!({ "token": "no-such-token" })] {
        let answer = served.post(&format!("{path}/rotate"), &body).send().await.unwrap();
        assert_eq!(problem(answer).await, (422, "invalid".to_owned()), "{body}");
    }
    let viewer = served.key(TENANT, Role::Operator.permissions()).await;
    let request = served.http.delete(served.url(&path)).bearer_auth(&viewer);
    assert_eq!(problem(request.send().await.unwrap()).await, (403, "forbidden".to_owned()));
    assert_eq!(served.read(&path).await["chatwootUrl"], url);
    for id in ["7", "x", "01a21748-bbd6-7116-83ec-5071fef35956"] {
        let path = format!("/accounts/{id}");
        let (rotate, check) = (format!("{path}/rotate"), format!("{path}/webhook/check"));
        for request in [
            served.get(&path),
            served.delete(&path),
            served.post(&rotate, &json!({ "webhookSecret": true })),
            served.post(&check, &json!({})),
        ] {
            let answer = request.send().await.unwrap();
            assert_eq!(problem(answer).await, (404, "not-found".to_owned()), "{id}");
        }
    }
}

#[tokio::test]
async fn who_connects_an_account_cannot_have_us_call_our_own_network() {
    let stage = Stage::allowing(false).await;
    let port = stage.chatwoot.url().rsplit(':').next().unwrap().to_owned();
    for url in [
        stage.chatwoot.url(),
        format!("https://127.0.0.1:{port}"),
        format!("https://2130706433:{port}"),
        format!("https://[::ffff:127.0.0.1]:{port}"),
        "https://169.254.169.254".to_owned(),
        // A name leads there only by way of the resolver.
        format!("https://localhost:{port}"),
    ] {
        let body = json!({
            "chatwootUrl": url, "chatwootAccountId": 7, "token": admin_token(7),
        });
        let answer = stage.connect(&body).await;
        assert_eq!(answer.status(), 422, "{url}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["errors"][0]["field"], "chatwootUrl", "{problem}");
    }
}

/// Whatever Chatwoot refuses meanwhile, a webhook calls that is signed with a secret that is known.
#[tokio::test]
async fn a_rotation_never_leaves_the_account_without_a_webhook() {
    let stage = Stage::new().await;
    let path = stage.connected().await;
    let ask = async |what: &str, body: Value| {
        stage.served.post(&format!("{path}/{what}"), &body).send().await.unwrap()
    };
    let rotate = async || ask("rotate", json!({ "webhookSecret": true })).await;
    let checked = async || -> Value { ask("webhook/check", json!({})).await.json().await.unwrap() };
    let strike = |scope, fault: RestFaults| {
        let rest = RestFaults { scope, ..fault };
        stage.chatwoot.sim.set_faults(Faults { rest, ..Faults::default() }).unwrap();
    };
    let fails = || RestFaults { unavailable: Rule::ALWAYS, ..RestFaults::default() };
    let before = checked().await["url"].clone();

    strike(Scope::WebhookCreate, fails());
    assert_eq!(problem(rotate().await).await, (503, "no-answer".to_owned()));
    let aside = checked().await;
    assert_eq!((&aside["registered"], &aside["signed"]), (&json!(true), &json!(true)));
    assert_eq!((&aside["complete"], &aside["placed"]), (&json!(true), &json!(false)));
    assert!(aside["url"].as_str().unwrap().starts_with(&format!("{}?", before.as_str().unwrap())));

    let lost = RestFaults { stored_then_5xx: Rule::ALWAYS, ..RestFaults::default() };
    strike(Scope::WebhookCreate, lost);
    assert_eq!(problem(rotate().await).await, (503, "no-answer".to_owned()));
    let both = checked().await;
    assert_eq!((&both["registered"], &both["signed"]), (&json!(true), &json!(true)));
    assert_eq!(both["duplicates"], json!([before]), "it was made, unknown to us");

    strike(Scope::Deletes, fails());
    let secrets = stage.secrets().await;
    assert_eq!(rotate().await.status(), 200);
    assert_eq!(stage.secrets().await[1], secrets[0], "the old one still calls");
    let now = checked().await;
    assert_eq!(
        (&now["url"], &now["placed"], &now["signed"]),
        (&before, &json!(true), &json!(true))
    );
    assert_eq!(now["duplicates"], json!([aside["url"]]), "the old one is still there");

    strike(Scope::Any, RestFaults::default());
    stage.connected().await;
    let alone = checked().await;
    assert_eq!((&alone["url"], &alone["duplicates"]), (&before, &json!([])));
    assert_eq!(alone["signed"], true);
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let path = stage.connected().await;
    let before = served.read(&path).await;
    let mut transaction = served.world.store.worker().await.unwrap();
    for statement in ["set local role none", "revoke insert on audit from axis_worker"] {
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
    }
    store::commit(transaction).await.unwrap();
    let secrets = stage.secrets().await;
    let other = json!({ "name": "Other", "chatwootUrl": stage.chatwoot.url(),
                        "chatwootAccountId": 7, "token": admin_token(7) });
    let token = json!({ "token": admin_token(7) });
    let rotate = format!("{path}/rotate");
    for request in
        [served.post("/accounts", &other), served.post(&rotate, &token), served.delete(&path)]
    {
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_server_error(), "{}", answer.status());
    }
    assert_eq!(served.read(&path).await, before);
    assert_eq!(stage.secrets().await, secrets);
}

#[tokio::test]
async fn an_address_that_a_caller_named_stays_under_guard() {
    let stage = Stage::new().await;
    let path = stage.connected().await;
    let check = || stage.served.post(&format!("{path}/webhook/check"), &json!({})).send();
    assert_eq!(check().await.unwrap().status(), 200);
    // As if its name had led to a public address when it was connected.
    let mut transaction = stage.served.world.store.worker().await.unwrap();
    sqlx::query("update chatwoot_accounts set public_only = true where chatwoot_account_id = 7")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(problem(check().await.unwrap()).await, (422, "invalid".to_owned()));
}

#[tokio::test]
async fn conversations_are_opened_where_people_reach_chatwoot() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let opened = async |account: &Account| {
        let id = Seed::open(5).write(&served.world.store, account).await;
        let one = served.read(&format!("/conversations/{id}")).await["chatwootUrl"].clone();
        let list = served.read("/conversations").await;
        assert!(list["data"].as_array().unwrap().iter().any(|shown| shown["chatwootUrl"] == one));
        one
    };
    let base = testkit::BASE_URL;
    assert_eq!(opened(&served.ours).await, format!("{base}/app/accounts/1/conversations/5"));
    let mut asked = stage.asked(7, &admin_token(7));
    for url in ["support.example.com", "javascript:alert(1)", "https://me:it@example.com", ""] {
        asked["screenUrl"] = url.into();
        let refused = stage.connect(&asked).await;
        assert_eq!(problem(refused).await, (422, "invalid".to_owned()), "{url}");
    }
    let screen = "https://support.example.com";
    asked["screenUrl"] = format!(" {screen}/ ").into();
    assert_eq!(stage.connect(&asked).await.status(), 201);
    // Who gives it another token leaves it as it is.
    let account = served.read(&stage.connected().await).await;
    assert_eq!(
        (&account["screenUrl"], &account["chatwootUrl"]),
        (&json!(screen), &json!(stage.chatwoot.url()))
    );
    let key = account["id"].as_str().unwrap().parse().unwrap();
    let theirs = Account { key, tenant: served.ours.tenant.clone(), number: 7 };
    assert_eq!(opened(&theirs).await, format!("{screen}/app/accounts/7/conversations/5"));
}

#[tokio::test]
async fn without_the_key_accounts_are_shown_and_not_changed() {
    let served = Served::start().await;
    let path = format!("/accounts/{}", served.ours.key);
    assert_eq!(served.read(&path).await["chatwootAccountId"], 1);
    let answer = served.delete(&path).send().await.unwrap();
    assert_eq!(problem(answer).await, (501, "not-set-up".to_owned()));
}

#[tokio::test]
async fn a_tenant_is_read_and_renamed() {
    let served = Served::start().await;
    let tenant = served.read("/tenant").await;
    assert_eq!((&tenant["id"], &tenant["claims"]), (&json!(TENANT), &json!([])));
    let renamed = served.patch("/tenant", &json!({ "name": " Acme Ltd " })).send().await.unwrap();
    assert_eq!(renamed.status(), 200);
    assert_eq!(served.read("/tenant").await["name"], "Acme Ltd");
    for name in [" ", "a\u{0}b", &"x".repeat(201)] {
        let answer = served.patch("/tenant", &json!({ "name": name })).send().await.unwrap();
        assert_eq!(problem(answer).await, (422, "invalid".to_owned()));
    }
    let nothing = served.patch("/tenant", &json!({})).send().await.unwrap();
    assert_eq!(problem(nothing).await, (422, "invalid".to_owned()));
    let operator = served.key(TENANT, Role::Operator.permissions()).await;
    let request = served.http.patch(served.url("/tenant")).bearer_auth(operator);
    let refused = request.json(&json!({ "name": "Theirs" })).send().await.unwrap();
    assert_eq!(problem(refused).await, (403, "forbidden".to_owned()));
    assert_eq!(served.read("/tenant").await["name"], "Acme Ltd");
    let deed = &served.read("/audit").await["data"][0];
    assert_eq!(deed["action"], "tenants update");
    assert_eq!(deed["details"]["before"]["name"], tenant["name"]);
}
