//! Lists and searches through the API, with few and with many messages in the database.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::Value;
use testkit::Program;
use testkit::sqlx::{self, PgConnection};

use crate::arguments::{Part, Scale};
use crate::database::execute;
use crate::events::Events;
use crate::http::Connection;
use crate::latency::{Latency, median};
use crate::report::{Budget, Row, Unit};
use crate::stage::{Stage, TENANT, address};
use crate::{fill, sync};

/// Messages in the smaller database.
const FEW: usize = 10_000;
const REPETITIONS: usize = 100;
/// The first ones do not count: nothing is prepared or in memory for them.
const UNMEASURED: usize = 5;
/// Events that are applied to each database, to see whether that takes longer in the larger one.
const EVENTS: usize = 6_000;
const ROUNDS: usize = 3;
const BASE: &str = "/api/v1";
/// The names of the queries.
const NAMES: [&str; 19] = [
    "list: newest",
    "list: of a status",
    "list: nobody's, of a status",
    "list: of an assignee",
    "list: of a team",
    "list: of a label",
    "list: longest waiting",
    "list: most urgent",
    "list: after a cursor",
    "list: of those who do not wait, after a cursor",
    "list: of no priority, after a cursor",
    "search: a rare word",
    "search: two words",
    "search: a common word",
    "search: a part of a name",
    "search: two letters of a name",
    "search: a number",
    "messages of a conversation",
    "timeline",
];

pub async fn measure(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let many = scale.messages();
    let mut few = Size::fill(FEW).await.context("with few messages")?;
    let mut large = Size::fill(many).await.context("with many messages")?;
    let against = format!("with {FEW} messages");
    let row = |name: &str, unit, value| {
        Row::new(Part::Queries, format!("{name}, {many} messages"), unit, value)
    };
    let mut rows = Vec::new();
    let before = large.scans().await?;
    for (name, path) in NAMES.iter().zip(large.queries().await?.iter().zip(few.queries().await?)) {
        let (mut ours, mut theirs) = (Latency::new(), Latency::new());
        for number in 0..scale.of(REPETITIONS) + UNMEASURED {
            // In turn, so that both have the same share of a busy machine.
            let few = few.ask(&path.1).await.context(*name)?;
            let large = large.ask(path.0).await.context(*name)?;
            if number >= UNMEASURED {
                theirs.record(few);
                ours.record(large);
            }
        }
        rows.push(
            row(name, Unit::Millis, ours.quantile(0.5))
                .against(&against, theirs.quantile(0.5))
                .within(Budget::RatioAtMost(2.0)),
        );
    }
    let scanned =
        large.scans().await?.into_iter().zip(before).map(|((table, after), (_, before))| {
            row(&format!("{table} read from end to end"), Unit::Count, after - before)
                .within(Budget::AtMost(0.0))
        });
    rows.extend(scanned);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..scale.rounds(ROUNDS) {
        theirs.push(few.apply(scale.of(EVENTS)).await?);
        ours.push(large.apply(scale.of(EVENTS)).await?);
    }
    rows.push(
        row("events applied a second", Unit::PerSecond, median(ours))
            .against(against, median(theirs))
            .within(Budget::RatioAtLeast(0.8)),
    );
    Ok(rows)
}

/// A database of some size, and the API on it.
struct Size {
    stage: Stage,
    database: PgConnection,
    events: Events,
    connection: Connection,
    api: Program,
}

impl Size {
    async fn fill(messages: usize) -> anyhow::Result<Self> {
        let stage = Stage::hasty().await?;
        let account = stage.account(TENANT, 1).await?;
        let other = stage.account("other", 2).await?;
        let mut database = stage.superuser().await?;
        fill::fill(&mut database, &account, messages).await?;
        fill::fill(&mut database, &other, messages / 10).await?;
        fill::settle(&mut database).await?;
        let api = stage.program("api").await;
        let connection = Connection::open(address(&api)?).await?;
        let mut events = Events::of(&account, 2_000).beyond(messages);
        // The first statements on new rows are slower in either database.
        sync::apply(&stage, &mut database, &mut events, 400).await?;
        Ok(Self { stage, database, events, connection, api })
    }

    async fn ask(&mut self, path: &str) -> anyhow::Result<Duration> {
        let began = Instant::now();
        self.connection.get(path).await?;
        Ok(began.elapsed())
    }

    async fn apply(&mut self, count: usize) -> anyhow::Result<f64> {
        let (rate, _) =
            sync::apply(&self.stage, &mut self.database, &mut self.events, count).await?;
        Ok(rate)
    }

    /// Returns how often each large table was read from end to end so far, as far as backends have
    /// reported it.
    async fn scans(&mut self) -> anyhow::Result<Vec<(String, f64)>> {
        // Idle backends report within this time.
        tokio::time::sleep(Duration::from_secs(11)).await;
        execute(&mut self.database, "select pg_stat_clear_snapshot()").await?;
        let scans: Vec<(String, i64)> = sqlx::query_as(
            "select relname::text, coalesce(seq_scan, 0) from pg_stat_user_tables
             where relname in ('contacts', 'conversations', 'messages') order by relname",
        )
        .fetch_all(&mut self.database)
        .await
        .context("reading the statistics")?;
        Ok(scans.into_iter().map(|(table, count)| (table, count as f64)).collect())
    }

    /// A path for each of [`NAMES`]. What they name exists in databases of every size.
    async fn queries(&mut self) -> anyhow::Result<Vec<String>> {
        // The smaller one was asked nothing while the larger one was filled, so it has hung up.
        self.connection = Connection::open(address(&self.api)?).await?;
        let list = self.connection.get(&conversations("limit=1")).await?;
        let list: Value = serde_json::from_slice(list)?;
        let conversation = list["data"][0]["id"].as_str().context("there is a conversation")?;
        // Also where the place says no more than nearly every other: nobody waits, nothing is urgent.
        let later = [
            self.later("sort=newest").await?,
            self.later("sort=waiting&status=resolved").await?,
            self.later("sort=priority&priority=none").await?,
        ];
        let mut paths: Vec<String> = [
            "limit=25",
            "status=open",
            "assigneeId=none&status=open",
            "assigneeId=3",
            "teamId=2",
            "label=rare",
            "sort=waiting",
            "sort=priority&status=open",
            &later[0],
            &later[1],
            &later[2],
            "search=needle",
            "search=needle%20w7",
            "search=w1",
            "search=xandria",
            "search=al",
            "search=%2342",
        ]
        .map(conversations)
        .into();
        paths.push(format!("{BASE}/conversations/{conversation}/messages"));
        paths.push(format!("{BASE}/activity"));
        Ok(paths)
    }

    /// Asks for a page of a list behind its first hundred.
    async fn later(&mut self, query: &str) -> anyhow::Result<String> {
        let list = self.connection.get(&conversations(&format!("{query}&limit=100"))).await?;
        let list: Value = serde_json::from_slice(list)?;
        let cursor = list["page"]["nextCursor"].as_str().context("there is a next page")?;
        Ok(format!("{query}&limit=25&cursor={cursor}"))
    }
}

fn conversations(query: &str) -> String {
    format!("{BASE}/conversations?{query}")
}
