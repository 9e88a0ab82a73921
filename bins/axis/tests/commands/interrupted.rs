//! Commands that somebody interrupts before they have begun to work.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use testkit::{SECRET_KEY, World};
use tokio::net::TcpListener;

use crate::program::operating;
use crate::running::send;

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_waits_for_a_silent_nats_ends_when_it_is_told_to() {
    let world = World::start().await;
    for arguments in [
        &["dead-letters", "redrive", "--all"][..],
        &["dead-letters", "drop", "--reason", "rejected", "--yes"],
        &["replay", "--from", "2026-01-01T00:00:00Z"],
        &["backfill", "--account", "7"],
        &["reconcile", "now", "--account", "7"],
    ] {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = silent.local_addr().unwrap();
        let mut command = operating(&world, arguments);
        command.env("NATS_URL", format!("nats://{address}")).env("AXIS_SECRET_KEY", SECRET_KEY);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let _connection = silent.accept().await.unwrap();
        send("-INT", &child.id().unwrap().to_string()).await;
        let ended = child.wait_with_output().await.unwrap();
        let complaint = String::from_utf8(ended.stderr).unwrap();
        // The signal ends a command that has not begun to listen for it.
        let is_told = ended.status.signal().is_some() || complaint.contains("interrupted");
        assert!(is_told, "{arguments:?}: {}, {complaint}", ended.status);
    }
}
