//! `axis retention`.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::sqlx::{self, Connection as _};

use crate::operator::Operator;

const YES: [&str; 4] = ["retention", "--keep-months", "12", "--yes"];

/// What is older than 1901, a month of then and one of 2020 in the timeline, each with a line but for the
/// month of 1901, and a month of 2020 of what came in.
async fn with_old_months() -> Operator {
    let operator = Operator::new().await;
    for statement in [
        "drop table activities_before",
        "create table activities_before partition of activities
         for values from (minvalue) to ('1901-05-01 00:00:00+00')",
        "create table activities_1901_05 partition of activities
         for values from ('1901-05-01 00:00:00+00') to ('1901-06-01 00:00:00+00')",
        "create table activities_2020_02 partition of activities
         for values from ('2020-02-01 00:00:00+00') to ('2020-03-01 00:00:00+00')",
        "create table webhook_events_2020_02 partition of webhook_events
         for values from ('2020-02-01 00:00:00+00') to ('2020-03-01 00:00:00+00')",
        "insert into activities (id, tenant_id, occurred_at, kind, source)
         select gen_random_uuid(), 'acme', at, 'message_created', 'chatwoot'
         from unnest(array['2020-02-29 12:00+00', now()]) as at",
    ] {
        operator.statement(statement).await;
    }
    brings(&operator, "1850-01-01").await;
    operator
}

/// A backfill brings a line of the timeline.
async fn brings(operator: &Operator, at: &str) {
    let url = operator.world.store_config.database_url.expose_secret();
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let line = "insert into activities (id, tenant_id, occurred_at, kind, source)
                values (gen_random_uuid(), 'acme', $1::text::timestamptz, 'message_created',
                  'chatwoot')";
    sqlx::query(line).bind(at).execute(&mut connection).await.unwrap();
}

fn names(answer: &Value) -> Vec<&str> {
    answer["parts"].as_array().unwrap().iter().map(|part| part["name"].as_str().unwrap()).collect()
}

async fn rows(operator: &Operator) -> i64 {
    let url = operator.world.store_config.database_url.expose_secret();
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let rows = sqlx::query_scalar("select count(*) from activities");
    rows.fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn months_that_are_too_old_go_and_are_written_down_and_others_stay() {
    let operator = with_old_months().await;
    operator.fails(&YES[..3], "cannot be undone").await;

    let looked = operator.succeeds(&["retention", "--keep-months", "1", "--dry-run"]).await;
    let [before, old, later] = ["activities_before", "activities_1901_05", "activities_2020_02"];
    let came_in = "webhook_events_2020_02";
    assert_eq!(names(&looked), [before, old, later, came_in]);
    assert_eq!(rows(&operator).await, 3);
    let removed = operator.succeeds(&["retention", "--keep-months", "1200", "--yes"]).await;
    assert_eq!((names(&removed), &removed["removed"]), (vec![before, old], &json!(2)));
    assert_eq!(rows(&operator).await, 2);

    // A backfill may bring in more of that time.
    brings(&operator, "1850-01-01").await;
    let removed = operator.succeeds(&[&YES[..], &["--table", "activities"]].concat()).await;
    assert_eq!((names(&removed), &removed["error"]), (vec![before, later], &Value::Null));
    assert_eq!(rows(&operator).await, 1);
    assert_eq!(names(&operator.succeeds(&YES).await), [came_in]);
    assert_eq!(names(&operator.succeeds(&YES).await), Vec::<&str>::new());

    let audit = operator.succeeds(&["audit", "--action", "retention"]).await;
    let told: Vec<_> =
        audit["audit"].as_array().unwrap().iter().map(|row| &row["target"]).collect();
    assert_eq!(told, [came_in, later, before, old, before]);
    assert_eq!(audit["audit"][1]["details"]["until"], "2020-03-01T00:00:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_backfill_brings_of_a_month_that_is_gone_goes_the_next_time() {
    let operator = with_old_months().await;
    operator.succeeds(&YES).await;
    assert_eq!(rows(&operator).await, 1);

    for at in ["1850-01-01", "1901-05-20", "1950-06-01", "2020-02-10"] {
        brings(&operator, at).await;
    }
    let removed = operator.succeeds(&YES).await;
    assert_eq!(names(&removed), ["activities_before"]);
    assert_eq!(removed["parts"][0]["until"], "2020-03-01T00:00:00Z");
    assert_eq!(rows(&operator).await, 1, "what happened just now");

    // While there is more beside the months than is read in a moment, it is not read through.
    for statement in [
        "create table activities_2020_03 partition of activities
         for values from ('2020-03-01 00:00:00+00') to ('2020-04-01 00:00:00+00')",
        "insert into activities (id, tenant_id, occurred_at, kind, source, data)
         select gen_random_uuid(), 'acme', '2099-01-01', 'message_created', 'chatwoot',
                jsonb_build_object('text', repeat(gen_random_uuid()::text, 45))
         from generate_series(1, 6000)",
    ] {
        operator.statement(statement).await;
    }
    assert_eq!(names(&operator.succeeds(&YES).await), ["activities_2020_03"]);
    brings(&operator, "2020-02-10").await;
    let removed = operator.succeeds(&YES).await;
    assert_eq!(removed["parts"][0]["until"], "2020-03-01T00:00:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_that_was_not_listed() {
    let operator = with_old_months().await;
    // Of a month that has no part.
    brings(&operator, "1950-06-01").await;
    operator.succeeds(&YES).await;
    assert_eq!(rows(&operator).await, 2);
    brings(&operator, "1850-01-01").await;
    let removed = operator.succeeds(&YES).await;
    assert_eq!(removed["parts"][0]["until"], "1901-06-01T00:00:00Z");
    assert_eq!(rows(&operator).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_long_for_a_month_that_somebody_reads() {
    let operator = with_old_months().await;
    let url = operator.world.store_config.database_url.expose_secret();
    let mut reader = sqlx::PgConnection::connect(url).await.unwrap();
    let mut reading = reader.begin().await.unwrap();
    sqlx::query("select from activities").execute(&mut *reading).await.unwrap();

    let release = async {
        // It waits, gives up so that others get in, and comes again.
        for wanted in [true, false, true] {
            operator.lock_is_waited_for(wanted).await;
        }
        reading.rollback().await.unwrap();
    };
    let (removed, ()) = tokio::join!(operator.succeeds(&YES), release);
    assert_eq!(removed["removed"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_own_the_tables_is_told_so() {
    let operator = with_old_months().await;
    operator
        .statement(
            "do $$ begin
               create role keeps_nothing login password 'keeps-nothing';
               grant axis_worker to keeps_nothing;
               grant select on _sqlx_migrations to keeps_nothing;
             end $$",
        )
        .await;
    let owners = operator.world.store_config.database_url.expose_secret();
    let (_, place) = owners.split_once('@').unwrap();
    let url = format!("postgres://keeps_nothing:keeps-nothing@{place}");
    let as_another = [&YES[..], &["--database-url", &url]].concat();
    operator.fails(&as_another, "only the owner of the tables").await;
}
