//! What a database must have: the migrations, and the roles that transactions step down to.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::time::Instant;

use crate::connect::{PATIENCE, options, within};
use crate::locks::Lock;
use crate::{Config, Error, Store};

/// The roles that transactions step down to.
const ROLES: [&str; 5] =
    ["axis_api", "axis_gate", "axis_installation", "axis_search", "axis_worker"];

/// How long to wait before looking again whether somebody else has brought the schema up to date.
const TURN: Duration = Duration::from_millis(200);

/// How long to leave a table that is in use to those who want it too, who had to wait behind the try to change it.
const AGAIN: Duration = Duration::from_secs(4);

static MIGRATIONS: sqlx::migrate::Migrator = {
    let mut migrations = sqlx::migrate!("../../migrations");
    // Migrations expand before they contract, so the previous version of the program may be put back and finds a
    // database that has more than it knows.
    migrations.ignore_missing = true;
    migrations
};

impl Store {
    /// Fails if the database lacks any migration that this program was built for, or if its roles cannot be used.
    /// Migrations that this program does not know are a newer version's, and are accepted.
    pub async fn require_schema(&self) -> Result<(), Error> {
        let applied =
            sqlx::query_scalar::<_, i64>("select version from _sqlx_migrations where success")
                .fetch_all(&self.pool);
        let applied = async {
            match applied.await {
                Ok(applied) => Ok(applied),
                Err(error) => Err(self.explain(error).await),
            }
        };
        let applied = within(PATIENCE, Box::pin(applied)).await?;
        let missing: Vec<_> = MIGRATIONS
            .iter()
            .filter(|migration| !applied.contains(&migration.version))
            .map(|migration| format!("{:04}", migration.version))
            .collect();
        if missing.is_empty() {
            return within(PATIENCE, Box::pin(self.require_roles())).await;
        }
        let missing = missing.join(", ");
        Err(Error::Schema(sqlx::Error::Protocol(format!("it lacks migration {missing}"))))
    }

    /// Fails if a role or its grants are missing. Roles belong to the server, so a dump of the database has none, and a
    /// restore skips all grants to a role that is missing.
    async fn require_roles(&self) -> Result<(), Error> {
        let missing = "select role from unnest($1::text[]) role
                       where not exists (select from pg_roles where rolname = role)";
        let missing = sqlx::query_scalar(missing).bind(ROLES).fetch_all(&self.pool);
        let missing: Vec<String> = missing.await?;
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Err(Error::Roles(sqlx::Error::Protocol(format!("there is no {missing}"))));
        }
        let mut transaction = self.worker().await?;
        let granted = "select has_table_privilege('messages', 'select')";
        let granted: bool = sqlx::query_scalar(granted).fetch_one(&mut *transaction).await?;
        crate::rollback(transaction).await?;
        if granted {
            return Ok(());
        }
        let wrong = "the tables are not granted to axis_worker".to_owned();
        Err(Error::Roles(sqlx::Error::Protocol(wrong)))
    }
}

/// What bringing the schema up to date waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Another program is bringing it up to date.
    Turn,
    /// Somebody has been using a table that has to be changed for more than a second, as a backup does.
    Table,
}

/// Brings the schema up to date, over the direct address. Returns how many migrations this program has. Fails with
/// [`Error::Conflict`] if a table that has to be changed is in use; what was done by then stays done.
pub async fn migrate(config: &Config) -> Result<usize, Error> {
    migrate_within(config, Duration::ZERO, |_| {}).await
}

/// Like [`migrate`], but tries for up to `patience` to change a table that is in use, and calls `tell` whenever it
/// begins to wait.
pub async fn migrate_within(
    config: &Config,
    patience: Duration,
    tell: impl Fn(Wait),
) -> Result<usize, Error> {
    let options = options(config.direct(), "axis-migrate")?;
    let mut blocked = None;
    loop {
        let connected =
            Box::pin(async { Ok(<PgConnection as Connection>::connect_with(&options).await?) });
        let mut connection = within(config.connecting, connected).await?;
        take_turn(&mut connection, &tell).await?;
        let migrated = MIGRATIONS.run(&mut connection).await.map_err(Error::from);
        // This ends a transaction that failed, and the turn.
        let closed = connection.close().await;
        match migrated {
            Ok(()) => {
                closed?;
                return Ok(MIGRATIONS.iter().count());
            }
            Err(Error::Conflict(error)) => {
                if blocked.get_or_insert_with(Instant::now).elapsed() >= patience {
                    return Err(Error::Conflict(error));
                }
            }
            Err(error) => return Err(error),
        }
        tell(Wait::Table);
        // Those who waited behind this try go first.
        tokio::time::sleep(AGAIN).await;
    }
}

/// Waits until nobody else migrates. sqlx's own lock is of no use here, since it is waited for inside a statement: an
/// index that is made `concurrently` waits for all statements that began before it, so two programs that migrate would
/// wait for each other.
async fn take_turn(connection: &mut PgConnection, tell: &impl Fn(Wait)) -> Result<(), Error> {
    let mut told = false;
    loop {
        let got = sqlx::query_scalar!(
            r#"select pg_try_advisory_lock(hashtextextended('schema', $1)) as "got!""#,
            Lock::Schema.seed()
        );
        if got.fetch_one(&mut *connection).await? {
            return Ok(());
        }
        if !told {
            tell(Wait::Turn);
            told = true;
        }
        tokio::time::sleep(TURN).await;
    }
}
