//! Tenants and their claims, by keys of the installation. That nobody else may, and that they may do
//! nothing else, is in `tenancy`.

use domain::{Permission, Permissions, Role, TokenKind};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::reqwest::{Method, RequestBuilder, Response};

use crate::support::{Served, TENANT, ids, problem};

struct Stage {
    served: Served,
    key: String,
}

impl Stage {
    async fn new() -> Self {
        let served = Served::start().await;
        let key = served.installation_key(Permissions::of_installation()).await;
        Self { served, key }
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.served.http.request(method, self.served.url(path)).bearer_auth(&self.key)
    }

    async fn read(&self, path: &str) -> Value {
        let answer = self.ask(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        self.ask(Method::POST, path).json(body).send().await.unwrap()
    }

    async fn made(&self, id: &str) {
        assert_eq!(self.post("/tenants", &json!({ "id": id })).await.status(), 201);
    }

    async fn rename(&self, id: &str, name: &str) -> Response {
        let request = self.ask(Method::PATCH, &format!("/tenants/{id}"));
        request.json(&json!({ "name": name })).send().await.unwrap()
    }

    async fn remove(&self, id: &str, claim: &str) -> Response {
        let request = self.ask(Method::DELETE, &format!("/tenants/{id}/claims"));
        request.query(&[("claim", claim)]).send().await.unwrap()
    }

    /// What was done to a tenant, oldest first, as its own people read it.
    async fn deeds(&self, tenant: &str) -> Vec<Value> {
        let key = self.served.key(tenant, Role::Admin.permissions()).await;
        let request = self.served.http.get(self.served.url("/audit?limit=100")).bearer_auth(key);
        let audit: Value = request.send().await.unwrap().json().await.unwrap();
        audit["data"].as_array().unwrap().iter().rev().cloned().collect()
    }
}

async fn refusal(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap())
}

