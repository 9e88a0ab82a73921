//! `axis tenants` and `axis accounts`.

use chatwoot_sim::{admin_token, agent_token};
use domain::SecretKey;
use secrecy::ExposeSecret as _;
use serde_json::json;
use store::links::{self, OwnToken};
use testkit::World;

use crate::operator::{ANOTHER_KEY, Operator, PUBLIC_URL, add};
use crate::program::{axis, folder, run};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_served_only_with_an_administrators_token_and_is_never_shown_with_it() {
    let operator = Operator::new().await;
    let url = operator.chatwoot.url();
    let (admin, agent) = (admin_token(7), agent_token(7, 1));
    operator.fails(&add(&url, "acme", "7", &admin), "axis tenants add acme").await;
    operator.succeeds(&["tenants", "add", "acme", "--name", "Acme Outdoor"]).await;
    operator.fails(&["tenants", "add", "acme", "--name", " "], "is not empty").await;
    let again = operator.succeeds(&["tenants", "add", "acme"]).await;
    assert_eq!(again["name"], "Acme Outdoor", "no name was given");
    operator.succeeds(&["tenants", "add", "other"]).await;
    let tenants = operator.succeeds(&["tenants", "list"]).await;
    assert_eq!(tenants[0]["id"], "acme");
    assert_eq!(tenants[0]["name"], "Acme Outdoor");

    let gone = "http://127.0.0.1:1";
    // A web server, but no Chatwoot.
    let receiver = operator.receives().await;
    for (url, number, token, because) in [
        (&*url, "7", &*agent, "administrator"),
        (&*url, "7", "no-such-token", "does not accept the access token"),
        (&*url, "8", &*admin, "not a member of account 8"),
        (gone, "7", &*admin, "no connection to Chatwoot"),
        (&*receiver, "7", &*admin, "no Chatwoot answers at"),
        ("chat.example.com", "7", &*admin, "must be a URL"),
    ] {
        operator.fails(&add(url, "acme", number, token), because).await;
    }
    assert_eq!(operator.succeeds(&["accounts", "list"]).await, json!([]));

    let added = operator.succeeds(&add(&url, "acme", "7", &admin)).await;
    for typed in [format!("{url}/"), url.replace("http://", "HTTP://") + "/api/v1"] {
        let again = operator.succeeds(&add(&typed, "acme", "7", &admin)).await;
        assert_eq!(added["key"], again["key"], "{typed}");
    }
    let unsigned = async |argument: &str| {
        operator.succeeds(&[&add(&url, "acme", "7", &admin)[..], &[argument]].concat()).await;
        operator.succeeds(&add(&url, "acme", "7", &admin)).await;
        operator.succeeds(&["accounts", "list"]).await[0]["allowUnsigned"].clone()
    };
    assert_eq!(unsigned("--allow-unsigned").await, true, "and it stays so");
    assert_eq!(unsigned("--allow-unsigned=false").await, false);
    operator.fails(&add(&url, "other", "7", &admin), "another tenant").await;
    let listed = operator.succeeds(&["accounts", "list"]).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert!(!listed.to_string().contains(&admin));
    assert_eq!(operator.world.bus.sources().list().await.unwrap().len(), 1);
}

