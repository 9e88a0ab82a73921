//! Settings for delivering commands.

use std::time::Duration;

use clap::Args;
use domain::{SealError, SecretKey};
use secrecy::{ExposeSecret as _, SecretString};
use service::retry::Policy;
use store::Store;

use crate::decide::Bounds;
use crate::locked_out::LockedOut;

/// The longest time until a command is sent, including all its look-ups and waits.
const BEFORE_SENDING: Duration = Duration::from_mins(15);
/// The most seconds that a message with files may be given. A bucket must not break off before.
const LONGEST_UPLOAD: u64 = 600;
const _: () = assert!(objects::LONGEST_READING.as_secs() > LONGEST_UPLOAD);

/// How commands are carried to Chatwoot.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Delivering")]
pub struct Config {
    /// The key under which access tokens are sealed: 64 hexadecimal digits, or several such keys,
    /// separated by commas, any of which opens
    #[arg(
        id = "outbound_secret_key",
        long = "secret-key",
        env = "AXIS_SECRET_KEY",
        hide_env_values = true,
        value_name = "HEX"
    )]
    pub secret_key: SecretString,

    /// Conversations carried at the same time, 1 to 256; each holds a database connection for its
    /// lock, besides those of `DATABASE_CONNECTIONS`, at `DATABASE_DIRECT_URL` if that is set
    #[arg(
        long,
        env = "OUTBOUND_CONCURRENCY",
        default_value_t = 16,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..=256)
    )]
    pub outbound_concurrency: u16,

    /// Conversations of one Chatwoot account carried at the same time, 1 to 256: a slow account
    /// must leave room for the others
    #[arg(
        long,
        env = "OUTBOUND_ACCOUNT_CONCURRENCY",
        default_value_t = 4,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..=256)
    )]
    pub outbound_account_concurrency: u16,

    /// Conversations of one tenant carried at the same time, whatever the number of its accounts, 1 to
    /// 256: the rest is left to other tenants
    #[arg(
        long,
        env = "OUTBOUND_TENANT_CONCURRENCY",
        default_value_t = 8,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..=256)
    )]
    pub outbound_tenant_concurrency: u16,

    /// Tries until a command fails, 1 to 100; the default takes an hour or two. Tries that found no connection
    /// or were answered 429 do not count
    #[arg(
        long,
        env = "OUTBOUND_ATTEMPTS",
        default_value_t = 12,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..=100)
    )]
    pub outbound_attempts: u16,

    /// Seconds after which a command fails because Chatwoot was unreachable or kept answering 429, 1 to
    /// 2592000; it is tried at least three times
    #[arg(
        long,
        env = "OUTBOUND_GIVE_UP_SECONDS",
        default_value_t = 86_400,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=2_592_000)
    )]
    pub outbound_give_up_seconds: u64,

    /// Milliseconds until the second try; the wait doubles with each one, 10 to 600000
    #[arg(
        long,
        env = "OUTBOUND_RETRY_FIRST_MS",
        default_value_t = 5_000,
        value_name = "MILLISECONDS",
        value_parser = clap::value_parser!(u64).range(10..=600_000)
    )]
    pub outbound_retry_first_ms: u64,

    /// Seconds that the wait between two tries never exceeds, 1 to 86400
    #[arg(
        long,
        env = "OUTBOUND_RETRY_LONGEST_SECONDS",
        default_value_t = 1_800,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    pub outbound_retry_longest_seconds: u64,

    /// Seconds after an unconfirmed reply or change until Chatwoot cannot be working on it any more, 1 to
    /// 3600; only then may a reply's absence be believed and the reply be sent again, or another change
    /// follow. Longer behind a proxy that queues
    #[arg(
        long,
        env = "ABSENCE_SECONDS",
        default_value_t = 20,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=3_600)
    )]
    pub absence_seconds: u64,

    /// Minutes after which an unconfirmed reply counts as failed if Chatwoot cannot be asked for it, 1 to
    /// 10080, though not before the third time: what was written after it in its conversation waits until then
    #[arg(
        long,
        env = "UNSEEN_MINUTES",
        default_value_t = 360,
        value_name = "MINUTES",
        value_parser = clap::value_parser!(u64).range(1..=10_080)
    )]
    pub unseen_minutes: u64,

    /// Seconds that a request to Chatwoot may take, 1 to 120
    #[arg(
        long,
        env = "CHATWOOT_TIMEOUT_SECONDS",
        default_value_t = 15,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=120)
    )]
    pub chatwoot_timeout_seconds: u64,

    /// Seconds that a message with files may take on its way to Chatwoot, 1 to 600
    #[arg(
        long,
        env = "CHATWOOT_UPLOAD_SECONDS",
        default_value_t = 120,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=LONGEST_UPLOAD)
    )]
    pub chatwoot_upload_seconds: u64,

    /// Requests a minute that all workers together send to one Chatwoot host, 1 to 1000000, the same
    /// for all of them; Chatwoot allows 3000 from one address unless told otherwise
    #[arg(
        long,
        env = "CHATWOOT_REQUESTS_PER_MINUTE",
        default_value_t = 2_500,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub chatwoot_requests_per_minute: u32,

    /// Failures in a row, of all workers, after which an account rests before one of them tries it
    /// again, 1 to 1000
    #[arg(
        long,
        env = "CHATWOOT_FAILURES",
        default_value_t = 5,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=1_000)
    )]
    pub chatwoot_failures: u32,
}

