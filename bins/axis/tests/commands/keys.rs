//! Keys for machines, made and revoked by an operator.

use crate::program::{Answered, operating, run};
use domain::{Permissions, Role, Token, TokenKind};
use serde_json::{Value, json};
use store::api_keys::{Holder, NewApiKey, identify};
use testkit::World;

async fn answered(world: &World, arguments: &[&str]) -> Answered {
    let mut command = operating(world, arguments);
    command.args(["--output", "json"]);
    run(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_means_one_tenant_by_an_operators_word() {
    let world = World::start().await;
    let claims = |arguments: &'static [&'static str]| {
        let world = &world;
        async move { answered(world, &[&["tenants", "claims"], arguments].concat()).await }
    };
    let nobodys = claims(&["add", "acme", "acme-inc"]).await;
    assert!(nobodys.complaint.contains("no tenant acme"), "{nobodys:?}");
    world.account("acme", 7).await;
    world.account("other", 8).await;
    for never in ["", "acme-inc\n", "a\tb"] {
        let refused = answered(&world, &["tenants", "claims", "add", "acme", never]).await;
        assert!(refused.complaint.contains("let nobody in"), "{never:?}: {refused:?}");
    }
    for _ in 0..2 {
        assert_eq!(claims(&["add", "acme", "acme-inc"]).await.code, Some(0));
    }
    let taken = claims(&["add", "other", "acme-inc"]).await;
    assert!(taken.complaint.contains("means another tenant"), "{taken:?}");
    let list = claims(&["list"]).await.value;
    assert_eq!((&list[0]["tenant"], &list[0]["claim"]), (&json!("acme"), &json!("acme-inc")));
    assert_eq!(claims(&["remove", "other", "acme-inc"]).await.code, Some(1));
    assert_eq!(claims(&["remove", "acme", "acme-inc"]).await.code, Some(0));
    assert_eq!(claims(&["list"]).await.value, json!([]));
}

/// Whose a key is, as the API asks.
async fn holder(world: &World, token: &str) -> Option<Holder> {
    let token = Token::read(TokenKind::ApiKey, token).unwrap();
    identify(&mut world.store.gate().await.unwrap(), &token.digest()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_the_installation_opens_no_tenant_and_no_other_key_makes_one() {
    let world = World::start().await;
    world.account("acme", 7).await;
    let add = ["keys", "add", "--name", "provisioning", "--installation"];
    for misplaced in [&["--tenant", "acme"][..], &["--role", "admin"]] {
        assert_eq!(answered(&world, &[&add[..], misplaced].concat()).await.code, Some(2));
    }
    let inside = answered(&world, &[&add[..], &["--permission", "audit:read"]].concat()).await;
    assert!(inside.complaint.contains("opens no tenant"), "{inside:?}");
    let tenants = ["keys", "add", "--name", "a", "--tenant", "acme", "--permission"];
    let above = answered(&world, &[&tenants[..], &["tenants:read"]].concat()).await;
    assert!(above.complaint.contains("--installation"), "{above:?}");
    assert_eq!(answered(&world, &["keys", "list"]).await.value, json!([]));

    let made = answered(&world, &add).await.value;
    let all = Permissions::of_installation();
    assert_eq!((&made["tenant"], &made["permissions"]), (&json!(null), &json!(all.names())));
    let reads = [&add[..], &["--permission", "tenants:read"]].concat();
    let reads = answered(&world, &reads).await.value;
    assert_eq!(reads["permissions"], json!(["tenants:read"]));
    let token = Token::read(TokenKind::InstallationKey, made["token"].as_str().unwrap()).unwrap();
    let digest = token.digest();
    let held = async || identify(&mut world.store.gate().await.unwrap(), &digest).await.unwrap();
    assert_eq!(held().await.map(|held| held.tenant), Some(None));

    let of = async |whose: &[&str]| {
        let listed = answered(&world, &[&["keys", "list"], whose].concat()).await.value;
        listed.as_array().unwrap().len()
    };
    assert_eq!((of(&["--installation"]).await, of(&["--tenant", "acme"]).await), (2, 0));
    let revoked = answered(&world, &["keys", "revoke", made["id"].as_str().unwrap()]).await;
    assert_eq!((revoked.code, held().await), (Some(0), None));
    let audit = answered(&world, &["audit"]).await.value;
    assert_eq!(audit["audit"][0]["action"], "api-keys revoke");
    assert_eq!(audit["audit"][0]["tenant"], json!(null), "no tenant reads of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_shown_once_listed_without_its_secret_and_revoked() {
    let world = World::start().await;
    let add = ["keys", "add", "--tenant", "acme", "--name", "export", "--role"];
    let nobodys = answered(&world, &[&add[..], &["viewer"]].concat()).await;
    assert!(nobodys.complaint.contains("axis tenants add acme"), "{nobodys:?}");
    world.account("acme", 7).await;
    let unknown = answered(&world, &[&add[..], &["boss"]].concat()).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");

    let more = ["viewer", "--permission", "conversations:reply", "--days", "90"];
    let made = answered(&world, &[&add[..], &more].concat()).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let token = made.value["token"].as_str().unwrap();
    let reply: Permissions = [domain::Permission::Reply].into_iter().collect();
    let held = holder(&world, token).await.unwrap();
    assert_eq!(held.permissions, Role::Viewer.permissions().union(reply));
    assert!(held.expires_at.is_some());

    let list = answered(&world, &["keys", "list", "--tenant", "acme"]).await.value;
    let id = list[0]["id"].as_str().unwrap();
    assert_eq!(
        (&list[0]["name"], &list[0]["createdBy"]),
        (&json!("export"), &json!("operator operator-7"))
    );
    for revoked in [true, false] {
        let answer = answered(&world, &["keys", "revoke", id]).await;
        assert_eq!((answer.code, &answer.value["revoked"]), (Some(0), &json!(revoked)));
        assert_eq!(holder(&world, token).await, None);
    }
    for command in [&["keys", "list"][..], &["audit"]] {
        let nobodys = answered(&world, &[command, &["--tenant", "acne"]].concat()).await;
        assert!(nobodys.complaint.contains("no tenant acne"), "{nobodys:?}");
    }
    let audit = answered(&world, &["audit", "--tenant", "acme"]).await;
    let actions = audit.value["audit"].as_array().unwrap().iter().map(|row| row["action"].clone());
    assert_eq!(actions.collect::<Vec<_>>(), ["api-keys revoke", "api-keys create"]);
    for told in [&list, &audit.value, &json!(audit.complaint), &json!(made.complaint)] {
        assert!(!told.to_string().contains(&token[9..]), "a secret is shown once: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_revokes_a_key_is_told_what_it_created_and_may_revoke_that_too() {
    let world = World::start().await;
    world.account("acme", 7).await;
    let add = ["keys", "add", "--tenant", "acme", "--name", "a", "--role", "admin"];
    let maker = answered(&world, &add).await.value;
    let maker = maker["id"].as_str().unwrap();
    let token = Token::generate(TokenKind::ApiKey);
    let new = NewApiKey {
        tenant: Some(&"acme".parse().unwrap()),
        name: "b",
        digest: token.digest(),
        permissions: Role::Viewer.permissions(),
        created_by: &format!("api_key {maker}"),
        expires_at: None,
    };
    let mut transaction = world.store.worker().await.unwrap();
    let created = store::api_keys::create(&mut transaction, &new).await.unwrap().unwrap();
    store::commit(transaction).await.unwrap();
    let created = json!(created.id);

    let revoke = ["keys", "revoke", maker];
    let alone = answered(&world, &revoke).await.value;
    let ids = |keys: &Value| -> Vec<Value> {
        keys.as_array().unwrap().iter().map(|key| key["id"].clone()).collect()
    };
    assert_eq!((&alone["revoked"], ids(&alone["also"])), (&json!(true), vec![]));
    assert_eq!(ids(&alone["left"]), std::slice::from_ref(&created));
    assert!(holder(&world, token.expose()).await.is_some());

    let with = answered(&world, &[&revoke[..], &["--with-created"]].concat()).await.value;
    assert_eq!((&with["revoked"], ids(&with["left"])), (&json!(false), vec![]));
    assert_eq!(ids(&with["also"]), [created]);
    assert!(holder(&world, token.expose()).await.is_none());
    let audit = answered(&world, &["audit", "--tenant", "acme"]).await.value;
    let actions = audit["audit"].as_array().unwrap().iter().map(|row| &row["action"]);
    assert_eq!(actions.filter(|action| *action == "api-keys revoke").count(), 2);
}
