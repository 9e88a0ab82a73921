use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::error::Error;
use crate::folder::Folder;
use crate::probe::Probe;
use crate::server::{Program, Server, Spec};
use crate::{binaries, secret};

/// The most bytes that all streams may reserve together: more than anybody has. Streams have limits of their own.
/// Without this setting, the server would use three quarters of the disk space that is free when it starts, and refuse
/// to create streams on a disk that would do for years.
const MAX_FILE_STORE: u64 = 1 << 40;

/// How to run a private `nats-server` with JetStream.
#[derive(Debug, Clone)]
pub struct NatsOptions {
    /// The folder with everything that belongs to this server; created if missing.
    pub data_dir: PathBuf,
    /// The port to listen on. If it is taken, or `None`, the server takes any free one.
    pub port: Option<u16>,
    /// The largest message, headers included, in bytes.
    pub max_payload: u32,
    /// The file `nats-server`. By default it is `AXIS_NATS_SERVER`, or else the one that `make setup` fetched.
    pub binary: Option<PathBuf>,
}

impl NatsOptions {
    /// Options for a server with its data in `data_dir`, on any free port, for messages of up to 8 MiB.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), port: None, max_payload: 8 * 1024 * 1024, binary: None }
    }
}

/// A private `nats-server`. Dropping this kills the server; [`Nats::stop`] ends it gracefully.
#[derive(Debug)]
pub struct Nats {
    name: String,
    server: Server,
}

/// A server's part in a cluster.
#[derive(Debug)]
pub(crate) struct Membership {
    /// The name by which the others know the server.
    pub(crate) name: String,
    /// The token for clients, which is the same for all members.
    pub(crate) token: SecretString,
    /// The setting `cluster` of the server's configuration.
    pub(crate) cluster: Value,
}

impl Nats {
    /// Starts the server and returns once it answers.
    pub async fn start(options: NatsOptions) -> Result<Self, Error> {
        Self::start_as(options, None).await
    }

    pub(crate) async fn start_as(
        options: NatsOptions,
        membership: Option<Membership>,
    ) -> Result<Self, Error> {
        let binary = binaries::nats(options.binary)?;
        let folder = Folder::open(&options.data_dir)?;
        let path = folder.path().to_owned();
        if path.to_str().is_none() {
            return Err(Error::NotText { folder: path });
        }
        let (name, token, cluster) = match membership {
            Some(Membership { name, token, cluster }) => (name, token, Some(cluster)),
            None => ("axis".to_owned(), secret::load_or_create(&path.join("token"))?, None),
        };
        let spec = |port| {
            let config_file = path.join("nats-server.conf");
            let mut config = json!({
                "server_name": name,
                "listen": format!("127.0.0.1:{port}"),
                "authorization": { "token": token.expose_secret() },
                "max_payload": options.max_payload,
                "jetstream": {
                    "store_dir": path.join("jetstream"),
                    "max_file_store": MAX_FILE_STORE,
                },
            });
            if let Some(cluster) = &cluster {
                config["cluster"] = cluster.clone();
            }
            secret::write(&config_file, &config.to_string().into())?;
            Ok(Spec {
                name: "nats-server",
                program: Program {
                    path: binary.clone(),
                    arguments: vec!["--config".into(), config_file.into()],
                    current_dir: path.clone(),
                    user: None,
                },
                stop: Signal::TERM,
                last: Signal::KILL,
                probe: Probe::Nats { port, token: token.clone() },
                url: format!("nats://{}@127.0.0.1:{port}", token.expose_secret()).into(),
            })
        };
        let server = Server::start(folder, options.port, spec).await?;
        Ok(Self { name, server })
    }

    /// The server's name, by which the others in its cluster know it too.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.port()
    }

    pub(crate) fn did_not_join(&self, limit: Duration) -> Error {
        let reason = format!("it did not become part of its cluster within {} s", limit.as_secs());
        self.server.did_not_start(reason)
    }

    /// `nats://<token>@127.0.0.1:<port>`. It stays the same for as long as this exists.
    pub fn url(&self) -> &SecretString {
        self.server.url()
    }

    /// The process id. Returns `None` while the server is stopped.
    pub async fn pid(&self) -> Option<u32> {
        self.server.pid().await
    }

    /// Waits until the server has ended, for whatever reason. Returns at once if it is stopped.
    pub async fn wait(&self) {
        self.server.wait().await;
    }

    /// Stops the server gracefully.
    pub async fn stop(&self) -> Result<(), Error> {
        self.server.stop().await
    }

    /// Kills the server, as a crash would.
    pub async fn kill(&self) -> Result<(), Error> {
        self.server.kill().await
    }

    /// Stops the server, if it runs, and starts it again on the same port and data.
    pub async fn restart(&self) -> Result<(), Error> {
        self.server.restart().await
    }

    /// Freezes the server: its connections stay open, but nothing answers.
    pub async fn pause(&self) {
        self.server.pause().await;
    }

    /// Lets the server's files take nothing, as on a full disk. Does nothing on systems other than Linux.
    pub async fn fill_disk(&self) {
        self.server.limit_files(true).await;
    }

    /// Ends what [`Nats::fill_disk`] began.
    pub async fn free_disk(&self) {
        self.server.limit_files(false).await;
    }

    /// Lets a paused server go on.
    pub async fn resume(&self) {
        self.server.resume().await;
    }
}
