use chrono::{DateTime, TimeDelta, Utc};
use domain::{Permission, Role};
use serde_json::{Value, json};
use store::Store;
use store::api_keys::NewApiKey;
use testkit::{eventually, sqlx};

use crate::support::{Served, Stream, TENANT, ids, problem};

/// What a request for a key answers.
async fn made(served: &Served, wanted: &Value) -> (String, String) {
    shown(served.post("/api-keys", wanted).send().await.unwrap()).await
}

/// The key's id, and the key.
async fn shown(answer: testkit::reqwest::Response) -> (String, String) {
    assert_eq!(answer.status(), 201);
    let body: Value = answer.json().await.unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&body["key"]["id"]), text(&body["token"]))
}

async fn asked(served: &Served, token: &str, path: &str) -> u16 {
    let request = served.http.get(served.url(path)).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_key_is_shown_once_does_what_it_may_and_is_worth_nothing_once_revoked() {
    let served = Served::start().await;
    let wanted = json!({ "name": " export ", "permissions": ["approvals:read"], "roles": [] });
    let (id, token) = made(&served, &wanted).await;
    assert_eq!(asked(&served, &token, "/approvals").await, 200);
    assert_eq!(asked(&served, &token, "/conversations").await, 403);
    assert_eq!(asked(&served, &format!("{token}0"), "/approvals").await, 401);

    let list = served.read("/api-keys").await;
    let key = &list["data"][0];
    assert_eq!((&key["id"], &key["name"]), (&json!(id), &json!("export")));
    assert_eq!(key["permissions"], json!(["approvals:read"]));
    assert_eq!(key["createdBy"], "member dev-admin");
    assert!(key["lastUsedAt"].is_string() && key["revokedAt"].is_null());
    assert!(!list.to_string().contains(&token[9..]), "a secret is shown once");

    let revoke = || {
        let path = served.url(&format!("/api-keys/{id}"));
        served.http.delete(path).bearer_auth("mock-token").send()
    };
    for _ in 0..2 {
        assert_eq!(revoke().await.unwrap().status(), 204);
        assert_eq!(asked(&served, &token, "/approvals").await, 401);
    }
    assert!(served.read("/api-keys").await["data"][0]["revokedAt"].is_string());

    let audit = served.read("/audit?limit=1").await;
    assert_eq!((&audit["data"][0]["action"], ids(&audit).len()), (&json!("api-keys revoke"), 1));
    let cursor = audit["page"]["nextCursor"].as_str().unwrap();
    let older = served.read(&format!("/audit?cursor={cursor}")).await;
    let [created] = &older["data"].as_array().unwrap()[..] else {
        panic!("the second revocation did nothing: {older}");
    };
    assert_eq!(
        (&created["actor"], &created["source"]),
        (&json!("member dev-admin"), &json!("api"))
    );
    assert_eq!(created["target"], format!("api key {id}"));
    assert_eq!(created["details"]["after"]["permissions"], json!(["approvals:read"]));
    assert!(!older.to_string().contains(&token[9..]));
    let revoked = served.read("/audit?action=api-keys%20revoke").await;
    assert_eq!(ids(&revoked), ids(&audit));
    assert_eq!(ids(&served.read("/audit?actor=nobody").await), Vec::<String>::new());
}

#[tokio::test]
async fn a_key_may_do_no_more_than_whoever_makes_it() {
    let served = Served::start().await;
    let few = [Permission::ManageKeys, Permission::ReadApprovals].into_iter().collect();
    let maker = served.key(TENANT, few).await;
    let make = |wanted: Value| {
        let request = served.http.post(served.url("/api-keys")).bearer_auth(&maker);
        async move { request.json(&wanted).send().await.unwrap() }
    };
    let more = make(json!({ "name": "a", "roles": ["viewer"] })).await;
    assert_eq!(problem(more).await, (403, "forbidden".to_owned()));
    let same = make(json!({ "name": "a", "permissions": ["approvals:read"] })).await;
    assert_eq!(same.status(), 201);
    let body: Value = same.json().await.unwrap();
    assert!(body["key"]["createdBy"].as_str().unwrap().starts_with("api_key "));
}

/// Whoever stole a key may have created others with it.
#[tokio::test]
async fn a_key_is_revoked_with_all_that_it_created_if_that_is_asked_for() {
    let served = Served::start().await;
    let manages = json!({ "name": "a", "permissions": ["api-keys:manage"] });
    let mut keys = vec![made(&served, &manages).await];
    for _ in 0..3 {
        let (_, maker) = keys.last().unwrap();
        let request = served.http.post(served.url("/api-keys")).bearer_auth(maker);
        keys.push(shown(request.json(&manages).send().await.unwrap()).await);
    }
    let other = made(&served, &manages).await;
    let valid = async || {
        let mut valid = Vec::new();
        for (_, token) in keys.iter().chain([&other]) {
            valid.push(asked(&served, token, "/api-keys").await == 200);
        }
        valid
    };
    let revoke = async |which: usize, query: &str| {
        let path = served.url(&format!("/api-keys/{}{query}", keys[which].0));
        let answer = served.http.delete(path).bearer_auth("mock-token").send().await.unwrap();
        assert_eq!(answer.status(), 204);
    };
    revoke(1, "").await;
    assert_eq!(valid().await, [true, false, true, true, true]);
    // Through one that is revoked already.
    revoke(0, "?withCreated=true").await;
    assert_eq!(valid().await, [false, false, false, false, true]);
    let audit = served.read("/audit?action=api-keys%20revoke").await;
    let targets = audit["data"].as_array().unwrap().iter().map(|entry| &entry["target"]);
    let mut targets: Vec<_> = targets.map(|target| target.as_str().unwrap().to_owned()).collect();
    targets.sort();
    let mut expected: Vec<_> = keys.iter().map(|(id, _)| format!("api key {id}")).collect();
    expected.sort();
    assert_eq!(targets, expected, "one entry each");
}

/// Waits until somebody waits for a key that somebody else has locked.
async fn waits(store: &Store) {
    // Whoever waits for a row has the lock to be the next.
    let waiting = "select count(*) from pg_locks
                   where locktype = 'tuple' and relation = 'api_keys'::regclass
                     and database = (select oid from pg_database where datname = current_database())";
    eventually("somebody waits", async || {
        let mut worker = store.worker().await.unwrap();
        sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *worker).await.unwrap() == 1
    })
    .await;
}

