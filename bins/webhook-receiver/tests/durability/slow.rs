//! What a slow way to NATS does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use testkit::eventually;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;

use crate::rig::Rig;
use crate::running::Running;

/// How many bytes pass at once, and how long each time takes: 2 MiB a second.
const STEP: usize = 32 * 1024;
const PACE: Duration = Duration::from_micros(15_625);

/// A way to a server on which what goes there is slow. It is closed at first.
struct Way {
    url: String,
    open: Arc<AtomicBool>,
    _serving: AbortOnDropHandle<()>,
}

impl Way {
    async fn to(url: &str) -> Self {
        let (before, address) = url.rsplit_once('@').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{before}@{}", listener.local_addr().unwrap());
        let (open, address) = (Arc::new(AtomicBool::new(false)), address.to_owned());
        let is_open = Arc::clone(&open);
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if is_open.load(Ordering::Relaxed) {
                    let server = TcpStream::connect(&address).await.unwrap();
                    let ((from_client, to_client), (from_server, to_server)) =
                        (client.into_split(), server.into_split());
                    tokio::spawn(pass_slowly(from_client, to_server));
                    tokio::spawn(pass(from_server, to_client));
                }
            }
        });
        Self { url, open, _serving: AbortOnDropHandle::new(serving) }
    }
}

/// Passes everything on until either side closes.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let _ = copy(&mut from, &mut to).await;
}

async fn pass_slowly(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let mut bytes = vec![0; STEP];
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        pace.tick().await;
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_published_on_a_way_that_is_slower_than_the_patience_for_all_of_it() {
    const LENGTH: usize = 256 * 1024;
    let mut rig = Rig::start().await;
    let first = Running::start(&rig, |_| {}).await;
    let mut sent = vec![rig.send_when_known(&first.base, 0).await];
    eventually("the source is on the disk", || async { rig.journal.join("sources.json").exists() })
        .await;
    first.stop().await;

    let way = Way::to(rig.nats.url().expose_secret()).await;
    rig.bus_config = bus::Config::to_url(&way.url);
    let second = Running::start(&rig, |_| {}).await;
    for number in 1..=96 {
        sent.push(rig.send_long(&second.base, number, LENGTH).await.expect("acknowledged"));
    }
    let journal = webhook_receiver::journal::read(&rig.journal).unwrap();
    let last = journal.map(|found| found.unwrap().record.sequence).max().unwrap();
    way.open.store(true, Ordering::Relaxed);
    eventually("the journal knows that all is published", || async { rig.is_published(last) })
        .await;
    assert_eq!(rig.ids().await, sent.into_iter().collect());
    second.stop().await;
}
