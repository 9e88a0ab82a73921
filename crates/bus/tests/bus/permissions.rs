//! What each program may do at a server with `nats/permissions.conf`.

use std::fmt::Debug;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use bus::streams::{self, Replicas};
use bus::{Bus, Config, ConnectError, Consumer, Consumption, SourceChange, TailStart};
use domain::AccountKey;
use events::{Source, subject};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use tokio::process::{Child, Command};

use crate::support::{Consuming, consumption, envelope, eventually, eventually_some, rejected};

const PERMISSIONS: &str = include_str!("../../../../nats/permissions.conf");
const PASSWORDS: [&str; 5] = ["RECEIVER", "SYNC", "OUTBOUND", "API", "OPERATOR"];
/// Everybody's. The server would take it for a number if it stood in its environment without quotes.
const PASSWORD: &str = "12345";
/// Longer than anything here takes, and than the bus waits for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

struct Guarded {
    port: u16,
    server: Child,
    folder: tempfile::TempDir,
}

impl Guarded {
    /// A server with users and all streams, and the operator's connection to it.
    async fn start() -> (Self, Bus) {
        let folder = tempfile::tempdir().unwrap();
        let port = servers::free_port();
        let file = configure(folder.path(), port, PERMISSIONS);
        let mut command = Command::new(servers::nats_server(None).unwrap());
        command.arg("--config").arg(file).arg("--log").arg(folder.path().join("log"));
        for name in PASSWORDS {
            command.env(format!("NATS_{name}_PASSWORD"), format!("'{PASSWORD}'"));
        }
        let server = command.kill_on_drop(true).spawn().unwrap();
        let guarded = Self { port, server, folder };
        let operator = guarded.user("operator").await;
        streams::apply(&operator, Replicas::Keep).await.unwrap();
        (guarded, operator)
    }

    /// The connection of a program that has the user of its name.
    async fn user(&self, name: &str) -> Bus {
        self.program(name, name).await.unwrap()
    }

    async fn program(&self, name: &str, user: &str) -> Result<Bus, ConnectError> {
        let url = format!("nats://{user}:{PASSWORD}@127.0.0.1:{}", self.port);
        Bus::connect(&Config::to_url(&url), name).await
    }

    /// Gives the running server other users, or other permissions.
    async fn reload(&self, permissions: &str) {
        configure(self.folder.path(), self.port, permissions);
        let pid = self.server.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-HUP", &pid]).status().await.unwrap();
        assert!(sent.success());
    }
}

/// Writes a server's configuration. Returns its file.
fn configure(folder: &Path, port: u16, permissions: &str) -> PathBuf {
    let config = format!(
        "listen: 127.0.0.1:{port}\nmax_payload: 8MB\n\
         jetstream {{ store_dir: {}, max_file_store: 1TB }}\n{permissions}",
        folder.join("jetstream").display()
    );
    let file = folder.join("guarded.conf");
    std::fs::write(&file, config).unwrap();
    file
}

type Did<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// Something that a program does, and what came of it.
fn act<'a, T, E>(done: impl Future<Output = Result<T, E>> + Send + 'a) -> Did<'a>
where
    T: Send + 'a,
    E: Debug + Send + 'a,
{
    Box::pin(async move {
        match tokio::time::timeout(PATIENCE, done).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(format!("{error:?}")),
            Err(_) => Err("no answer".to_owned()),
        }
    })
}

