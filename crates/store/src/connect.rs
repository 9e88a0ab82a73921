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

/// A connection that was used within this time is trusted to be alive.
const TRUSTED: Duration = Duration::from_secs(1);
/// For this long after a transaction could not be begun, no connection is trusted: sqlx takes one back into the pool
/// without ending what was begun on it, and its next user is refused everything.
const DOUBTED: Duration = Duration::from_mins(1);
/// How long a program gives a server to accept a connection ([`Config::connecting`]).
pub(crate) const CONNECTING: Duration = Duration::from_secs(5);

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) pool: PgPool,
    pub(crate) direct: PgConnectOptions,
    /// When beginning a transaction last failed.
    unbegun: Arc<Lately>,
    /// When a connection last worked.
    used: Arc<Lately>,
    /// What else a worker's transactions begin with.
    planning: &'static str,
}

/// Leaves out the address, which holds a password.
impl Debug for Store {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Sets up the pool. Connections are made when they are needed, so a database that is away makes calls fail, not
    /// the start.
    pub fn connect(config: &Config, program: &str) -> Result<Self, Error> {
        let options = options(&config.database_url, program)?;
        let direct = self::options(config.direct(), program)?;
        let [unbegun, used] = [(); 2].map(|()| Arc::new(Lately::default()));
        let doubt = Arc::clone(&unbegun);
        let [taken, made, back] = [(); 3].map(|()| Arc::clone(&used));
        let pool = PgPoolOptions::new()
            .max_connections(config.database_connections)
            .acquire_timeout(config.connecting)
            // A connection in steady use need not be tested before each transaction.
            .test_before_acquire(false)
            .before_acquire(move |connection, meta| {
                let trusted = meta.idle_for <= TRUSTED && !doubt.within(DOUBTED);
                let taken = Arc::clone(&taken);
                Box::pin(async move {
                    // A connection that does not work is dropped, and another one taken.
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
        Ok(Self { pool, direct, unbegun, used, planning: "" })
    }

    /// The same database and pool, for a program that looks up single rows all the time: in transactions of
    /// [`Store::worker`], rows are found by index. A connection keeps the plans that it made when the tables were small,
    /// and would go on reading whole tables.
    #[must_use]
    pub fn by_index(self) -> Self {
        Self { planning: BY_INDEX, ..self }
    }

    /// The most connections that the pool holds at a time.
    pub fn connections(&self) -> usize {
        self.pool.options().get_max_connections() as usize
    }

    /// Begins a transaction that sees and changes the rows of one tenant only.
    pub async fn tenant(&self, tenant: &TenantId) -> Result<Transaction, Error> {
        let mut transaction = self.begin("begin").await?;
        // Whoever waits for it may be a task that nobody else gives up.
        within(PATIENCE, confine(&mut transaction, tenant)).await?;
        Ok(transaction)
    }

    /// Begins a transaction that sees all tenants' rows, for programs that work for all tenants.
    pub async fn worker(&self) -> Result<Transaction, Error> {
        self.begin(AssertSqlSafe(begin_worker() + self.planning)).await
    }

    /// Begins a transaction like [`Store::worker`]'s that holds a lock while its program does something else. It lasts
    /// as long as the program is there, frozen or not; if the machine is gone, the database finds out within a minute.
    /// A replica, which a proxy may have switched to meanwhile, refuses to begin it.
    pub async fn holder(&self) -> Result<Transaction, Error> {
        let begin = "begin read write; set local role axis_worker; set local tcp_keepalives_idle = 20; \
                     set local tcp_keepalives_interval = 5; set local tcp_keepalives_count = 6";
        self.begin(begin).await
    }

    /// Begins a transaction like [`Store::worker`]'s in which statements keep to `limits`, rows are found by index, as with
    /// [`Store::by_index`], and statements are planned once for a connection: for the few rows of a quiet hour PostgreSQL
    /// would plan each anew, which takes it longer than the rows.
    pub async fn worker_within(&self, limits: Limits) -> Result<Transaction, Error> {
        self.begin(AssertSqlSafe(begin_worker_within(limits))).await
    }

    /// Begins a transaction that can find out whose a key, a ticket or a claim is, and sees nothing else.
    pub async fn gate(&self) -> Result<Transaction, Error> {
        self.begin("begin; set local role axis_gate").await
    }

    /// Begins a transaction that sees and changes which tenants there are and which claims mean them, and sees nothing
    /// inside any tenant.
    pub async fn installation(&self) -> Result<Transaction, Error> {
        self.begin("begin; set local role axis_installation").await
    }

    /// Begins a transaction with these statements. It does so in a task of its own: if the caller gave up before the
    /// beginning was known to have succeeded, sqlx would leave the transaction open, and the connection's next user
    /// would be inside it, at its time.
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

    /// Checks that the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        match self.ping_pool().await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.explain(error).await),
        }
    }

    /// Checks that the database answers, and returns the pool's own error if it does not.
    pub(crate) async fn ping_pool(&self) -> Result<(), sqlx::Error> {
        sqlx::query!("select 1 as one").fetch_one(&self.pool).await.map(drop)
    }

    /// Whether a connection of this program has worked within the last minute, so that it most likely has some.
    pub(crate) fn has_connections(&self) -> bool {
        self.used.within(IDLE)
    }

    /// Makes one connection beside the pool, to find out what keeps connections from being made.
    pub(crate) async fn try_connecting(&self) -> Result<(), sqlx::Error> {
        let options = self.pool.connect_options();
        let mut connection = <PgConnection as Connection>::connect_with(&options).await?;
        takes_writes(&mut connection).await
    }

    /// Replaces the pool's timeout by what caused it: the pool tries again until its time is over and does not say what
    /// it met, so one more connection meets it too.
    pub(crate) async fn explain(&self, error: sqlx::Error) -> Error {
        if !matches!(error, sqlx::Error::PoolTimedOut) {
            return error.into();
        }
        let tried = Box::pin(async { Ok(self.try_connecting().await?) });
        // If this connection is let in, the pool's own are all in use.
        within(self.connecting(), tried).await.err().unwrap_or_else(|| error.into())
    }

    /// How long a server may take to accept a connection.
    pub(crate) fn connecting(&self) -> Duration {
        self.pool.options().get_acquire_timeout()
    }

    /// Closes all connections once they are idle.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// How long the statements of a transaction may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A statement that waits for a lock for longer fails with [`Error::Conflict`].
    pub lock: Duration,
    /// A statement that takes longer is ended by the database, whether or not anybody waits for it, and fails with
    /// [`Error::Overlong`]. A commit is not.
    pub statement: Duration,
}

/// Commits a transaction of [`Store::worker_within`] and begins another one on its connection, in one round trip.
pub async fn commit_and_begin(
    mut transaction: Transaction,
    limits: Limits,
) -> Result<Transaction, Error> {
    let statements = AssertSqlSafe(format!("commit; {}", begin_worker_within(limits)));
    // No constraint is deferred to the commit, so whatever is refused is the beginning.
    sqlx::raw_sql(statements).execute(&mut *transaction).await.map_err(Error::beginning)?;
    Ok(transaction)
}

/// How long a program that is frozen, or gone with its machine, in the middle of a transaction keeps rows locked.
const IDLE: Duration = Duration::from_mins(1);

/// The server is a replica, or was told to take no writes.
#[derive(Debug, thiserror::Error)]
#[error("the server takes no writes")]
pub(crate) struct ReadOnly;

/// Fails on a server that takes no writes. It is as good as away: what was read there would be old, and it grants locks
/// of its own.
async fn takes_writes(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let read_only = sqlx::query_scalar!(
        r#"select current_setting('transaction_read_only')::boolean as "read_only!""#
    )
    .fetch_one(connection)
    .await?;
    if read_only { Err(sqlx::Error::Io(io::Error::other(ReadOnly))) } else { Ok(()) }
}

/// Waits for a connection to finish what was given up: a query without its answer, or a transaction to be rolled back.
/// A connection with nothing open is asked nothing. Afterwards the pool pings the connection without a timeout, and a
/// server that is gone without a word would occupy its place until the kernel gives up. One that is there has by then
/// ended what a client asked for ([`confine`]), so no more such work goes on than there are places.
async fn drain(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let open = tokio::time::timeout(PATIENCE, connection.flush());
    open.await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

/// Has rows found by index. A small table without one is read as before, which PostgreSQL then thinks so dear that it
/// would compile the statement first.
const BY_INDEX: &str = "; set local enable_seqscan = off; set local jit = off";

/// The statements that begin a transaction of [`Store::worker`]. Safe, since only a number is put into them.
fn begin_worker() -> String {
    let idle = IDLE.as_millis();
    format!(
        "begin; set local role axis_worker; set local idle_in_transaction_session_timeout = {idle}"
    )
}

/// The statements that begin a transaction of [`Store::worker_within`]. Safe, since only numbers are put into them.
fn begin_worker_within(limits: Limits) -> String {
    // Bitmaps are for many rows of one key: to count a conversation's unread messages they take twice the time.
    format!(
        "{}{BY_INDEX}; set local lock_timeout = {}; set local statement_timeout = {}; \
         set local plan_cache_mode = force_generic_plan; set local enable_bitmapscan = off",
        begin_worker(),
        limits.lock.as_millis(),
        limits.statement.as_millis()
    )
}

/// Confines a transaction, from here to its end, to the rows of one tenant. None of its statements goes on for long
/// after its caller has given up.
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

/// Returns a transaction, from here to its end, to the role that logged in.
pub(crate) async fn reset_role(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("select set_config('role', 'none', true) as role").fetch_one(connection).await?;
    Ok(())
}

/// How long a program waits for what takes the database only a moment.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Gives up on a database that does not answer within `patience`. Without this limit a database that is gone without a
/// word, with its machine or the network, would be waited for without end. What was asked for may have been done.
pub async fn within<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let silent = || Error::Unavailable(sqlx::Error::Io(io::ErrorKind::TimedOut.into()));
    tokio::time::timeout(patience, work).await.unwrap_or_else(|_| Err(silent()))
}

pub(crate) fn options(url: &SecretString, program: &str) -> Result<PgConnectOptions, Error> {
    let options = PgConnectOptions::from_str(url.expose_secret()).map_err(Error::Address)?;
    // sqlx would set it on connecting, which a pooling proxy refuses. PostgreSQL's own default is as exact.
    Ok(options.application_name(program).extra_float_digits(None))
}