#[tokio::test]
async fn a_tenant_is_made_renamed_and_given_claims() {
    let stage = Stage::new().await;
    let answer = stage.post("/tenants", &json!({ "id": "acme", "name": " Acme Ltd " })).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["location"], "/api/v1/tenants/acme");
    let made: Value = answer.json().await.unwrap();
    assert_eq!((&made["name"], &made["claims"]), (&json!("Acme Ltd"), &json!([])));
    assert_eq!(stage.read("/tenants/acme").await, made);

    let path = "/tenants/acme/claims";
    for (status, claim) in [(201, "/groups/acme & co"), (200, "/groups/acme & co"), (201, "acme")] {
        let answer = stage.post(path, &json!({ "claim": claim })).await;
        assert_eq!(answer.status(), status, "{claim}");
        let told: Value = answer.json().await.unwrap();
        assert_eq!((&told["claim"], &told["tenantId"]), (&json!(claim), &json!("acme")));
    }
    let claims = stage.read(path).await;
    assert_eq!(claims["data"][1]["claim"], "acme");
    let renamed: Value = stage.rename("acme", "Acme GmbH").await.json().await.unwrap();
    assert_eq!(renamed["claims"], json!(["/groups/acme & co", "acme"]));
    assert_eq!(stage.remove("acme", "/groups/acme & co").await.status(), 204);
    assert_eq!(stage.read("/tenants/acme").await["claims"], json!(["acme"]));

    let all = stage.read("/tenants").await;
    assert_eq!(ids(&all), ["acme", TENANT]);
    assert_eq!(all["data"][0]["name"], "Acme GmbH");
    assert_eq!(ids(&stage.read("/tenants?limit=1&page=2").await), [TENANT]);

    let deeds = stage.deeds("acme").await;
    let what: Vec<_> = deeds.iter().map(|deed| deed["action"].as_str().unwrap()).collect();
    let [added, removed] = ["tenants claims add", "tenants claims remove"];
    assert_eq!(what, ["tenants add", added, added, "tenants update", removed]);
    assert_eq!(deeds[3]["details"]["before"]["name"], "Acme Ltd");
    for deed in &deeds {
        assert!(deed["actor"].as_str().unwrap().starts_with("installation_key "), "{deed}");
        assert!(!deed.to_string().contains(&stage.key[18..]), "no secret is in the audit");
    }
    let longest = json!({ "claim": "x".repeat(255) });
    assert_eq!(stage.post(path, &longest).await.status(), 201, "as long as it is in a token");
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let stage = Stage::new().await;
    stage.made("acme").await;
    let before = stage.read("/tenants").await;
    let long = "x".repeat(201);
    for (path, body, field) in [
        ("/tenants", json!({ "id": "Acme Ltd" }), "id"),
        ("/tenants", json!({ "id": "x".repeat(65) }), "id"),
        ("/tenants", json!({ "id": "*" }), "id"),
        ("/tenants", json!({ "id": "new", "name": " " }), "name"),
        ("/tenants", json!({ "id": "new", "name": long }), "name"),
        ("/tenants", json!({ "id": "new", "name": "a\u{0}b" }), "name"),
        ("/tenants/acme/claims", json!({ "claim": "" }), "claim"),
        // None of these is taken of a token.
        ("/tenants/acme/claims", json!({ "claim": "ü".repeat(128) }), "claim"),
        ("/tenants/acme/claims", json!({ "claim": "a\u{0}b" }), "claim"),
        ("/tenants/acme/claims", json!({ "claim": "acme\n" }), "claim"),
    ] {
        let (status, problem) = refusal(stage.post(path, &body).await).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{body}");
    }
    for name in [" ", "a\u{0}b", &long] {
        assert_eq!(problem(stage.rename("acme", name).await).await, (422, "invalid".to_owned()));
    }
    for id in ["nobody", "Acme Ltd", "%00", "%ff"] {
        let path = format!("/tenants/{id}");
        let claims = format!("{path}/claims");
        let refusals = [
            stage.ask(Method::GET, &path).send().await.unwrap(),
            stage.rename(id, "Nobody").await,
            stage.ask(Method::GET, &claims).send().await.unwrap(),
            stage.post(&claims, &json!({ "claim": "nobody" })).await,
            stage.remove(id, "nobody").await,
        ];
        for refused in refusals {
            assert_eq!(problem(refused).await, (404, "not-found".to_owned()), "{id}");
        }
    }
    let nothing = stage.ask(Method::DELETE, "/tenants/acme/claims").send().await.unwrap();
    assert_eq!(problem(nothing).await, (400, "bad-query".to_owned()));
    assert_eq!(problem(stage.remove("acme", "else").await).await, (404, "not-found".to_owned()));
    let page = stage.ask(Method::GET, "/tenants?limit=101").send().await.unwrap();
    assert_eq!(problem(page).await, (422, "invalid".to_owned()));

    let (status, taken) = refusal(stage.post("/tenants", &json!({ "id": "acme" })).await).await;
    assert_eq!((status, &taken["code"]), (409, &json!("taken")));
    assert_eq!(taken["current"], before["data"][0], "{taken}");
    assert_eq!(stage.read("/tenants").await, before);
}

#[tokio::test]
async fn a_key_does_what_it_may_and_nothing_once_it_is_revoked() {
    let stage = Stage::new().await;
    stage.made("acme").await;
    let reader = [Permission::ReadTenants].into_iter().collect();
    let reader = Stage { key: stage.served.installation_key(reader).await, ..stage };
    assert_eq!(ids(&reader.read("/tenants").await), ["acme", TENANT]);
    for refused in [
        reader.post("/tenants", &json!({ "id": "new" })).await,
        reader.rename("acme", "Other").await,
        reader.post("/tenants/acme/claims", &json!({ "claim": "acme" })).await,
        reader.remove("acme", "acme").await,
    ] {
        assert_eq!(problem(refused).await, (403, "forbidden".to_owned()));
    }
    // What a key is, its row says as well as its beginning.
    let all = Permissions::of_installation();
    let disguised = [
        reader.served.new_key(Some(TENANT), TokenKind::InstallationKey, all).await,
        reader.served.new_key(None, TokenKind::ApiKey, all).await,
    ];
    for token in disguised {
        let request = reader.served.http.get(reader.served.url("/tenants")).bearer_auth(token);
        let refused = problem(request.send().await.unwrap()).await;
        assert_eq!(refused, (401, "unauthorized".to_owned()));
    }
    let mut transaction = reader.served.world.store.worker().await.unwrap();
    let installation = store::api_keys::Owner::Installation;
    for key in store::api_keys::list(&mut transaction, installation, 0, 10).await.unwrap() {
        store::api_keys::revoke(&mut transaction, key.id).await.unwrap();
    }
    store::commit(transaction).await.unwrap();
    let refused = reader.ask(Method::GET, "/tenants").send().await.unwrap();
    assert_eq!(problem(refused).await, (401, "unauthorized".to_owned()));
}

