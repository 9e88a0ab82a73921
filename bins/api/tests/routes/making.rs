//! Making labels and canned responses in Chatwoot: once, whatever becomes of its answers.

use chatwoot_sim::{ADMIN_TOKEN, Faults, Options, RestFaults, Rule, Scope, Sim, agent_token};
use domain::{Permission, Role};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::Account;
use testkit::reqwest::Response;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::{Served, TENANT, problem};

/// A tenant with one account.
const ACME: &str = "acme";
/// What is made, with an example, the field of its name, and Chatwoot's word for that field.
const KINDS: [(&str, &str, &str); 2] =
    [("/labels", "title", "title"), ("/canned-responses", "shortCode", "short_code")];

/// A Chatwoot, and an account of it that is a tenant's.
struct Chatwoot {
    sim: Sim,
    url: String,
    account: Account,
    #[expect(dead_code, reason = "stops it when dropped")]
    guard: DropGuard,
}

impl Chatwoot {
    async fn start(served: &Served, tenant: &str) -> Self {
        Self::with_token(served, tenant, ADMIN_TOKEN).await
    }

    async fn with_token(served: &Served, tenant: &str, token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shutdown = CancellationToken::new();
        let running = Sim::start(Options::default(), listener, shutdown.clone()).await.unwrap();
        let url = running.url();
        let account = testkit::account(&served.world.store, tenant, 1, &url, token).await;
        Self { sim: running.sim, url, account, guard: shutdown.drop_guard() }
    }

    /// How many of a kind bear this name there.
    async fn count(&self, path: &str, field: &str, name: &str) -> usize {
        let path = path.replace('-', "_");
        let request = testkit::http().get(format!("{}/api/v1/accounts/1{path}", self.url));
        let answer = request.header("api-access-token", ADMIN_TOKEN).send().await.unwrap();
        let list: Value = answer.json().await.unwrap();
        let rows = list.as_array().or_else(|| list["payload"].as_array()).unwrap();
        rows.iter().filter(|row| row[field] == name).count()
    }

    fn strike(&self, rest: RestFaults) {
        self.sim.set_faults(Faults { rest, ..Faults::default() }).unwrap();
    }
}

fn example(path: &str) -> Value {
    match path {
        "/labels" => json!({
            "title": "late-parcel", "description": "It should be there", "color": "#AA00ff",
            "showOnSidebar": true,
        }),
        _ => {
            json!({ "shortCode": "late-parcel", "content": "It is on its way, {{contact.name}}." })
        }
    }
}

async fn post(served: &Served, who: &str, path: &str, body: &Value) -> Response {
    let request = served.http.post(served.url(path)).bearer_auth(who);
    request.json(body).send().await.unwrap()
}

async fn listed(served: &Served, who: &str, path: &str) -> Vec<Value> {
    let answer = served.http.get(served.url(path)).bearer_auth(who).send().await.unwrap();
    answer.json::<Value>().await.unwrap()["data"].as_array().unwrap().clone()
}

async fn admin(served: &Served) -> String {
    served.key(ACME, Role::Admin.permissions()).await
}

#[tokio::test]
async fn what_is_made_is_in_chatwoot_and_shown_at_once() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::start(&served, ACME).await;
    let admin = admin(&served).await;
    for (path, field, theirs) in KINDS {
        let body = example(path);
        let answer = post(&served, &admin, path, &body).await;
        assert_eq!(answer.status(), 201, "{path}");
        let made: Value = answer.json().await.unwrap();
        assert_eq!(made["accountId"], chatwoot.account.key.to_string());
        assert_eq!(made[field], "late-parcel");
        assert_eq!(chatwoot.count(path, theirs, "late-parcel").await, 1, "{path}");
        assert!(listed(&served, &admin, path).await.contains(&made), "{path}");
        // Asked for again it is found.
        let again = post(&served, &admin, path, &body).await;
        assert_eq!(again.status(), 200, "{path}");
        assert_eq!(again.json::<Value>().await.unwrap()["chatwootId"], made["chatwootId"]);
        assert_eq!(chatwoot.count(path, theirs, "late-parcel").await, 1, "{path}");
        let deeds = listed(&served, &admin, "/audit").await;
        let deed = deeds.iter().filter(|deed| deed["details"]["after"] == made);
        let deeds: Vec<_> = deed.map(|deed| deed["action"].as_str().unwrap()).collect();
        assert_eq!(deeds, [format!("{} create", path.trim_start_matches('/'))]);
    }
    let label = &listed(&served, &admin, "/labels").await[0];
    assert_eq!((&label["color"], &label["showOnSidebar"]), (&json!("#AA00ff"), &json!(true)));
}

