//! Whatever becomes of the receiver's process.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

use secrecy::ExposeSecret as _;

use crate::rig::Rig;

/// A receiver in a process of its own, killed when dropped.
struct Process {
    child: Child,
    base: String,
}

impl Process {
    fn start(rig: &Rig) -> Self {
        let port = testkit::free_port();
        let child = Command::new(env!("CARGO_BIN_EXE_webhook-receiver"))
            .env("AXIS_SECRET_KEY", &rig.key)
            .env("JOURNAL_DIR", &rig.journal)
            .env("NATS_URL", rig.nats.url().expose_secret())
            .env("HOST", "127.0.0.1")
            .env("PORT", port.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, base: format!("http://127.0.0.1:{port}") }
    }

    /// SIGKILL: nothing is flushed, nobody is told.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_killed_under_load_has_published_all_it_acknowledged_after_its_restart() {
    const SENDERS: u64 = 8;
    let rig = Rig::start().await;
    let mut acknowledged = BTreeSet::new();
    for round in 0..3u64 {
        let mut process = Process::start(&rig);
        acknowledged.insert(rig.send_when_known(&process.base, round * 1_000_000).await);
        // In the last round the stream is away while the journal fills.
        if round == 2 {
            rig.nats.kill().await.unwrap();
        }
        let base = process.base.clone();
        let senders = (0..SENDERS).map(|sender| {
            let (rig, base) = (&rig, &base);
            async move {
                let mut ids = Vec::new();
                for number in 1.. {
                    let number = round * 1_000_000 + sender * 10_000 + number;
                    // The first failure is the kill.
                    let Ok(id) = rig.send(base, number).await else { break };
                    ids.push(id);
                }
                ids
            }
        });
        let killing = async {
            // Mid-load: as soon as some more events are on disk.
            testkit::eventually("events arrive", || async {
                let kept = webhook_receiver::journal::read(&rig.journal).unwrap();
                kept.count() > acknowledged.len() + 200
            })
            .await;
            process.kill();
        };
        let (ids, ()) = tokio::join!(futures_util::future::join_all(senders), killing);
        assert!(ids.iter().flatten().count() > 0);
        acknowledged.extend(ids.into_iter().flatten());
    }

    rig.nats.restart().await.unwrap();
    let process = Process::start(&rig);
    acknowledged.insert(rig.send_when_known(&process.base, 9_000_000).await);
    let kept: BTreeSet<String> = webhook_receiver::journal::read(&rig.journal)
        .unwrap()
        .map(|found| found.unwrap().record.inbound.id.to_string())
        .collect();
    assert!(kept.is_superset(&acknowledged), "the journal has all that was acknowledged");
    rig.expect_messages(kept.len() as u64).await;
    let published = rig.ids().await;
    assert_eq!(acknowledged.difference(&published).count(), 0);
    drop(process);
}