#[tokio::test]
async fn of_many_who_change_the_same_at_once_each_is_told_what_came_of_it() {
    let stage = Stage::new().await;
    let statuses = |answers: Vec<Response>| {
        let mut all: Vec<_> = answers.iter().map(|answer| answer.status().as_u16()).collect();
        all.sort_unstable();
        all
    };
    let acme = json!({ "id": "acme" });
    let made = join_all((0..4).map(|_| stage.post("/tenants", &acme))).await;
    assert_eq!(statuses(made), [201, 409, 409, 409]);
    stage.made("other").await;

    let claim = json!({ "claim": "acme" });
    let both = ["/tenants/acme/claims", "/tenants/other/claims"];
    let added = join_all(both.map(|path| stage.post(path, &claim))).await;
    assert_eq!(statuses(added), [201, 409]);
    let first = stage.read(both[0]).await["data"].as_array().unwrap().len();
    let (owner, loser) = if first == 1 { ("acme", "other") } else { ("other", "acme") };
    let path = format!("/tenants/{loser}/claims");
    let (status, taken) = refusal(stage.post(&path, &claim).await).await;
    assert_eq!((status, &taken["current"]["tenantId"]), (409, &json!(owner)));
    let again = join_all((0..3).map(|_| stage.remove(owner, "acme"))).await;
    assert_eq!(statuses(again), [204, 404, 404]);

    join_all(["a", "b", "c", "d"].map(|name| stage.rename("acme", name))).await;
    let deeds = stage.deeds("acme").await;
    let renamed = |name: &Value| {
        let mut changes = deeds.iter().map(|deed| &deed["details"]);
        changes.find(|change| change["before"]["name"] == *name).expect("somebody renamed it")
    };
    let mut name = &acme["id"];
    for _ in 0..4 {
        name = &renamed(name)["after"]["name"];
    }
    assert_eq!(*name, stage.read("/tenants/acme").await["name"], "one chain of names: {deeds:?}");
}

#[tokio::test]
async fn what_is_sent_twice_under_one_key_is_done_once() {
    let stage = Stage::new().await;
    let send = async |path: &str, body: Value| {
        let request = stage.ask(Method::POST, path).header("idempotency-key", "once");
        request.json(&body).send().await.unwrap()
    };
    for replayed in [false, true] {
        let answer = send("/tenants", json!({ "id": "acme" })).await;
        assert_eq!(answer.status(), 201);
        assert_eq!(answer.headers().contains_key("idempotency-replayed"), replayed);
        assert_eq!(answer.headers()["location"], "/api/v1/tenants/acme");
    }
    let other = problem(send("/tenants", json!({ "id": "other" })).await).await;
    assert_eq!(other, (422, "key-reused".to_owned()));
    // The name is this key's own: another one has its own names.
    let another = stage.served.installation_key(Permissions::of_installation()).await;
    let another = Stage { key: another, ..stage };
    let request = another.ask(Method::POST, "/tenants").header("idempotency-key", "once");
    let answer = request.json(&json!({ "id": "other" })).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(another.deeds("acme").await.len(), 1);
}