/// Names those whose end is not the expected one.
async fn all(who: &str, may: bool, acts: Vec<(&str, Did<'_>)>) -> Vec<String> {
    let done = acts.into_iter().map(|(what, done)| async move {
        let done = done.await;
        (done.is_ok() != may).then(|| format!("{who}: {what}: {done:?}"))
    });
    join_all(done).await.into_iter().flatten().collect()
}

fn publish<'a>(bus: &Bus, subject: &str) -> Did<'a> {
    let (publisher, message) = (bus.publisher(), envelope(subject, subject));
    act(async move { publisher.publish(message).await })
}

fn source() -> Source {
    Source {
        account: AccountKey::generate(),
        tenant: "acme".parse().unwrap(),
        chatwoot_account_id: 1,
        base_url: "https://chat.example.com".into(),
        sealed_secrets: Vec::new(),
        allow_unsigned: false,
    }
}

async fn put_and_remove(bus: &Bus) -> Result<(), bus::BusError> {
    let source = source();
    bus.sources().put(&source).await?;
    bus.sources().told().await?;
    bus.sources().remove(source.account).await
}

async fn forget(bus: &Bus) -> Result<(), bus::BusError> {
    bus.sources().forget(AccountKey::generate(), 0).await
}

async fn raises(bus: &Bus) -> Result<(), bus::BusError> {
    let mark = bus.high_water().read().await?;
    bus.high_water().raise(mark, mark.number + 1).await.map(drop)
}

/// All of the accounts, as a receiver learns of them.
async fn synced(bus: &Bus) -> Result<(), bus::BusError> {
    let mut changes = bus.sources().watch();
    while let Some(change) = changes.next().await {
        if change? == SourceChange::Synced {
            break;
        }
    }
    Ok(())
}

/// Reads something of a stream's past.
async fn read(bus: &Bus, stream: &'static str) -> Result<(), bus::BusError> {
    bus.history(stream, ">".to_owned(), None).await?.next().await?;
    Ok(())
}

/// Consumes until all that there is was rejected.
async fn rejects_all(bus: &Bus, consumer: Consumer) -> Result<(), bus::BusError> {
    let consuming = Consuming::start(bus, Consumption { consumer, ..consumption() }, |_| {
        rejected("undecodable", "no JSON")
    });
    eventually(|| async { bus.unsettled(consumer).await.is_ok_and(|left| left == 0) }).await;
    consuming.stop().await;
    bus.make_room(consumer).await?;
    bus.dead_letters().without_room().await?;
    Ok(())
}

async fn tails(bus: &Bus) -> Result<(), bus::BusError> {
    let mut tail = bus.tail_activity(TailStart::After(0));
    tail.next().await.unwrap()?;
    let last = bus.activity_range().await?.1;
    bus.read_activity(&"acme".parse().unwrap(), last - 1, last, bus::Most::messages(10)).await?;
    Ok(())
}

async fn hears(bus: &Bus) -> Result<(), String> {
    let mut live = bus.subscribe_live().await.map_err(|error| error.to_string())?;
    bus.flush().await;
    let payload = bytes::Bytes::from_static(b"{}");
    let told = bus.publisher().live("live.acme.typing".to_owned(), payload).await;
    told.map_err(|error| error.to_string())?;
    live.next().await.map(|_| ()).ok_or_else(|| "nothing came".to_owned())
}

/// Asks what the other one answers, some times: a server that is busy may hear the question before it knows who listens.
async fn asks(bus: &Bus, other: &Bus) -> Result<(), String> {
    let mut questions =
        other.questions(subject::REPORT).await.map_err(|error| error.to_string())?;
    other.flush().await;
    let answers = async {
        while let Some(question) = questions.next().await {
            question.answer("here".into()).await.map_err(|error| error.to_string())?;
        }
        Err::<(), _>("the questions ended".to_owned())
    };
    let asking = async {
        for _ in 0..5 {
            let told = bus.ask_all(subject::REPORT, bytes::Bytes::new()).await;
            if told.map_err(|error| error.to_string())? == ["here"] {
                return Ok(());
            }
        }
        Err("no answer".to_owned())
    };
    tokio::select! {
        Err(error) = answers => Err(error),
        told = asking => told,
    }
}

/// Redrives a dead letter and drops another one.
async fn redrives(bus: &Bus) -> Result<(), String> {
    let letters = bus.dead_letters();
    let (found, _) = letters.among(None, 10).await.map_err(|error| format!("{error:?}"))?;
    let [one, other, ..] = &found[..] else { return Err("too few letters".to_owned()) };
    letters.redrive(one).await.map_err(|error| format!("{error:?}"))?;
    letters.drop(other.sequence).await.map_err(|error| format!("{error:?}"))?;
    Ok(())
}

/// What is wrong is named by its line here, and mended in `nats/permissions.conf`. Those of one program go at
/// once; what they leave is of use to the next.
#[tokio::test(flavor = "multi_thread")]
async fn each_program_may_do_what_it_does_and_the_receiver_no_more() {
    let (guarded, operator) = Guarded::start().await;
    let receiver = &guarded.user("webhook-receiver").await;
    let sync = &guarded.user("sync-worker").await;
    let outbound = &guarded.user("outbound-worker").await;
    let api = &guarded.user("api").await;
    for stream in ["inbound.a.test", "outbound.acme.test", "activity.acme.test"] {
        operator.publisher().publish(envelope(stream, "first")).await.unwrap();
    }
    let mut wrong = all(
        "receiver",
        true,
        vec![
            ("publishes an event", publish(receiver, "inbound.a.b")),
            ("learns of the accounts", act(synced(receiver))),
            ("looks at the streams", act(receiver.require_streams_alone())),
            ("looks for what it confirmed", act(receiver.has_lost("INBOUND", 1, "first"))),
        ],
    )
    .await;
    wrong.extend(
        all(
            "sync",
            true,
            vec![
                ("looks at the streams", act(sync.require_streams())),
                ("consumes", act(rejects_all(sync, Consumer::SyncWorker))),
                ("announces", publish(sync, "activity.acme.b")),
                ("publishes what was missed", publish(sync, "inbound.a.c")),
                ("tells of accounts", act(put_and_remove(sync))),
                ("forgets an account", act(forget(sync))),
                ("learns of the accounts", act(synced(sync))),
            ],
        )
        .await,
    );
    wrong.extend(
        all(
            "outbound",
            true,
            vec![
                ("looks at the streams", act(outbound.require_streams())),
                ("consumes", act(rejects_all(outbound, Consumer::OutboundWorker))),
                ("relays", publish(outbound, "outbound.acme.b")),
                ("raises the high-water mark", act(raises(outbound))),
                ("announces", publish(outbound, "activity.acme.c")),
            ],
        )
        .await,
    );
    wrong.extend(
        all(
            "api",
            true,
            vec![
                ("announces", publish(api, "activity.acme.d")),
                ("follows the activities", act(tails(api))),
                ("tells and hears what is live", act(hears(api))),
                ("asks receivers, who answer", act(asks(api, receiver))),
                ("tells of accounts", act(put_and_remove(api))),
                ("redrives", act(redrives(api))),
                ("looks at a lane", act(api.lane(AccountKey::generate()))),
                ("looks for room", act(api.room(Consumer::SyncWorker))),
                ("reads events", act(read(api, "INBOUND"))),
                ("replays", publish(api, "inbound.a.d")),
            ],
        )
        .await,
    );
    wrong.extend(
        all(
            "receiver",
            false,
            vec![
                ("announces", publish(receiver, "activity.acme.e")),
                ("publishes a command", publish(receiver, "outbound.acme.c")),
                ("publishes a dead letter", publish(receiver, "dead-letter.INBOUND.x")),
                ("reads events", act(read(receiver, "INBOUND"))),
                ("reads activities", act(read(receiver, "ACTIVITY"))),
                ("reads dead letters", act(read(receiver, "DEAD_LETTER"))),
                ("changes an account", act(put_and_remove(receiver))),
                ("raises the high-water mark", act(raises(receiver))),
                ("forgets an account", act(forget(receiver))),
                ("asks other receivers", act(asks(receiver, receiver))),
                ("makes streams", act(streams::apply(receiver, Replicas::Keep))),
            ],
        )
        .await,
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// As docs/operations.md has it: a second user of the same permissions, until no program is the first any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_replaced_while_programs_run() {
    let (guarded, _operator) = Guarded::start().await;
    let before = guarded.user("api").await;
    before.connections().wait_for(|count| *count == 1).await.unwrap();
    let first = "    { user: api, password: $NATS_API_PASSWORD, permissions: $API }\n";
    let second = format!("    {{ user: api-2, password: '{PASSWORD}', permissions: $API }}\n");
    assert!(PERMISSIONS.contains(first));

    guarded.reload(&PERMISSIONS.replace(first, &format!("{first}{second}"))).await;
    let after = eventually_some(|| async { guarded.program("api", "api-2").await.ok() }).await;
    for api in [&before, &after] {
        assert_eq!(hears(api).await, Ok(()));
    }
    assert_eq!(*before.connections().borrow(), 1, "it was not cut off");

    guarded.reload(&PERMISSIONS.replace(first, &second)).await;
    eventually(|| async { !before.connected() }).await;
    assert_eq!(hears(&after).await, Ok(()));
    assert!(matches!(guarded.program("api", "api").await, Err(ConnectError::Refused(_))));
}
