//! The program `axis`, run as an operator would.

use std::path::PathBuf;
use std::process::Stdio;

use secrecy::ExposeSecret as _;
use serde_json::Value;
use testkit::World;
use tokio::process::Command;

/// `axis`, knowing nothing of this machine's settings.
pub fn axis() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_axis"));
    command.env_clear().kill_on_drop(true);
    let kept = ["PATH", "HOME", "TMPDIR", "AXIS_POSTGRES_BIN", "AXIS_NATS_SERVER"];
    for name in kept {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// The same with the servers of a test, as an operator of the name `operator-7` runs it.
pub fn operating(world: &World, arguments: &[&str]) -> Command {
    let mut command = axis();
    command
        .args(arguments)
        .env("NATS_URL", world.nats.url().expose_secret())
        .env("DATABASE_URL", world.store_config.database_url.expose_secret())
        .env("AXIS_DATA_DIR", folder("none"))
        .env("USER", "operator-7");
    command
}

/// What a command answered.
#[derive(Debug)]
pub struct Answered {
    /// The exit code.
    pub code: Option<i32>,
    /// What it printed, as JSON if it is.
    pub value: Value,
    /// What it complained of.
    pub complaint: String,
}

/// Runs a command to its end.
pub async fn run(mut command: Command) -> Answered {
    let output = command.output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    Answered {
        code: output.status.code(),
        value: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        complaint: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder for a test's data.
pub fn folder(name: &str) -> PathBuf {
    testkit::scratch(name)
}
