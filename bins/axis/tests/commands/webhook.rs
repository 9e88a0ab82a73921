//! `axis webhook`.

use std::sync::Arc;

use axum::http::StatusCode;
use chatwoot::client::WebhookSettings;
use chatwoot_sim::{Faults, Outcome, RestFaults, Rule, Scope, admin_token};
use serde_json::{Value, json};
use testkit::eventually;
use tokio::net::TcpListener;
use tokio::sync::Barrier;

use crate::operator::{Operator, PUBLIC_URL, add};
use crate::program::folder;

#[tokio::test(flavor = "multi_thread")]
async fn registering_a_webhook_again_changes_nothing_and_a_new_secret_joins_the_old_one() {
    let operator = Operator::new().await;
    operator.succeeds(&["tenants", "add", "acme"]).await;
    let (url, admin) = (operator.chatwoot.url(), admin_token(7));
    let key = operator.succeeds(&add(&url, "acme", "7", &admin)).await["key"].clone();
    let key = key.as_str().unwrap();
    let register = ["webhook", "register", "--public-url", PUBLIC_URL, "--account"];
    let by_key = [&register[..], &[key]].concat();
    let by_number = [&register[..], &["7"]].concat();

    let first = operator.succeeds(&by_key).await;
    assert_eq!((&first["change"], &first["newSecret"]), (&json!("created"), &json!(true)));
    let second = operator.succeeds(&by_number).await;
    assert_eq!((&second["change"], &second["newSecret"]), (&json!("unchanged"), &json!(false)));
    assert_eq!(first["webhookId"], second["webhookId"]);
    let secrets = async || {
        let sources = operator.world.bus.sources().list().await.unwrap();
        sources[0].sealed_secrets.clone()
    };
    assert_eq!(secrets().await.len(), 1);

    let client =
        chatwoot::Client::new(&url, 7, &admin.into(), &chatwoot::client::Options::default())
            .unwrap();
    let ours = async || {
        let mut all = client.list_webhooks().await.unwrap();
        all.retain(|one| one.url.starts_with(PUBLIC_URL));
        assert_eq!(all.len(), 1);
        all.remove(0)
    };
    let webhook = ours().await;
    let settings = WebhookSettings {
        url: webhook.url.clone(),
        name: "changed by hand".to_owned(),
        subscriptions: vec!["message_created".to_owned()],
    };
    client.update_webhook(webhook.id, &settings).await.unwrap();
    assert_eq!(operator.succeeds(&by_number).await["change"], "updated");
    assert_eq!(ours().await.subscriptions.len(), chatwoot::client::SUBSCRIPTIONS.len());

    let old = secrets().await;
    operator.chatwoot.sim.set_webhook_secret(7, webhook.id, Some("another-secret")).unwrap();
    assert_eq!(operator.succeeds(&by_number).await["newSecret"], true);
    let both = secrets().await;
    assert_eq!(both.len(), 2);
    assert_eq!(both[1], old[0], "the old secret stays valid, after the new one");

    operator.chatwoot.sim.set_webhook_secret(7, webhook.id, None).unwrap();
    operator.fails(&by_number, "older than 4.11.2").await;
    operator.fails(&[&register[..], &["99"]].concat(), "no account 99").await;
    let dead = format!("{PUBLIC_URL}/api/v1");
    let twice = ["webhook", "register", "--account", "7", "--public-url", &dead];
    let dead = operator.axis(&twice).await;
    assert_eq!(dead.code, Some(2), "{dead:?}");
    assert!(dead.complaint.contains("would post to"), "{dead:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_moved_aside_still_brings_events() {
    let operator = Operator::new().await;
    let receiver = operator.receives().await;
    operator.registered("acme", &receiver).await;
    let rest = RestFaults {
        scope: Scope::WebhookCreate,
        unavailable: Rule::ALWAYS,
        ..RestFaults::default()
    };
    let sim = &operator.chatwoot.sim;
    sim.set_faults(Faults { rest, ..Faults::default() }).unwrap();
    let rotate = ["accounts", "rotate", "--account", "7", "--webhook-secret", "--public-url"];
    operator.fails(&[&rotate[..], &[&*receiver]].concat(), "503").await;
    eventually("the receiver knows the account", || async {
        sim.start_conversation(7, "Hello").unwrap();
        sim.settled().await;
        let last = sim.deliveries().pop().map(|delivery| delivery.outcome);
        last == Some(Outcome::Answered { status: 200 })
    })
    .await;
    let check = ["webhook", "check", "--account", "7", "--public-url", &receiver];
    let checked = operator.axis(&check).await;
    assert_eq!(checked.code, Some(1));
    assert!(checked.value[0]["webhook"]["url"].as_str().unwrap().contains("?replaced="));
    mend(&operator, &checked.value[0]["wrong"][0]["mend"], "").await;
    assert_eq!(operator.succeeds(&check).await[0]["webhook"]["duplicates"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_webhooks_is_told_with_the_command_that_mends_it() {
    let operator = Operator::new().await;
    let check = ["webhook", "check", "--public-url", PUBLIC_URL];
    assert_eq!(operator.succeeds(&check).await, json!([]));
    operator.registered("acme", PUBLIC_URL).await;
    let (url, admin) = (operator.chatwoot.url(), admin_token(7));
    let options = chatwoot::client::Options::default();
    let client = chatwoot::Client::new(&url, 7, &admin.clone().into(), &options).unwrap();
    let webhook = async || client.list_webhooks().await.unwrap().pop().unwrap();
    let change = async |change: fn(&mut WebhookSettings)| {
        let webhook = webhook().await;
        let mut settings = WebhookSettings {
            url: webhook.url,
            name: "changed by hand".to_owned(),
            subscriptions: webhook.subscriptions,
        };
        change(&mut settings);
        client.update_webhook(webhook.id, &settings).await.unwrap();
    };
    for what in
        ["does not subscribe", "posts to https://else", "secret", "no webhook", "does not open"]
    {
        let well = operator.succeeds(&check).await;
        assert_eq!((&well[0]["good"], &well[0]["wrong"]), (&json!(true), &json!([])), "{what}");
        match what {
            "does not subscribe" => change(|settings| settings.subscriptions.truncate(3)).await,
            "posts to https://else" => {
                change(|settings| settings.url = "https://else.example.com/".to_owned()).await;
            }
            "secret" => {
                let id = webhook().await.id;
                operator.chatwoot.sim.set_webhook_secret(7, id, Some("another")).unwrap();
            }
            "no webhook" => client.delete_webhook(webhook().await.id).await.unwrap(),
            _ => operator.statement("update chatwoot_accounts set sealed_api_token = 'x'").await,
        }
        let checked = operator.axis(&check).await;
        assert_eq!(checked.code, Some(1), "{what}");
        let wrong = &checked.value[0]["wrong"];
        assert_eq!(wrong.as_array().unwrap().len(), 1, "{wrong}");
        assert!(wrong[0]["what"].as_str().unwrap().contains(what), "{wrong}");
        mend(&operator, &wrong[0]["mend"], &admin).await;
    }
    let twice = WebhookSettings {
        url: webhook().await.url.replace("https://axis", "https://other"),
        name: "of before".to_owned(),
        subscriptions: vec!["message_created".to_owned()],
    };
    client.create_webhook(&twice).await.unwrap();
    let told = operator.succeeds(&check).await;
    assert_eq!(told[0]["webhook"]["duplicates"], json!([twice.url]), "it does no harm");
    assert_eq!(told[0]["wrong"].as_array().unwrap().len(), 1);
}

/// Whoever waits for one that hangs hears of the others meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_asked_about_at_the_same_time() {
    let operator = Operator::new().await;
    operator.registered("acme", PUBLIC_URL).await;
    let sim = &operator.chatwoot.sim;
    let other = sim.create_account(None, "Other").unwrap();
    let (url, number) = (operator.chatwoot.url(), other.to_string());
    operator.succeeds(&add(&url, "acme", &number, &admin_token(other))).await;
    // It answers nobody before both have asked.
    let both = Arc::new(Barrier::new(2));
    let asked = move || {
        let both = Arc::clone(&both);
        async move {
            both.wait().await;
            StatusCode::UNAUTHORIZED
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let moved = format!(
        "update chatwoot_accounts set base_url = 'http://{}'",
        listener.local_addr().unwrap()
    );
    let routes = axum::Router::new().fallback(asked);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    operator.statement(moved.leak()).await;
    let checked = operator.axis(&["webhook", "check"]).await;
    for found in checked.value.as_array().unwrap() {
        let what = found["wrong"][0]["what"].as_str().unwrap();
        assert!(what.contains("does not accept the access token"), "{what}");
    }
}

/// Something else may answer at the address for a while.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_does_not_advise_what_cannot_be_undone() {
    let operator = Operator::new().await;
    operator.registered("acme", PUBLIC_URL).await;
    let moved = "update chatwoot_accounts set base_url = base_url || '/elsewhere'";
    operator.statement(moved).await;
    let checked = operator.axis(&["webhook", "check"]).await;
    assert_eq!(checked.code, Some(1), "{checked:?}");
    let mend = checked.value[0]["wrong"][0]["mend"].as_str().unwrap();
    assert!(mend.starts_with("axis webhook check --account"), "{mend}");
    assert!(mend.contains("/elsewhere") && !mend.contains("--yes"), "{mend}");
}

/// Runs what a check says that mends what is wrong, with a token in the environment if it asks for one.
async fn mend(operator: &Operator, command: &Value, token: &str) {
    let command = command.as_str().unwrap();
    let (command, about) = command.split_once('#').unwrap_or((command, ""));
    assert!(!command.contains("token"), "others of the machine would see it: {command}");
    let arguments: Vec<_> = command.split_whitespace().skip(1).collect();
    let token = about.contains("CHATWOOT_API_TOKEN").then_some(("CHATWOOT_API_TOKEN", token));
    let answered = operator.axis_with(&arguments, token.as_slice()).await;
    assert_eq!(answered.code, Some(0), "{command}: {answered:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_test_follows_every_example_into_the_database() {
    let operator = Operator::new().await;
    let receiver = operator.receives().await;
    operator.registered("acme", &receiver).await;
    let test = ["webhook", "test", "--account", "7", "--receiver-url", &receiver];
    operator.fails(&test, "pass --yes").await;
    operator.known(&receiver).await;

    let unread = operator.axis(&[&test[..], &["--yes", "--wait", "1"]].concat()).await;
    assert_eq!(unread.code, Some(1));
    let outcomes = |value: &Value| {
        let all = value.as_array().unwrap().iter();
        all.map(|one| one["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&unread.value), ["not seen"; 10], "nobody syncs yet");
    operator.syncs().await;
    let read = operator.succeeds(&[&test[..], &["--yes", "--wait", "120"]].concat()).await;
    assert_eq!(outcomes(&read), ["applied"; 10]);
    let nobody = ["webhook", "test", "--account", "7", "--receiver-url", "http://127.0.0.1:1"];
    let nobody = operator.axis(&[&nobody[..], &["--yes"]].concat()).await;
    assert_eq!((nobody.code, outcomes(&nobody.value)), (Some(1), vec!["not received".into(); 10]));
    let answer = nobody.value[0]["answer"].as_str().unwrap();
    assert!(answer.starts_with("http://127.0.0.1:1: "), "{answer}");
}

/// Something else may listen there by now.
#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_test_goes_nowhere_that_axis_up_has_listened_and_does_no_longer() {
    let operator = Operator::new().await;
    operator.registered("acme", PUBLIC_URL).await;
    let data = folder("ended");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("address"), "http://127.0.0.1:1").unwrap();
    let here = [("AXIS_DATA_DIR", data.to_str().unwrap())];
    let test = ["webhook", "test", "--account", "7", "--yes", "--wait", "1"];
    let tested = operator.axis_with(&test, &here).await;
    // On the usual port somebody else may answer.
    let answer = tested.value[0]["answer"].as_str().unwrap();
    assert!(!answer.contains("127.0.0.1:1:"), "{answer}");
}
