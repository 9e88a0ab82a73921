//! What the database is compared with, and what fills it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Context as _;
use testkit::sqlx::{self, AssertSqlSafe, Connection as _, PgConnection};
use tokio::task::JoinSet;

/// A table, the columns that make its rows unique, and how its rows are ordered here.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    pub name: &'static str,
    pub key: &'static str,
    pub order: &'static str,
}

/// What an event is written to, in an order that the references allow.
pub const TABLES: [Table; 5] = [
    Table { name: "contacts", key: "account_id, chatwoot_id", order: "chatwoot_id" },
    Table { name: "conversations", key: "account_id, display_id", order: "display_id" },
    Table { name: "messages", key: "account_id, chatwoot_id", order: "chatwoot_id" },
    Table { name: "activities", key: "occurred_at, id", order: "occurred_at" },
    Table { name: "webhook_events", key: "received_at, event_id", order: "stream_sequence" },
];

/// What rows refer to.
pub const REFERRED: [Table; 2] = [
    Table { name: "tenants", key: "id", order: "id" },
    Table { name: "chatwoot_accounts", key: "id", order: "id" },
];

/// The rows of a table, every value as text.
pub struct Rows {
    statement: Arc<str>,
    columns: usize,
    all: Vec<Vec<Option<String>>>,
}

/// Reads all rows of a table.
pub async fn rows(connection: &mut PgConnection, table: Table) -> anyhow::Result<Rows> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select attname::text, format_type(atttypid, atttypmod) from pg_attribute
         where attrelid = $1::text::regclass and attnum > 0 and not attisdropped
           and attgenerated = '' and attidentity = '' order by attnum",
    )
    .bind(table.name)
    .fetch_all(&mut *connection)
    .await?;
    let list = |each: &dyn Fn(usize, &(String, String)) -> String| {
        let all: Vec<_> = columns.iter().enumerate().map(|(i, column)| each(i, column)).collect();
        all.join(", ")
    };
    let Table { name, key, order } = table;
    let read = format!(
        "select array[{}] from {name} order by {order}",
        list(&|_, (column, _)| format!("{column}::text"))
    );
    let statement = format!(
        "insert into {name} ({}) select {} from unnest({}) as x ({})
         on conflict ({key}) do update set {}",
        list(&|_, (column, _)| column.clone()),
        list(&|i, (_, kind)| format!("x.c{i}::{kind}")),
        list(&|i, _| format!("${}::text[]", i + 1)),
        list(&|i, _| format!("c{i}")),
        list(&|_, (column, _)| format!("{column} = excluded.{column}")),
    );
    let all = sqlx::query_scalar(AssertSqlSafe(read)).fetch_all(connection).await?;
    Ok(Rows { statement: statement.into(), columns: columns.len(), all })
}

impl Rows {
    /// Keeps only the last rows, if there are more.
    #[must_use]
    pub fn newest(mut self, count: usize) -> Self {
        self.all.drain(..self.all.len().saturating_sub(count));
        self
    }

    /// A part of the rows, of this size. The parts repeat.
    fn part(&self, number: usize, size: usize) -> impl Iterator<Item = &Vec<Option<String>>> {
        let parts = self.all.len().div_ceil(size).max(1);
        self.all.iter().skip(number % parts * size).take(size)
    }

    /// A part as the arguments of the statement: an array for each column.
    fn arguments(&self, number: usize, size: usize) -> Vec<Vec<Option<String>>> {
        (0..self.columns)
            .map(|column| self.part(number, size).map(|row| row[column].clone()).collect())
            .collect()
    }

    /// Writes all rows at once.
    pub async fn write(&self, connection: &mut PgConnection) -> anyhow::Result<()> {
        write(connection, &self.statement, self.arguments(0, self.all.len().max(1))).await
    }
}

async fn write(
    connection: &mut PgConnection,
    statement: &str,
    arguments: Vec<Vec<Option<String>>>,
) -> anyhow::Result<()> {
    let mut query = sqlx::query(AssertSqlSafe(statement.to_owned()));
    for column in arguments {
        query = query.bind(column);
    }
    query.execute(connection).await.context(statement.to_owned())?;
    Ok(())
}

type Write = (Arc<str>, Vec<Vec<Option<String>>>);

/// Upserts the rows of all tables in batches, one transaction each, on several connections: nothing
/// is read, decided or announced. Returns batches per second, until everything is in its indexes.
pub async fn upsert(
    tables: &[Rows],
    batches: usize,
    size: usize,
    connections: Vec<PgConnection>,
) -> anyhow::Result<f64> {
    let batch = |number| -> Vec<Write> {
        let writes =
            tables.iter().map(|rows| (Arc::clone(&rows.statement), rows.arguments(number, size)));
        writes.collect()
    };
    let batches: Arc<Vec<Vec<Write>>> = Arc::new((0..batches).map(batch).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut writers = JoinSet::new();
    for mut connection in connections {
        let (batches, next) = (Arc::clone(&batches), Arc::clone(&next));
        writers.spawn(async move {
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut transaction = connection.begin().await?;
                for (statement, arguments) in batch {
                    write(&mut transaction, statement, arguments.clone()).await?;
                }
                transaction.commit().await?;
            }
            anyhow::Ok(connection)
        });
    }
    let mut last = None;
    while let Some(writer) = writers.join_next().await {
        last = Some(writer.context("a writer panicked")??);
    }
    if let Some(mut connection) = last {
        // The words that the index has only collected must be taken into it, as a worker would do.
        execute(&mut connection, "select axis_take_in_words()").await?;
    }
    Ok(batches.len() as f64 / began.elapsed().as_secs_f64())
}

/// Runs statements that are entirely ours.
pub async fn execute(connection: &mut PgConnection, statements: &str) -> anyhow::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(connection).await?;
    Ok(())
}