#[tokio::test]
async fn a_title_is_small_and_what_is_not_said_is_chatwoots_choice() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::start(&served, ACME).await;
    let admin = admin(&served).await;
    let answer = post(&served, &admin, "/labels", &json!({ "title": "Grüße" })).await;
    assert_eq!(answer.status(), 201);
    let label: Value = answer.json().await.unwrap();
    assert_eq!((&label["title"], &label["color"]), (&json!("grüße"), &json!("#1f93ff")));
    assert_eq!((&label["description"], &label["showOnSidebar"]), (&Value::Null, &json!(false)));
    let again = post(&served, &admin, "/labels", &json!({ "title": "GRÜSSE" })).await;
    assert_eq!(again.status(), 201, "another word");
    assert_eq!(chatwoot.count("/labels", "title", "grüße").await, 1);
}

/// Chatwoot has it, and whoever asked has not heard so.
#[tokio::test]
async fn an_answer_that_is_lost_makes_nothing_twice() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::start(&served, ACME).await;
    let admin = admin(&served).await;
    for (path, _, theirs) in KINDS {
        for (number, fault) in (0..).zip([
            RestFaults { stored_then_5xx: Rule::next(1), ..RestFaults::default() },
            RestFaults { stored_then_cut: Rule::next(1), ..RestFaults::default() },
        ]) {
            chatwoot.strike(RestFaults { scope: Scope::Writes, ..fault });
            let name = format!("lost-{number}");
            let body = match path {
                "/labels" => json!({ "title": name }),
                _ => json!({ "shortCode": name, "content": "Hi" }),
            };
            let answer = post(&served, &admin, path, &body).await;
            assert_eq!(answer.status(), 201, "{path}: it is found");
            assert_eq!(chatwoot.count(path, theirs, &name).await, 1, "{path}");
        }
    }
}

/// Nobody knows, and the caller asks again under the same key.
#[tokio::test]
async fn a_request_that_could_not_be_answered_is_asked_again() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::start(&served, ACME).await;
    let admin = admin(&served).await;
    for (path, _, theirs) in KINDS {
        let ask = || {
            let request = served.http.post(served.url(path)).bearer_auth(&admin);
            request.header("idempotency-key", format!("k{path}")).json(&example(path)).send()
        };
        // The look, then the making and both of its answers.
        for rest in [
            RestFaults { unavailable: Rule::next(1), ..RestFaults::default() },
            RestFaults { rate_limited: Rule::next(1), ..RestFaults::default() },
            RestFaults {
                scope: Scope::Writes,
                unavailable: Rule::next(1),
                ..RestFaults::default()
            },
        ] {
            chatwoot.strike(rest);
            let answer = ask().await.unwrap();
            assert!(answer.headers().contains_key("retry-after"));
            assert_eq!(problem(answer).await, (503, "no-answer".to_owned()), "{path}");
            assert_eq!(chatwoot.count(path, theirs, "late-parcel").await, 0, "{path}");
        }
        let first = ask().await.unwrap();
        assert_eq!(first.status(), 201, "{path}");
        let second = ask().await.unwrap();
        assert_eq!(second.status(), 201, "{path}");
        assert_eq!(second.headers()["idempotency-replayed"], "true");
        assert_eq!(first.text().await.unwrap(), second.text().await.unwrap());
        assert_eq!(chatwoot.count(path, theirs, "late-parcel").await, 1, "{path}");
    }
}

#[tokio::test]
async fn of_many_who_make_the_same_one_makes_it() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::start(&served, ACME).await;
    let admin = admin(&served).await;
    for (path, _, theirs) in KINDS {
        let body = example(path);
        let answers = join_all((0..4).map(|_| post(&served, &admin, path, &body))).await;
        let mut statuses: Vec<_> = answers.iter().map(|one| one.status().as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 200, 201], "{path}");
        assert_eq!(chatwoot.count(path, theirs, "late-parcel").await, 1, "{path}");
        let mine = listed(&served, &admin, path).await;
        assert_eq!(mine.len(), 1, "{path}");
    }
}

#[tokio::test]
async fn another_thing_of_the_same_name_is_left_alone() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::start(&served, ACME).await;
    let admin = admin(&served).await;
    for (path, field, theirs) in KINDS {
        let body = example(path);
        let made: Value = post(&served, &admin, path, &body).await.json().await.unwrap();
        let mut other = body.clone();
        let differs = if path == "/labels" { "description" } else { "content" };
        other[differs] = json!("Something else");
        let answer = post(&served, &admin, path, &other).await;
        assert_eq!(answer.status(), 409, "{path}");
        let refusal: Value = answer.json().await.unwrap();
        assert_eq!(refusal["code"], "taken");
        assert_eq!(refusal["current"][differs], body[differs]);
        assert_eq!(refusal["current"]["chatwootId"], made["chatwootId"]);
        assert!(refusal["detail"].as_str().unwrap().contains(field), "{refusal}");
        assert_eq!(chatwoot.count(path, theirs, "late-parcel").await, 1, "{path}");
    }
}

