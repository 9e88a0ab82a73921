//! `axis doctor`.

use chrono::{DateTime, TimeDelta, Utc};
use domain::EventId;
use events::{Inbound, TraceParent};
use serde_json::{Value, json};
use store::accounts::Account;
use testkit::{World, eventually, stick, takes};

use crate::operator::{ANOTHER_KEY, Operator, PUBLIC_URL};
use crate::program::Answered;

/// What is wrong: where, and what to do about it.
fn wrong(answered: &Answered) -> Vec<(&str, &str)> {
    assert_eq!(answered.code, Some(1), "{answered:?}");
    let all = answered.value.as_array().unwrap().iter();
    let wrong = all.filter(|one| one["state"] == "wrong");
    wrong.map(|one| (one["check"].as_str().unwrap(), one["mend"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_is_told_at_once_with_what_to_do() {
    let operator = Operator::new().await;
    let receiver = operator.receives().await;
    operator.registered("acme", &receiver).await;
    operator.syncs().await;
    let doctor = ["doctor", "--public-url", &receiver];
    let no_sender = ("workers", "start an outbound-worker");
    assert_eq!(wrong(&operator.axis(&doctor).await), [no_sender]);

    // Each of these by itself, and what does not depend on it is looked at all the same.
    let elsewhere = operator.axis(&["doctor", "--public-url", PUBLIC_URL]).await;
    let [first, (check, mend)] = wrong(&elsewhere)[..] else { panic!("{elsewhere:?}") };
    assert_eq!((first, check), (no_sender, "webhooks"));
    assert!(mend.starts_with("axis webhook register"), "{mend}");

    let key = [("AXIS_SECRET_KEY", ANOTHER_KEY)];
    let locked = operator.axis_with(&doctor, &key).await;
    assert_eq!(
        wrong(&locked),
        [no_sender, ("key", "set AXIS_SECRET_KEY to what the programs use")]
    );

    operator
        .statement(
            "insert into account_links (account_id, member_id, tenant_id, chatwoot_user_id, sealed_token)
             select id, 'ada', tenant_id, 7, 'sealed' from chatwoot_accounts",
        )
        .await;
    let own = operator.axis(&doctor).await;
    let [first, (check, mend)] = wrong(&own)[..] else { panic!("{own:?}") };
    assert_eq!((first, check), (no_sender, "key"));
    assert!(mend.contains("link theirs again"), "{mend}");
    operator.statement("delete from account_links").await;

    let nowhere = [("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")];
    let away = operator.axis_with(&doctor, &nowhere).await;
    let server = "check the server that DATABASE_URL points to";
    assert_eq!(wrong(&away), [("database", server), no_sender]);

    operator.statement("update chatwoot_accounts set allow_unsigned = true").await;
    let untold = operator.axis(&doctor).await;
    assert_eq!(wrong(&untold), [no_sender, ("receivers", "axis accounts publish")]);
    operator.succeeds(&["accounts", "publish"]).await;

    let long_ago = "update chatwoot_accounts set updated_at = now() - interval '1 hour'";
    operator.statement(long_ago).await;
    let never = operator.axis(&doctor).await;
    let worker = "start a sync-worker that has AXIS_SECRET_KEY";
    assert_eq!(wrong(&never), [no_sender, ("comparison", worker)]);

    operator
        .statement(
            "insert into reconciliations (account_id, tenant_id, swept_to, sweep_due_at, failures,
               last_error)
             select id, tenant_id, now() - interval '1 hour', now() - interval '1 hour', 3,
               'no answer'
             from chatwoot_accounts",
        )
        .await;
    let behind = operator.axis(&doctor).await;
    assert_eq!(wrong(&behind), [no_sender, ("comparison", "axis reconcile status")]);
    operator.statement("delete from _sqlx_migrations where version = 1").await;
    let old = operator.axis(&doctor).await;
    assert_eq!(wrong(&old), [("schema", "axis migrate"), no_sender]);
}

/// The customer of an account wrote, and its Chatwoot told of it.
async fn wrote(operator: &Operator, account: &Account, at: DateTime<Utc>, told: DateTime<Utc>) {
    let (event, body) =
        chatwoot::examples().iter().find(|(event, _)| *event == "message_created").unwrap();
    let mut body: Value = serde_json::from_str(body).unwrap();
    body["created_at"] = json!(at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string());
    let body = body.to_string().into_bytes();
    let inbound = Inbound {
        id: EventId::of(account.id, &body, &[]),
        account: account.id,
        tenant: account.tenant.clone(),
        event: (*event).to_owned(),
        received_at: told,
        delivery: None,
        origin: "webhook".to_owned(),
        trace: TraceParent::generate(),
    };
    operator.world.bus.publisher().publish(inbound.envelope(body)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_how_late_chatwoot_tells_of_what_happens() {
    let operator = Operator::new().await;
    let receiver = operator.receives().await;
    operator.registered("acme", &receiver).await;
    let accounts = store::accounts::all(&operator.world.store).await.unwrap();
    let [account] = &accounts[..] else { panic!("{}", accounts.len()) };
    let lateness = async || {
        let mut found = operator.axis(&["doctor"]).await.value;
        let mut found = found.as_array_mut().unwrap().drain(..);
        let found = found.find(|one| one["check"] == "lateness").unwrap();
        let text = |field: &str| found[field].as_str().unwrap_or_default().to_owned();
        (text("state"), text("what"), text("mend"))
    };
    assert_eq!(lateness().await.0, "notice", "nothing ever came");

    let now = Utc::now();
    let (long_ago, longer_ago) = (now - TimeDelta::hours(2), now - TimeDelta::hours(3));
    wrote(&operator, account, longer_ago, long_ago).await;
    assert_eq!(lateness().await.0, "notice", "that says nothing of now");
    operator
        .axis(&[
            "webhook",
            "test",
            "--account",
            "7",
            "--receiver-url",
            &receiver,
            "--yes",
            "--wait",
            "1",
        ])
        .await;
    assert_eq!(
        lateness().await.0,
        "notice",
        "no customer wrote its message, which has an old date"
    );

    wrote(&operator, account, now - TimeDelta::minutes(10), now).await;
    let (state, what, mend) = lateness().await;
    assert_eq!(state, "wrong");
    assert!(what.ends_with("the newest message came 600 s after it was written"), "{what}");
    assert!(mend.contains("Sidekiq"), "{mend}");

    wrote(&operator, account, now - TimeDelta::seconds(2), now).await;
    let (state, what, _) = lateness().await;
    assert_eq!(state, "good", "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_take_nothing_since_their_disk_was_full_are_told_and_workers_are_not_blamed() {
    let operator = Operator::new().await;
    let receiver = operator.receives().await;
    operator.registered("acme", &receiver).await;
    let World { nats, bus, .. } = &operator.world;
    // Nobody reads it, and doctor says so.
    assert!(takes(bus, "inbound.a.test", 0).await);
    let wrong_before = operator.axis(&["doctor"]).await;
    let sync = ("workers", "start a sync-worker");
    assert!(wrong(&wrong_before).contains(&sync), "{wrong_before:?}");

    stick(nats, bus, &["inbound.a.test", "activity.acme.test"]).await;
    let doctor = operator.axis(&["doctor"]).await;
    let restart = (
        "streams",
        "make room on the disk of NATS, then restart NATS (`axis up` restarts its own)",
    );
    let found = wrong(&doctor);
    let of_nats: Vec<_> =
        found.iter().filter(|(check, _)| ["streams", "workers"].contains(check)).collect();
    assert_eq!(of_nats, [&restart; 2], "{doctor:?}");
    for stream in ["INBOUND", "ACTIVITY"] {
        let told = format!("{stream} takes and delivers nothing, although NATS answers: write ");
        assert!(doctor.value.to_string().contains(&told), "{doctor:?}");
    }

    nats.restart().await.unwrap();
    eventually("it is found well again", || async {
        let found = operator.axis(&["doctor"]).await;
        found.code == Some(1) && wrong(&found).contains(&sync) && !wrong(&found).contains(&restart)
    })
    .await;
}
