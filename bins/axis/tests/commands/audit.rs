//! Who did what stays readable, by those whom it concerns, and for good.

use crate::program::{Answered, operating, run};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use store::audit::{self, Entry, Filter};
use testkit::World;
use testkit::sqlx::{self, Connection as _};

async fn answered(world: &World, arguments: &[&str]) -> Answered {
    let mut command = operating(world, arguments);
    command.args(["--output", "json"]);
    let answered = run(command).await;
    assert_eq!(answered.code, Some(0), "{arguments:?}: {answered:?}");
    answered
}

async fn succeeds(world: &World, arguments: &[&str]) -> Value {
    answered(world, arguments).await.value
}

/// What is told of each row, newest first.
async fn audited(world: &World, arguments: &[&str]) -> Vec<(Value, Value, Value)> {
    let listed = succeeds(world, &[&["audit"], arguments].concat()).await;
    let rows = listed["audit"].as_array().unwrap();
    for row in rows {
        assert_eq!((&row["actor"], &row["source"]), (&json!("operator-7"), &json!("axis")));
    }
    rows.iter()
        .map(|row| (row["action"].clone(), row["target"].clone(), row["count"].clone()))
        .collect()
}

fn told(action: &str, target: &str, count: Option<u64>) -> (Value, Value, Value) {
    (json!(action), json!(target), json!(count))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_do_is_written_down_before_and_after() {
    let world = World::start().await;
    let account = world.account("acme", 7).await;
    let key = account.key.to_string();
    succeeds(&world, &["tenants", "add", "other"]).await;
    succeeds(&world, &["dead-letters", "redrive", "--all", "--dry-run"]).await;
    let redriven = answered(&world, &["dead-letters", "redrive", "--all"]).await;
    for told in ["axis::audit", "operator-7", "dead-letters redrive", "count=0"] {
        assert!(redriven.complaint.contains(told), "the log tells it too: {redriven:?}");
    }
    succeeds(&world, &["dead-letters", "drop", "--reason", "late", "--yes"]).await;
    let from = "2026-01-01T00:00:00+00:00";
    succeeds(&world, &["replay", "--from", from, "--account", &key, "--dry-run"]).await;
    succeeds(&world, &["replay", "--from", from, "--account", &key]).await;

    let replayed = format!("from {from}, account {key}");
    let expected = [
        told("replay", &replayed, Some(0)),
        told("replay", &replayed, None),
        told("dead-letters drop", "reason late", Some(0)),
        told("dead-letters drop", "reason late", None),
        told("dead-letters redrive", "all", Some(0)),
        told("dead-letters redrive", "all", None),
        told("tenants add", "tenant other", None),
    ];
    assert_eq!(audited(&world, &[]).await, expected);
    assert_eq!(audited(&world, &["--action", "replay"]).await, expected[..2]);
    assert_eq!(audited(&world, &["--tenant", "acme"]).await, expected[..2]);
    assert_eq!(audited(&world, &["--actor", "somebody"]).await, []);
    let begun = &succeeds(&world, &["audit", "--limit", "2"]).await["audit"][1]["details"];
    let ends_by = begun["endsBy"].as_str().and_then(|time| time.parse::<DateTime<Utc>>().ok());
    assert!(ends_by.is_some_and(|at| at > Utc::now()), "else it runs for ever, if killed: {begun}");
    let newest = succeeds(&world, &["audit", "--limit", "1"]).await;
    assert_eq!(newest["more"], true);
    assert_eq!(newest["audit"][0]["details"]["ended"], "done");

    let tenant = "acme".parse().unwrap();
    let mut transaction = world.store.tenant(&tenant).await.unwrap();
    let own = audit::list(&mut transaction, &Filter::default(), None, 10).await.unwrap();
    assert_eq!(own.entries.len(), 2, "a tenant sees its own and no other's: {own:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_adds_rows_of_its_own_only() {
    let world = World::start().await;
    let acme = "acme".parse().unwrap();
    let entry = |tenant: Option<&str>| Entry {
        actor: "agent 3".to_owned(),
        source: "api",
        action: "approvals decide".to_owned(),
        target: "approval 1".to_owned(),
        tenant: tenant.map(|tenant| tenant.parse().unwrap()),
        account: None,
        count: None,
        details: json!({ "after": "approved" }),
    };
    for (tenant, taken) in [(Some("acme"), true), (Some("other"), false), (None, false)] {
        let mut transaction = world.store.tenant(&acme).await.unwrap();
        let recorded = audit::record(&mut transaction, &entry(tenant)).await;
        assert_eq!(recorded.is_ok(), taken, "{tenant:?}: {recorded:?}");
        store::commit(transaction).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_or_removes_a_row() {
    let world = World::start().await;
    succeeds(&world, &["tenants", "add", "acme"]).await;
    let url = world.store_config.database_url.expose_secret();
    let mut owner = sqlx::PgConnection::connect(url).await.unwrap();
    for change in ["update audit set actor = 'x'", "delete from audit", "truncate audit cascade"] {
        for role in ["axis_api", "axis_worker", "none"] {
            let statement = format!("set role {role}; {change}");
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut owner).await;
            let refused = done.unwrap_err().to_string();
            let why = if role == "none" { "append-only" } else { "permission denied" };
            assert!(refused.contains(why), "{role}, {change}: {refused}");
        }
    }
    assert_eq!(audited(&world, &[]).await.len(), 1);
}
