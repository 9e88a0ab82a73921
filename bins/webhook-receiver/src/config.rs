//! The receiver's settings.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, ValueEnum};
use domain::{SealError, SecretKey};
use secrecy::{ExposeSecret as _, SecretString};

use crate::journal::Limits;

const MIB: u64 = 1024 * 1024;
/// What is published again after a restart of NATS must be among what the stream remembers, or it is stored twice.
const KEEP_SECONDS: u64 = 600;
/// How long a webhook may take to be written, out of the 5 s that Chatwoot waits for its response.
const PATIENCE: Duration = Duration::from_secs(4);

/// Takes Chatwoot's webhooks: verifies them, makes them durable, acknowledges them and publishes
/// them to the stream INBOUND
#[derive(Debug, Clone, Parser)]
#[command(name = "webhook-receiver", version)]
pub struct Settings {
    /// Where to listen for webhooks.
    #[command(flatten)]
    pub http: service::HttpConfig<8080>,

    /// How to stop behind a balancer.
    #[command(flatten)]
    pub leave: service::LeaveConfig,

    /// The receiver's own settings.
    #[command(flatten)]
    pub receiver: Config,

    /// How to reach NATS.
    #[command(flatten)]
    pub bus: bus::Config,

    /// Settings common to all programs.
    #[command(flatten)]
    pub service: service::Config,
}

/// What the receiver does with webhooks.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Receiving")]
pub struct Config {
    /// The key under which webhook secrets are sealed: 64 hexadecimal digits, or several such keys,
    /// separated by commas, any of which opens
    #[arg(
        id = "receiver_secret_key",
        long = "secret-key",
        env = "AXIS_SECRET_KEY",
        hide_env_values = true,
        value_name = "HEX"
    )]
    pub secret_key: SecretString,

    /// When a webhook is acknowledged: once it is in this host's journal, or once the stream has
    /// it too (for hosts whose disk does not last)
    #[arg(long, env = "ACKNOWLEDGE_AFTER", value_enum, default_value_t = AcknowledgeAfter::Journal)]
    pub acknowledge_after: AcknowledgeAfter,

    /// The folder of the journal, on a disk that lasts; one per receiver
    #[arg(long, env = "JOURNAL_DIR", default_value = ".axis/journal", value_name = "FOLDER")]
    pub journal_dir: PathBuf,

    /// How large the journal may grow, in MiB; when unpublished events fill it, webhooks are
    /// refused with 503
    #[arg(
        long,
        env = "JOURNAL_MAX_MIB",
        default_value_t = 4096,
        value_name = "MIB",
        value_parser = clap::value_parser!(u64).range(64..)
    )]
    pub journal_max_mib: u64,

    /// How much of the journal may be events that are published already, in MiB; they are there to
    /// fill the stream again if it loses its tail, which is what came in two minutes at most
    #[arg(
        long,
        env = "JOURNAL_KEEP_MIB",
        default_value_t = 1024,
        value_name = "MIB",
        value_parser = clap::value_parser!(u64).range(64..)
    )]
    pub journal_keep_mib: u64,

    /// How long events stay in the journal after they were published, in seconds, or up to a sixth
    /// longer: longer than NATS takes to sync its own files, and shorter than its streams remember
    /// what they have, which is 15 minutes
    #[arg(
        long,
        env = "JOURNAL_KEEP_SECONDS",
        default_value_t = KEEP_SECONDS,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(240..)
    )]
    pub journal_keep_seconds: u64,

    /// The largest body, in bytes
    #[arg(
        long,
        env = "WEBHOOK_MAX_BYTES",
        default_value_t = bus::MAX_BODY_BYTES,
        value_name = "BYTES",
        value_parser = body_limit
    )]
    pub max_body_bytes: usize,

    /// How long a sender may take to send a body, in seconds
    #[arg(
        long,
        env = "WEBHOOK_READ_SECONDS",
        default_value_t = 10,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=300)
    )]
    pub read_seconds: u64,

    /// How far a signature's timestamp may be from this host's clock, in seconds
    #[arg(
        long,
        env = "WEBHOOK_TOLERANCE_SECONDS",
        default_value_t = 300,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub tolerance_seconds: u64,

    /// How long a webhook waits for the journal's disk
    #[arg(skip = PATIENCE)]
    pub patience: Duration,
}