#[tokio::test]
async fn what_a_key_creates_while_it_is_revoked_is_found_or_refused() {
    let served = Served::start().await;
    let (store, tenant) = (&served.world.store, TENANT.parse().unwrap());
    let manages = json!({ "name": "a", "permissions": ["api-keys:manage"] });
    let revoke = async |id| {
        let mut transaction = store.tenant(&tenant).await.unwrap();
        assert!(store::api_keys::revoke(&mut transaction, id).await.unwrap());
        let created = store::api_keys::revoke_created(&mut transaction, id).await.unwrap();
        (transaction, created.len())
    };

    let (id, _) = made(&served, &manages).await;
    let id = id.parse().unwrap();
    let new = NewApiKey {
        tenant: Some(&tenant),
        name: "late",
        digest: [7; 32],
        permissions: [Permission::ManageKeys].into_iter().collect(),
        created_by: &format!("api_key {id}"),
        expires_at: None,
    };
    let mut creating = store.tenant(&tenant).await.unwrap();
    assert!(store::api_keys::hold(&mut creating, id).await.unwrap());
    let create = async {
        waits(store).await;
        store::api_keys::create(&mut creating, &new).await.unwrap().unwrap();
        store::commit(creating).await.unwrap();
    };
    let ((revoking, found), ()) = tokio::join!(revoke(id), create);
    store::commit(revoking).await.unwrap();
    assert_eq!(found, 1);

    let (id, maker) = made(&served, &manages).await;
    // From now on, and for a minute, its use is not written down.
    assert_eq!(asked(&served, &maker, "/api-keys").await, 200);
    let (revoking, _) = revoke(id.parse().unwrap()).await;
    let commit = async {
        waits(store).await;
        store::commit(revoking).await.unwrap();
    };
    let create = served.http.post(served.url("/api-keys")).bearer_auth(&maker).json(&manages);
    let (answer, ()) = tokio::join!(create.send(), commit);
    assert_eq!(problem(answer.unwrap()).await, (401, "unauthorized".to_owned()));
}

