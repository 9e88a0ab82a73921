//! Connections and transactions.

use std::fmt::{self, Debug, Formatter};
use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use domain::TenantId;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqlSafeStr};

use crate::lately::Lately;
use crate::{Config, Error, Transaction};

/// A connection that was used within this time is taken for alive.
const TRUSTED: Duration = Duration::from_secs(1);
/// After a transaction could not be begun, no connection is for so long: sqlx takes one back without having
/// ended what was begun on it, and whoever has it next is refused everything.
const DOUBTED: Duration = Duration::from_mins(1);
/// A server that takes longer to let somebody in is away.
pub(crate) const CONNECTING: Duration = Duration::from_secs(5);

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) pool: PgPool,
    pub(crate) direct: PgConnectOptions,
    /// Transactions that could not be begun.
    unbegun: Arc<Lately>,
    /// Connections that worked.
    used: Arc<Lately>,
}

/// Without the address, which holds a password.
impl Debug for Store {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Sets up the pool; connections are made when they are needed, so a database that is away
    /// makes calls fail, not the start.
    pub fn connect(config: &Config, program: &str) -> Result<Self, Error> {
        let options = options(&config.database_url, program)?;
        let direct = self::options(config.direct(), program)?;
        let [unbegun, used] = [(); 2].map(|()| Arc::new(Lately::default()));
        let doubt = Arc::clone(&unbegun);
        let [taken, made, back] = [(); 3].map(|()| Arc::clone(&used));
        let pool = PgPoolOptions::new()
            .max_connections(config.database_connections)
            .acquire_timeout(CONNECTING)
            // A connection in steady use needs no question whether it lives before each transaction.
            .test_before_acquire(false)
            .before_acquire(move |connection, meta| {
                let trusted = meta.idle_for <= TRUSTED && !doubt.within(DOUBTED);
                let taken = Arc::clone(&taken);
                Box::pin(async move {
                    // One that is of no use is dropped, and another one taken.
                    let works = trusted || takes_writes(connection).await.is_ok();
                    if works {
                        taken.note();
                    }
                    Ok(works)
                })
            })
            .after_connect(move |connection, _| {
                let made = Arc::clone(&made);
                Box::pin(async move { takes_writes(connection).await.inspect(|()| made.note()) })
            })
            .after_release(move |connection, _| {
                let back = Arc::clone(&back);
                Box::pin(async move {
                    drain(connection).await?;
                    back.note();
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self { pool, direct, unbegun, used })
    }

    /// Most connections at a time.
    pub fn connections(&self) -> usize {
        self.pool.options().get_max_connections() as usize
    }

    /// A transaction that sees and changes the rows of one tenant only.
    pub async fn tenant(&self, tenant: &TenantId) -> Result<Transaction, Error> {
        let mut transaction = self.begin("begin").await?;
        confine(&mut transaction, tenant).await?;
        Ok(transaction)
    }

    /// A transaction that sees all tenants' rows, for programs that carry everybody's events.
    pub async fn worker(&self) -> Result<Transaction, Error> {
        self.begin(AssertSqlSafe(begin_worker())).await
    }

    /// A transaction of [`Store::worker`]'s kind that holds a lock while its program does something else: it
    /// stays for as long as the program is there, frozen or not. Where the machine is gone, the database
    /// finds out within a minute. A copy of the database, which a proxy may have come to meanwhile, refuses
    /// to begin it.
    pub async fn holder(&self) -> Result<Transaction, Error> {
        let begin = "begin read write; set local role axis_worker; set local tcp_keepalives_idle = 20; \
                     set local tcp_keepalives_interval = 5; set local tcp_keepalives_count = 6";
        self.begin(begin).await
    }

    /// A transaction of [`Store::worker`]'s kind in which a statement that has to wait for a lock longer than
    /// this fails with [`Error::Conflict`], and rows are found by index: a connection keeps the plans that it
    /// made when the tables were small, and would go on reading them whole.
    pub async fn worker_within(&self, patience: Duration) -> Result<Transaction, Error> {
        self.begin(AssertSqlSafe(begin_worker_within(patience))).await
    }

    /// A transaction that finds whose a key, a ticket or a claim is, and sees nothing else.
    pub async fn gate(&self) -> Result<Transaction, Error> {
        self.begin("begin; set local role axis_gate").await
    }

    /// A transaction that sees and changes which tenants there are and which claims mean them, and
    /// sees nothing that is inside of any.
    pub async fn installation(&self) -> Result<Transaction, Error> {
        self.begin("begin; set local role axis_installation").await
    }

    /// A transaction that begins with these statements. In a task of its own: sqlx would leave open what a caller gives
    /// up before it is known to have begun, and whoever has the connection next would be in that transaction, at its
    /// time.
    async fn begin(&self, statements: impl SqlSafeStr) -> Result<Transaction, Error> {
        let (pool, statements) = (self.pool.clone(), statements.into_sql_str());
        let task = async move { tokio::time::timeout(PATIENCE, pool.begin_with(statements)).await };
        let begun = match tokio::spawn(task).await {
            Ok(Ok(begun)) => begun,
            Ok(Err(_)) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            Err(ended) => Err(io::Error::other(ended).into()),
        };
        if let Err(sqlx::Error::Database(_)) = begun {
            self.unbegun.note();
        }
        begun.map_err(Error::beginning)
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), Error> {
        match self.ping_pool().await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.explain(error).await),
        }
    }

    /// Asks the database for a sign of life, and tells what the pool tells of it.
    pub(crate) async fn ping_pool(&self) -> Result<(), sqlx::Error> {
        sqlx::query!("select 1 as one").fetch_one(&self.pool).await.map(drop)
    }

    /// Whether this program has had a connection of late, and so has some most likely.
    pub(crate) fn has_connections(&self) -> bool {
        self.used.within(IDLE)
    }

    /// Meets what keeps connections from being made.
    pub(crate) async fn try_connecting(&self) -> Result<(), sqlx::Error> {
        let options = self.pool.connect_options();
        let mut connection = <PgConnection as Connection>::connect_with(&options).await?;
        takes_writes(&mut connection).await
    }

    /// The pool tries again until its time is over, and does not tell what it met. Whoever asks how the
    /// database is wants to know: one connection more meets it too.
    pub(crate) async fn explain(&self, error: sqlx::Error) -> Error {
        if !matches!(error, sqlx::Error::PoolTimedOut) {
            return error.into();
        }
        let tried = Box::pin(async { Ok(self.try_connecting().await?) });
        // If this one is let in, the pool's own are all in use.
        within(CONNECTING, tried).await.err().unwrap_or_else(|| error.into())
    }

    /// Ends all connections once they are idle.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Commits a transaction of [`Store::worker_within`] and begins another one on its connection, in one
/// go: for who has more to do at once.
pub async fn commit_and_begin(
    mut transaction: Transaction,
    patience: Duration,
) -> Result<Transaction, Error> {
    let statements = AssertSqlSafe(format!("commit; {}", begin_worker_within(patience)));
    // No constraint is left to the commit, so what is refused is the beginning.
    sqlx::raw_sql(statements).execute(&mut *transaction).await.map_err(Error::beginning)?;
    Ok(transaction)
}

/// Who is frozen, or gone with its machine, in the middle of a transaction keeps its rows locked for
/// so long.
const IDLE: Duration = Duration::from_mins(1);

/// A copy of the database, or a server that was told to take no writes.
#[derive(Debug, thiserror::Error)]
#[error("the server takes no writes")]
pub(crate) struct ReadOnly;

/// Such a server is as good as away: what was read there would be old, and it grants locks of its own.
async fn takes_writes(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let read_only = sqlx::query_scalar!(
        r#"select current_setting('transaction_read_only')::boolean as "read_only!""#
    )
    .fetch_one(connection)
    .await?;
    if read_only { Err(sqlx::Error::Io(io::Error::other(ReadOnly))) } else { Ok(()) }
}

/// Waits for what was given up with a question open, or a transaction that is to be rolled back; whoever has
/// nothing open is asked nothing. Afterwards the pool asks by itself, and waits for its answer without end: a
/// server that is gone without a word would keep the place until the kernel gives it up. One that is there
/// has ended by then what a client asked for ([`confine`]), so that no more of that goes on than there are places.
async fn drain(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let open = tokio::time::timeout(PATIENCE, connection.flush());
    open.await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

/// How a transaction of [`Store::worker`] begins. Safe as a statement: nothing but a number is put into it.
fn begin_worker() -> String {
    let idle = IDLE.as_millis();
    format!(
        "begin; set local role axis_worker; set local idle_in_transaction_session_timeout = {idle}"
    )
}

/// How a transaction of [`Store::worker_within`] begins. Safe as a statement, since it holds only numbers.
fn begin_worker_within(patience: Duration) -> String {
    format!(
        "{}; set local lock_timeout = {}; set local enable_seqscan = off",
        begin_worker(),
        patience.as_millis()
    )
}

/// From here to its end a transaction sees and changes the rows of one tenant only. Nothing that it asks
/// goes on after its caller has given it up.
pub async fn confine(connection: &mut PgConnection, tenant: &TenantId) -> Result<(), Error> {
    sqlx::query!(
        "select set_config('role', 'axis_api', true) as role,
                set_config('axis.tenant', $1, true) as tenant,
                set_config('idle_in_transaction_session_timeout', $2, true) as idle,
                set_config('statement_timeout', $3, true) as patience",
        tenant.as_str(),
        IDLE.as_millis().to_string(),
        PATIENCE.as_millis().to_string()
    )
    .fetch_one(connection)
    .await
    .map_err(Error::beginning)?;
    Ok(())
}

/// Leaves the role that a transaction stepped down to: from here to its end it is whoever logged in.
pub(crate) async fn reset_role(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("select set_config('role', 'none', true) as role").fetch_one(connection).await?;
    Ok(())
}

/// How long a program waits for what the database does in a moment.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Gives up on a database that is silent for so long. One that is gone without a word, with its machine or
/// the network to it, would never be given up; what it was asked for may have been done.
pub async fn within<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let silent = || Error::Unavailable(sqlx::Error::Io(io::ErrorKind::TimedOut.into()));
    tokio::time::timeout(patience, work).await.unwrap_or_else(|_| Err(silent()))
}

pub(crate) fn options(url: &SecretString, program: &str) -> Result<PgConnectOptions, Error> {
    let options = PgConnectOptions::from_str(url.expose_secret()).map_err(Error::Address)?;
    // sqlx would ask for it as it connects, which a pooling proxy refuses. PostgreSQL's own default is as exact.
    Ok(options.application_name(program).extra_float_digits(None))
}