impl Config {
    /// The default settings, with this key.
    pub fn with(secret_key: SecretString) -> Self {
        Self {
            secret_key,
            outbound_concurrency: 16,
            outbound_account_concurrency: 4,
            outbound_tenant_concurrency: 8,
            outbound_attempts: 12,
            outbound_give_up_seconds: 86_400,
            outbound_retry_first_ms: 5_000,
            outbound_retry_longest_seconds: 1_800,
            absence_seconds: 20,
            unseen_minutes: 360,
            chatwoot_timeout_seconds: 15,
            chatwoot_upload_seconds: 120,
            chatwoot_requests_per_minute: 2_500,
            chatwoot_failures: 5,
        }
    }

    /// Opens the pool of the connections that hold locks. It is separate from the pool for the work: a lock's holder
    /// needs a connection from that one too, so with a single pool holders could wait for each other for ever. It goes
    /// past a pooling proxy, which has one pool for both, and which would keep the lock of a machine that is gone:
    /// that is noticed only by the database's own connection to the lock's holder.
    pub fn locks(&self, store: &store::Config) -> Result<Store, store::Error> {
        let config = store::Config {
            database_url: store.direct().clone(),
            database_connections: self.outbound_concurrency.into(),
            ..store.clone()
        };
        Store::connect(&config, "outbound-worker-locks")
    }

    /// Checks the settings without asking any server, so that a mistake in them is reported first. Fails if the key
    /// cannot be used.
    pub fn check(&self) -> Result<(), SealError> {
        self.key().map(drop)
    }

    pub(crate) fn key(&self) -> Result<SecretKey, SealError> {
        self.secret_key.expose_secret().parse()
    }

    pub(crate) fn retry(&self) -> Policy {
        let shortest = Duration::from_millis(self.outbound_retry_first_ms);
        let longest = Duration::from_secs(self.outbound_retry_longest_seconds);
        Policy { shortest, longest: longest.max(shortest) }
    }

    pub(crate) fn bounds(&self) -> Bounds {
        let give_up = Duration::from_secs(self.outbound_give_up_seconds);
        Bounds { most_tries: self.outbound_attempts.into(), give_up }
    }

    pub(crate) fn absence(&self) -> Duration {
        Duration::from_secs(self.absence_seconds)
    }

    pub(crate) fn unseen(&self) -> Duration {
        Duration::from_mins(self.unseen_minutes)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.chatwoot_timeout_seconds)
    }

    pub(crate) fn upload_timeout(&self) -> Duration {
        Duration::from_secs(self.chatwoot_upload_seconds).max(self.timeout())
    }

    pub(crate) fn locked_out(&self) -> LockedOut {
        LockedOut::new(self.retry().longest * 2)
    }

    /// The longest that one command takes. Only a silent server makes it take longer, and then it is broken off.
    /// Whatever it waited for and looked up before, its files have all of their time.
    pub(crate) fn longest(&self) -> Duration {
        BEFORE_SENDING + self.upload_timeout()
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;

    #[tokio::test]
    async fn locks_are_held_past_a_pooling_proxy() {
        let direct = testkit::database().await.database_url;
        let nowhere = format!("postgres://127.0.0.1:{}/nowhere", testkit::free_port());
        let store =
            store::Config { database_direct_url: Some(direct), ..store::Config::for_url(&nowhere) };
        let locks = Config::with("00".repeat(32).into()).locks(&store).unwrap();
        store::commit(locks.holder().await.unwrap()).await.unwrap();
    }

    #[derive(Debug, clap::Parser)]
    struct Alone {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn the_defaults_are_those_of_the_help_and_no_secret_is_shown() {
        Alone::command().debug_assert();
        let key = SecretKey::generate_text();
        let parsed = Alone::try_parse_from(["outbound-worker", "--secret-key", &key]).unwrap();
        let config = Config::with(key.clone().into());
        assert_eq!(format!("{:?}", parsed.config), format!("{config:?}"));
        assert!(!format!("{parsed:?}").contains(&key));
    }

    #[test]
    fn a_command_that_waited_as_long_as_it_may_has_time_for_its_files() {
        for seconds in [1, 120, 600] {
            let key = SecretKey::generate_text().into();
            let config = Config { chatwoot_upload_seconds: seconds, ..Config::with(key) };
            let waited = crate::deliver::LONGEST_STAY + config.upload_timeout();
            assert!(
                config.longest() > waited + config.timeout() * 10,
                "and for looking: {seconds}"
            );
        }
    }

    #[test]
    fn bad_values_are_refused() {
        let arguments = |option, value| ["outbound-worker", "--secret-key", "00", option, value];
        assert!(Alone::try_parse_from(arguments("--absence-seconds", "30")).is_ok());
        for (option, value) in [
            ("--absence-seconds", "0"),
            ("--outbound-concurrency", "0"),
            ("--outbound-attempts", "many"),
            ("--chatwoot-timeout-seconds", "999"),
        ] {
            assert!(Alone::try_parse_from(arguments(option, value)).is_err(), "{option}");
        }
    }
}