/// The name that it was given, and the guard over an address that a tenant named.
#[tokio::test(flavor = "multi_thread")]
async fn who_renews_a_token_changes_nothing_else_of_the_account() {
    let operator = Operator::new().await;
    let (url, admin) = (operator.chatwoot.url(), admin_token(7));
    operator.succeeds(&["tenants", "add", "acme"]).await;
    let add = add(&url, "acme", "7", &admin);
    operator.succeeds(&add).await;
    operator.statement("update chatwoot_accounts set name = 'Ours', public_only = true").await;
    let kept = async || store::accounts::all(&operator.world.store).await.unwrap().pop().unwrap();
    operator.succeeds(&add).await;
    let renewed = kept().await;
    assert_eq!((renewed.name.as_deref(), renewed.public_only), (Some("Ours"), true));
    operator.succeeds(&[&add[..], &["--public-only=false"]].concat()).await;
    assert!(!kept().await.public_only);
    operator.fails(&[&add[..], &["--public-only"]].concat(), "public").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accounts_secrets_are_rotated_and_in_the_end_forgotten() {
    let operator = Operator::new().await;
    operator.registered("acme", PUBLIC_URL).await;
    let (admin, rotate) = (admin_token(7), ["accounts", "rotate", "--account", "7"]);
    operator.fails(&rotate, "say what to rotate").await;
    let token = [&rotate[..], &["--chatwoot-token"]].concat();
    operator.fails(&[&token[..], &["no-such-token"]].concat(), "does not accept").await;
    assert_eq!(operator.succeeds(&[&token[..], &[&*admin]].concat()).await["token"], true);
    let secret = [&rotate[..], &["--webhook-secret", "--public-url", PUBLIC_URL]].concat();
    assert_eq!(operator.succeeds(&secret).await["webhook"]["change"], "created");
    let sources = operator.world.bus.sources();
    assert_eq!(sources.list().await.unwrap()[0].sealed_secrets.len(), 2);

    let disconnect = ["accounts", "disconnect", "--account", "7"];
    operator.fails(&disconnect, "pass --yes").await;
    let ended = operator.succeeds(&[&disconnect[..], &["--yes"]].concat()).await;
    assert_eq!(ended["webhookRemoved"], true);
    assert!(sources.list().await.unwrap().is_empty());
    assert_eq!(operator.succeeds(&["accounts", "list"]).await, json!([]));
    operator.fails(&rotate, "say what to rotate").await;
    operator.fails(&secret, "no account 7").await;
}

/// Whoever has an `axis up` for development beside them administers real accounts too.
#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_data_folder_is_not_that_of_another_database() {
    let world = World::start().await;
    let data = folder("up");
    std::fs::write(data.join("secret-key"), ANOTHER_KEY).unwrap();
    let mut command = axis();
    command
        .args(["accounts", "publish"])
        .env("DATABASE_URL", world.store_config.database_url.expose_secret())
        .env("NATS_URL", world.nats.url().expose_secret())
        .env("AXIS_DATA_DIR", &data);
    let refused = run(command).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.complaint.contains("set AXIS_SECRET_KEY"), "{refused:?}");
}

/// What the programs cannot open is lost to them, and events with it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sealed_under_a_key_that_opens_nothing_unless_the_other_one_is_lost() {
    let operator = Operator::new().await;
    operator.registered("acme", PUBLIC_URL).await;
    let (url, admin, key) =
        (operator.chatwoot.url(), admin_token(7), [("AXIS_SECRET_KEY", ANOTHER_KEY)]);
    let sources = operator.world.bus.sources();
    let secrets = async || sources.list().await.unwrap()[0].sealed_secrets.clone();
    let sealed = secrets().await;
    let checked = operator.axis_with(&["webhook", "check"], &key).await;
    let mend = "set AXIS_SECRET_KEY to what the programs use";
    assert_eq!((checked.code, &checked.value[0]["wrong"][0]["mend"]), (Some(1), &json!(mend)));

    let add = add(&url, "acme", "7", &admin);
    let rotate = ["accounts", "rotate", "--account", "7", "--chatwoot-token", &admin];
    for seals in [&add[..], &rotate] {
        let refused = operator.axis_with(seals, &key).await;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.complaint.contains(mend), "{refused:?}");
    }
    assert_eq!(operator.succeeds(&["webhook", "check"]).await[0]["good"], true);

    let lost = ["--another-key"];
    let added = operator.axis_with(&[&add[..], &lost].concat(), &key).await;
    assert_eq!(added.code, Some(0), "{added:?}");
    // The token opens, and what the receivers open does not.
    let register = ["webhook", "register", "--account", "7", "--public-url", PUBLIC_URL];
    let anew =
        ["accounts", "rotate", "--account", "7", "--webhook-secret", "--public-url", PUBLIC_URL];
    for seals in [&register[..], &anew] {
        let refused = operator.axis_with(seals, &key).await;
        assert!(refused.complaint.contains(mend), "{refused:?}");
        assert_eq!(secrets().await, sealed);
    }
    let registered = operator.axis_with(&[&register[..], &lost].concat(), &key).await;
    assert_eq!((registered.code, &registered.value["forgottenSecrets"]), (Some(0), &json!(1)));
    let checked = operator.axis_with(&["webhook", "check"], &key).await;
    assert_eq!((checked.code, &checked.value[0]["good"]), (Some(0), &json!(true)));
}