/// When a webhook is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AcknowledgeAfter {
    /// Once it is in this host's journal
    Journal,
    /// Once the stream has it too
    Stream,
}

impl Config {
    /// Checks the settings without asking any server, so that a mistake in them is reported first. Fails if the key
    /// cannot be used.
    pub fn check(&self) -> Result<(), SealError> {
        self.key().map(drop)
    }

    pub(crate) fn key(&self) -> Result<SecretKey, SealError> {
        self.secret_key.expose_secret().parse()
    }

    /// The default settings, with this key and this folder.
    pub fn with(secret_key: SecretString, journal_dir: PathBuf) -> Self {
        Self {
            secret_key,
            acknowledge_after: AcknowledgeAfter::Journal,
            journal_dir,
            journal_max_mib: 4096,
            journal_keep_mib: 1024,
            journal_keep_seconds: KEEP_SECONDS,
            max_body_bytes: bus::MAX_BODY_BYTES,
            read_seconds: 10,
            tolerance_seconds: 300,
            patience: PATIENCE,
        }
    }

    pub(crate) fn limits(&self) -> Limits {
        let max_bytes = self.journal_max_mib.saturating_mul(MIB);
        Limits {
            // Small enough that even the smallest journal can remove a part of itself.
            segment_bytes: (max_bytes / 8).min(64 * MIB),
            segment_age: Duration::from_secs(self.journal_keep_seconds.clamp(1, 900) / 6 + 1),
            max_bytes,
            keep_bytes: self.journal_keep_mib.saturating_mul(MIB),
            keep_for: Duration::from_secs(self.journal_keep_seconds),
            tail_bytes: 64 * 1024 * 1024,
            patience: self.patience,
        }
    }
}

fn body_limit(text: &str) -> Result<usize, String> {
    let most = bus::MAX_BODY_BYTES;
    text.parse()
        .ok()
        .filter(|bytes| (1..=most).contains(bytes))
        .ok_or_else(|| format!("must be 1 to {most} bytes, the most that a NATS message can carry"))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;

    #[derive(Debug, Parser)]
    struct Alone {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn the_parts_of_the_settings_fit_together() {
        Settings::command().debug_assert();
    }

    #[test]
    fn the_defaults_are_those_of_the_help_and_no_secret_is_shown() {
        let key = SecretKey::generate_text();
        let parsed = Alone::try_parse_from(["webhook-receiver", "--secret-key", &key]).unwrap();
        let config = Config::with(key.clone().into(), ".axis/journal".into());
        assert_eq!(format!("{:?}", parsed.config), format!("{config:?}"));
        assert!(!format!("{parsed:?}").contains(&key));
    }

    #[test]
    fn the_streams_remember_what_the_journal_keeps_and_a_restart_of_nats_longer() {
        const RESTART: Duration = Duration::from_mins(3);
        let limits = Config::with("".into(), "".into()).limits();
        for declared in [
            include_str!("../../../nats/streams/inbound.json"),
            include_str!("../../../nats/streams/activity.json"),
            include_str!("../../../nats/streams/dead-letter.json"),
        ] {
            let declared: serde_json::Value = serde_json::from_str(declared).unwrap();
            let window = Duration::from_nanos(declared["duplicate_window"].as_u64().unwrap());
            assert!(limits.segment_age + limits.keep_for + RESTART <= window);
        }
    }

    #[test]
    fn bad_values_are_refused() {
        let arguments = |option, value| ["webhook-receiver", "--secret-key", "00", option, value];
        assert!(Alone::try_parse_from(arguments("--max-body-bytes", "1000")).is_ok());
        for (option, value) in [
            ("--max-body-bytes", "9000000"),
            ("--max-body-bytes", "0"),
            ("--journal-max-mib", "1"),
            ("--journal-keep-mib", "63"),
            ("--journal-keep-seconds", "239"),
            ("--read-seconds", "0"),
            ("--acknowledge-after", "never"),
        ] {
            assert!(Alone::try_parse_from(arguments(option, value)).is_err(), "{option}");
        }
    }
}