#[tokio::test]
async fn the_account_is_named_where_there_are_several_and_is_ones_own() {
    let served = Served::start().await;
    // The tenant has one more, which no Chatwoot answers for.
    let chatwoot = Chatwoot::start(&served, TENANT).await;
    let theirs = Chatwoot::start(&served, "theirs").await;
    for (path, _, name) in KINDS {
        let mut body = example(path);
        let unnamed = served.post(path, &body).send().await.unwrap();
        assert_eq!(unnamed.status(), 422);
        let refusal: Value = unnamed.json().await.unwrap();
        assert_eq!(refusal["errors"][0]["field"], "accountId");
        // P8: another tenant's account is none.
        for key in [theirs.account.key.to_string(), uuid::Uuid::now_v7().to_string()] {
            body["accountId"] = json!(key);
            let foreign = served.post(path, &body).send().await.unwrap();
            assert_eq!(problem(foreign).await, (404, "not-found".to_owned()));
        }
        body["accountId"] = json!(chatwoot.account.key);
        let answer = served.post(path, &body).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{path}");
        assert_eq!(chatwoot.count(path, name, "late-parcel").await, 1, "{path}");
        assert_eq!(theirs.count(path, name, "late-parcel").await, 0, "{path}");
        body["accountId"] = json!(served.ours.key);
        let silent = served.post(path, &body).send().await.unwrap();
        assert_eq!(problem(silent).await, (503, "no-answer".to_owned()));
    }
}

#[tokio::test]
async fn what_cannot_be_made_is_refused() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::start(&served, ACME).await;
    let admin = admin(&served).await;
    for (path, body, field) in [
        ("/labels", json!({ "title": "" }), "title"),
        ("/labels", json!({ "title": "two words" }), "title"),
        ("/labels", json!({ "title": "x".repeat(256) }), "title"),
        ("/labels", json!({ "title": 7 }), "title"),
        ("/labels", json!({ "title": "a", "color": "red" }), "color"),
        ("/labels", json!({ "title": "a", "color": "#12345é" }), "color"),
        ("/labels", json!({ "title": "a", "description": "x".repeat(2_001) }), "description"),
        ("/labels", json!({ "title": "a", "accountId": "1" }), "accountId"),
        ("/canned-responses", json!({ "shortCode": " ", "content": "Hi" }), "shortCode"),
        ("/canned-responses", json!({ "shortCode": " a", "content": "Hi" }), "shortCode"),
        ("/canned-responses", json!({ "shortCode": "x".repeat(256), "content": "a" }), "shortCode"),
        ("/canned-responses", json!({ "shortCode": "a", "content": "\n" }), "content"),
        ("/canned-responses", json!({ "shortCode": "a", "content": "a\u{0}b" }), "content"),
        (
            "/canned-responses",
            json!({ "shortCode": "a", "content": "x".repeat(20_001) }),
            "content",
        ),
    ] {
        let answer = post(&served, &admin, path, &body).await;
        assert_eq!(answer.status(), 422, "{path} {field}");
        let refusal: Value = answer.json().await.unwrap();
        assert_eq!(refusal["errors"][0]["field"], field, "{refusal}");
    }
    let others = Permission::ALL.iter().copied();
    let others = others.filter(|one| *one != Permission::ManageCatalogue).collect();
    let other = served.key(ACME, others).await;
    for (path, _, name) in KINDS {
        let refused = post(&served, &other, path, &example(path)).await;
        assert_eq!(problem(refused).await, (403, "forbidden".to_owned()));
        assert_eq!(chatwoot.count(path, name, "late-parcel").await, 0, "{path}");
    }
}

/// The account's token is an agent's, who may not make labels.
#[tokio::test]
async fn what_chatwoot_refuses_is_said_to_be() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::with_token(&served, ACME, &agent_token(1, 1)).await;
    let admin = admin(&served).await;
    let refused = post(&served, &admin, "/labels", &example("/labels")).await;
    assert_eq!(problem(refused).await, (502, "refused".to_owned()));
    assert_eq!(chatwoot.count("/labels", "title", "late-parcel").await, 0);
    assert!(listed(&served, &admin, "/labels").await.is_empty());
    assert!(listed(&served, &admin, "/audit").await.is_empty());
}