/// While programs have both keys, and then the new one only.
#[tokio::test(flavor = "multi_thread")]
async fn another_key_takes_the_place_of_the_one_that_all_is_sealed_under() {
    let operator = Operator::new().await;
    operator.registered("acme", PUBLIC_URL).await;
    let old: SecretKey = operator.key.parse().unwrap();
    let token = old.seal(links::TOKEN_PURPOSE, &"own".into()).unwrap();
    let own = OwnToken { member: "ada".to_owned(), user: 7, token };
    let account = store::accounts::all(&operator.world.store).await.unwrap()[0].id;
    let mut transaction = operator.world.store.worker().await.unwrap();
    links::put(&mut transaction, account, &own, None).await.unwrap().unwrap();
    store::commit(transaction).await.unwrap();

    let both = format!("{ANOTHER_KEY},{}", operator.key);
    let reseal = async || {
        let answered =
            operator.axis_with(&["accounts", "reseal"], &[("AXIS_SECRET_KEY", &both)]).await;
        assert_eq!(answered.code, Some(0), "{answered:?}");
        answered.value
    };
    let resealed = |tokens, webhook_secrets, own_tokens| {
        json!({ "tokens": tokens, "webhookSecrets": webhook_secrets, "ownTokens": own_tokens,
                "unopened": 0 })
    };
    assert_eq!(reseal().await, resealed(1, 1, 1));
    assert_eq!(reseal().await, resealed(0, 0, 0));
    // All of it is left with a key that somebody is about to take away.
    let opens_nothing = operator.axis(&["accounts", "reseal"]).await;
    assert_eq!((opens_nothing.code, &opens_nothing.value["unopened"]), (Some(1), &json!(3)));

    let checked =
        operator.axis_with(&["webhook", "check"], &[("AXIS_SECRET_KEY", ANOTHER_KEY)]).await;
    assert_eq!((checked.code, &checked.value[0]["good"]), (Some(0), &json!(true)), "{checked:?}");
    assert_eq!(operator.axis(&["webhook", "check"]).await.code, Some(1), "the old key");
    let new: SecretKey = ANOTHER_KEY.parse().unwrap();
    for token in links::tokens(&operator.world.store).await.unwrap() {
        assert!(new.open(links::TOKEN_PURPOSE, &token).is_ok());
    }
    let audit = operator.succeeds(&["audit"]).await;
    assert_eq!(audit.to_string().matches("accounts reseal").count(), 1, "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_own_tokens_are_linked_is_listed_and_a_token_forgotten() {
    let operator = Operator::new().await;
    operator.registered("acme", PUBLIC_URL).await;
    operator
        .statement(
            "insert into account_links (account_id, member_id, tenant_id, chatwoot_user_id, sealed_token)
             select id, 'ada', tenant_id, 7, 'sealed' from chatwoot_accounts",
        )
        .await;
    let links = ["accounts", "links", "--account", "7"];
    let listed = operator.succeeds(&links).await;
    assert_eq!((&listed[0]["member"], &listed[0]["userId"]), (&json!("ada"), &json!(7)));
    assert!(!listed.to_string().contains("sealed"));
    let unlink = ["accounts", "unlink", "--account", "7", "--member", "ada"];
    assert_eq!(operator.succeeds(&unlink).await["unlinked"], true);
    assert_eq!(operator.succeeds(&links).await, json!([]));
    operator.fails(&unlink, "no token").await;
}