#[tokio::test]
async fn a_key_that_ends_makes_none_that_outlives_it() {
    let served = Served::start().await;
    let end = Utc::now() + TimeDelta::hours(1);
    let maker = json!({ "name": "trial", "permissions": ["api-keys:manage"], "expiresAt": end });
    let (_, maker) = made(&served, &maker).await;
    let make = async |end: Option<DateTime<Utc>>| {
        let wanted = json!({ "name": "a", "permissions": ["api-keys:manage"], "expiresAt": end });
        let request = served.http.post(served.url("/api-keys")).bearer_auth(&maker);
        request.json(&wanted).send().await.unwrap()
    };
    for longer in [None, Some(end + TimeDelta::minutes(1))] {
        assert_eq!(problem(make(longer).await).await, (422, "invalid".to_owned()), "{longer:?}");
    }
    assert_eq!(make(Some(end - TimeDelta::minutes(1))).await.status(), 201);
}

#[tokio::test]
async fn a_key_that_cannot_be_is_refused() {
    let served = Served::start().await;
    let past = Utc::now() - TimeDelta::seconds(1);
    for (wanted, field) in [
        (json!({ "name": " ", "roles": ["viewer"] }), "name"),
        (json!({ "name": "a".repeat(201), "roles": ["viewer"] }), "name"),
        (json!({ "name": "a" }), "permissions"),
        (json!({ "name": "a", "roles": ["viewer"], "expiresAt": past }), "expiresAt"),
    ] {
        let answer = served.post("/api-keys", &wanted).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{wanted}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["errors"][0]["field"], field, "{wanted}");
    }
    for unknown in [json!({ "name": "a", "roles": ["boss"] }), json!({ "roles": ["viewer"] })] {
        let answer = served.post("/api-keys", &unknown).send().await.unwrap();
        assert_eq!(problem(answer).await, (422, "invalid".to_owned()), "{unknown}");
    }
    let tenant = TENANT.parse().unwrap();
    let mut transaction = served.world.store.tenant(&tenant).await.unwrap();
    sqlx::query(
        "insert into api_keys (id, tenant_id, name, digest, permissions, created_by)
         select gen_random_uuid(), $1, 'n', sha256(n::text::bytea), '{}', 'x'
         from generate_series(1, $2) as n",
    )
    .bind(TENANT)
    .bind(store::api_keys::MOST_VALID)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    let wanted = json!({ "name": "one too many", "roles": ["viewer"] });
    let answer = served.post("/api-keys", &wanted).send().await.unwrap();
    assert_eq!(problem(answer).await, (409, "too-many-keys".to_owned()));
    let page = served.read("/api-keys?limit=10&page=20").await;
    assert_eq!(ids(&page).len(), 10);
}

#[tokio::test]
async fn a_key_and_the_streams_that_it_opened_end_with_its_time() {
    let served = Served::start().await;
    served.follows().await;
    let end = Utc::now() + TimeDelta::hours(1);
    let wanted = json!({ "name": "short", "roles": ["viewer"], "expiresAt": end });
    let (_, token) = made(&served, &wanted).await;
    let earlier = "update api_keys set expires_at = $2 where expires_at = $1";
    let soon = served.ends_soon(earlier, end).await;
    let request = served.http.get(served.url("/activity")).bearer_auth(&token);
    let mut stream = Stream::of(request, None).await;
    stream.expect("ready").await;
    assert_eq!(stream.next().await, None, "the stream ends");
    assert!(Utc::now() >= soon - TimeDelta::milliseconds(100));
    eventually("the key is worth nothing", || async {
        asked(&served, &token, "/approvals").await == 401
    })
    .await;
}

#[tokio::test]
async fn only_the_gate_knows_whose_a_key_is() {
    let served = Served::start().await;
    served.world.account("theirs", 2).await;
    served.key("theirs", Role::Admin.permissions()).await;
    assert_eq!(ids(&served.read("/api-keys").await), Vec::<String>::new());
    for statement in [
        "select created_by from api_keys",
        "update api_keys set revoked_at = null",
        "delete from api_keys",
        "select * from conversations",
        "insert into tenant_claims values ('a', 'theirs')",
    ] {
        let mut transaction = served.world.store.gate().await.unwrap();
        let refused = sqlx::query(statement).execute(&mut *transaction).await.unwrap_err();
        assert!(refused.to_string().contains("permission denied"), "{statement}: {refused}");
    }
}
