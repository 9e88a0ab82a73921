//! `axis doctor`.

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
    let server = "look after the server that DATABASE_URL names";
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
