//! `docs/api.md` works as it is written.

use std::collections::BTreeSet;
use std::path::Path;

use api::Config;
use chatwoot_sim::{ADMIN_TOKEN, Options, Sim};
use serde_json::{Value, json};
use testkit::sqlx;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::support::{Seed, Served};

/// Where the document has the API, and the Chatwoot that it connects.
const ADDRESS: &str = "http://localhost:8000";
const CHATWOOT: &str = "http://localhost:3200";

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md");
    std::fs::read_to_string(path).unwrap()
}

/// All commands of the document, as one script.
fn commands(document: &str) -> String {
    let blocks = document.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

#[tokio::test]
async fn the_walk_works_as_written() {
    let accounts = accounts::Config {
        secret_key: Some(testkit::SECRET_KEY.into()),
        public_url: Some(ADDRESS.to_owned()),
        accounts_allow_private: true,
        ..accounts::Config::default()
    };
    let served = Served::with(Config { accounts, ..Config::default() }).await;
    let stop = CancellationToken::new();
    let _end = stop.clone().drop_guard();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let chatwoot = Sim::start(Options::default(), listener, stop).await.unwrap();
    know_labels(&served, &chatwoot.url()).await;
    let seed = Seed { messages: vec![("incoming", "It is broken")], ..Seed::open(1) };
    let conversation = served.write(&seed).await;
    let script = commands(&document());
    for address in [ADDRESS, CHATWOOT] {
        assert!(script.contains(address), "{address}");
    }
    assert!(script.matches("curl").count() >= 16);
    let script = script.replace(ADDRESS, &served.base).replace(CHATWOOT, &chatwoot.url());
    let run = Command::new("sh").args(["-eu", "-c", &script]).output().await.unwrap();
    let (said, wrong) =
        (String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap());
    assert!(run.status.success(), "{said}\n{wrong}");

    let approvals = served.read("/approvals").await;
    let [approval] = &approvals["data"].as_array().unwrap()[..] else { panic!("{approvals}") };
    assert_eq!(approval["status"], "approved");
    assert_eq!(
        (&approval["requestedBy"], &approval["decidedBy"]),
        (&json!("Dev Agent"), &json!("Dev Admin"))
    );
    let messages = served.read(&format!("/conversations/{conversation}/messages")).await;
    assert_eq!(messages["data"][1]["content"], "We refund it today.");
    assert_eq!(messages["data"][1]["id"], approval["messageId"]);
    let now = served.read(&format!("/conversations/{conversation}")).await;
    assert_eq!((&now["priority"], &now["labels"]), (&json!("high"), &json!(["billing"])));
    assert!(said.contains("approval_approved") && said.contains("conversation_change_queued"));
    assert!(said.contains(&served.ours.key.to_string()));

    let accounts = served.read("/accounts").await;
    let known = accounts["data"].as_array().unwrap().iter();
    let connected = known.filter(|one| one["chatwootUrl"] == chatwoot.url()).collect::<Vec<_>>();
    assert!(connected.len() == 1 && connected[0]["disconnectedAt"].is_string(), "{accounts}");
    for told in [r#""registered":true"#, r#""signed":true"#, r#""webhookRemoved":true"#] {
        assert!(said.contains(told), "{told}: {said}");
    }
    let audit = served.read("/audit?limit=4").await;
    let deeds = audit["data"].as_array().unwrap().iter().map(|deed| deed["action"].clone());
    assert_eq!(
        deeds.collect::<Vec<_>>(),
        ["accounts disconnect", "accounts rotate", "webhook register", "accounts connect"]
    );
    assert!(!said.contains("sim-admin-token"), "no answer holds the token");
}

/// The labels of the stand-in, as the comparing with it would find them: who names another one is refused.
async fn know_labels(served: &Served, chatwoot: &str) {
    let request = testkit::http().get(format!("{chatwoot}/api/v1/accounts/1/labels"));
    let answer = request.header("api_access_token", ADMIN_TOKEN).send().await.unwrap();
    let labels: Value = answer.json().await.unwrap();
    let mut lists = served.world.store.worker().await.unwrap();
    for label in labels["payload"].as_array().unwrap() {
        let insert = "insert into labels (account_id, tenant_id, chatwoot_id, title)
                      values ($1, $2, $3, $4)";
        let insert = sqlx::query(insert).bind(served.ours.key.0).bind(served.ours.tenant.as_str());
        let insert = insert.bind(label["id"].as_i64().unwrap());
        insert.bind(label["title"].as_str().unwrap()).execute(&mut *lists).await.unwrap();
    }
    store::commit(lists).await.unwrap();
}

/// The document explains just the refusals that the program knows, under their statuses.
#[test]
fn the_refusals_are_the_programs() {
    let document = document();
    let table = document.split("## Refusals").nth(1).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    let explained: BTreeSet<_> = cells
        .flat_map(|cells| {
            let statuses: Vec<_> = cells[1].split(", ").collect();
            let codes = cells[2].split(", ").enumerate();
            // One status for all codes of a row, or one for each.
            let pair = |(i, code): (usize, &str)| {
                let status = statuses.get(i).or(statuses.first()).unwrap();
                ((*status).to_owned(), code.trim_matches('`').to_owned())
            };
            codes.map(pair).collect::<Vec<_>>()
        })
        .collect();
    let description: Value = serde_json::from_str(&api::openapi_json().unwrap()).unwrap();
    let known = description["components"]["examples"].as_object().unwrap();
    let known =
        known.iter().map(|(code, kind)| (kind["value"]["status"].to_string(), code.clone()));
    assert_eq!(explained, known.collect());
}
