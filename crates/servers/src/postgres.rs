use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{fs, io};

use rustix::process::Signal;
use secrecy::{ExposeSecret, SecretString};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::error::{During, Error};
use crate::folder::Folder;
use crate::probe::Probe;
use crate::server::{Program, Server, Spec};
use crate::unprivileged::User;
use crate::{binaries, pid_file, secret};

const NAME: &str = "PostgreSQL";
/// How long what initdb had started may go on after initdb was killed.
const LAST_WRITES: Duration = Duration::from_secs(10);

/// How to run a private `PostgreSQL` server.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The folder with everything that belongs to this server; created if missing.
    pub data_dir: PathBuf,
    /// The port to listen on. If it is taken, or `None`, the server takes any free one.
    pub port: Option<u16>,
    /// Whether commits survive a power cut. Tests are faster without. Either way a confirmed commit survives
    /// [`Postgres::kill`].
    pub durable: bool,
    /// How many connections are accepted at once.
    pub max_connections: u16,
    /// The folder with `postgres` and `initdb`. By default it is `AXIS_POSTGRES_BIN`, or else the one that `make setup`
    /// fetched.
    pub bin_dir: Option<PathBuf>,
}

impl PostgresOptions {
    /// Options for a durable server with its data in `data_dir`, on any free port, for 200 connections.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            port: None,
            durable: true,
            max_connections: 200,
            bin_dir: None,
        }
    }
}

/// A private `PostgreSQL` server. Dropping this ends the server at once, and the next start begins with a recovery.
/// [`Postgres::stop`] ends it gracefully.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    password: SecretString,
    port: u16,
    elsewhere: Option<PathBuf>,
}

impl Postgres {
    /// Creates the server's data if there is none, starts it, and returns once it accepts connections.
    pub async fn start(options: PostgresOptions) -> Result<Self, Error> {
        let bin_dir = binaries::postgres(options.bin_dir.clone())?;
        let folder = Folder::open(&options.data_dir)?;
        let place = Place::prepare(&folder, bin_dir).await?;
        let elsewhere = (place.home != folder.path()).then(|| place.home.clone());
        let password_file = folder.path().join("password");
        let data = place.home.join("data");
        let password = match secret::load(&password_file)? {
            Some(password) => password,
            None if data.exists() => return Err(Error::PasswordLost { file: password_file }),
            None => secret::create(&password_file)?,
        };
        if !data.exists() {
            place.initialise(&folder, &password).await?;
        }
        pid_file::remove_unless_true(&data)?;
        let server = Server::start(folder, options.port, |port| {
            Ok(Spec {
                name: NAME,
                program: place.program("postgres", arguments(&data, port, &options)),
                stop: Signal::INT,
                // Not SIGKILL, which would leave shared memory behind.
                last: Signal::QUIT,
                probe: Probe::Postgres { port },
                url: url(&password, port, "postgres"),
            })
        })
        .await?;
        let port = server.port();
        Ok(Self { server, password, port, elsewhere })
    }

    /// `postgres://postgres:<password>@127.0.0.1:<port>/postgres`, for the superuser. It stays the same for as long as
    /// this exists.
    pub fn url(&self) -> &SecretString {
        self.server.url()
    }

    /// The superuser's URL of another database.
    pub fn url_of(&self, database: &str) -> SecretString {
        url(&self.password, self.port, database)
    }

    /// Where the data are, if they cannot be in the data folder: see the crate's documentation on root.
    pub fn elsewhere(&self) -> Option<&Path> {
        self.elsewhere.as_deref()
    }

    /// The process id. Returns `None` while the server is stopped.
    pub async fn pid(&self) -> Option<u32> {
        self.server.pid().await
    }

    /// Waits until the server has ended, for whatever reason. Returns at once if it is stopped.
    pub async fn wait(&self) {
        self.server.wait().await;
    }

    /// Stops the server gracefully: connections are closed and everything is written.
    pub async fn stop(&self) -> Result<(), Error> {
        self.server.stop().await
    }

    /// Kills the server and all its processes, as a crash would.
    pub async fn kill(&self) -> Result<(), Error> {
        self.server.kill().await
    }

    /// Stops the server, if it runs, and starts it again on the same port and data.
    pub async fn restart(&self) -> Result<(), Error> {
        self.server.restart().await
    }

    /// Freezes the server and all its processes: connections stay open, but nothing answers.
    pub async fn pause(&self) {
        self.server.pause().await;
    }

    /// Lets a paused server go on.
    pub async fn resume(&self) {
        self.server.resume().await;
    }
}

/// Removes a folder that a process of an interrupted start may still be writing into, for a moment.
async fn remove(folder: &Path) -> io::Result<()> {
    let until = Instant::now() + LAST_WRITES;
    loop {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error)
                if error.kind() == io::ErrorKind::DirectoryNotEmpty && Instant::now() < until =>
            {
                sleep(Duration::from_millis(50)).await;
            }
            outcome => return outcome,
        }
    }
}

fn url(password: &SecretString, port: u16, database: &str) -> SecretString {
    format!("postgres://postgres:{}@127.0.0.1:{port}/{database}", password.expose_secret()).into()
}

fn arguments(data: &Path, port: u16, options: &PostgresOptions) -> Vec<OsString> {
    // Without these, commits still reach the operating system, and so outlive the server.
    let fast = ["fsync=off", "full_page_writes=off"];
    let fast = if options.durable { &[] } else { fast.as_slice() };
    let settings = [
        format!("port={port}"),
        format!("max_connections={}", options.max_connections),
        "listen_addresses=127.0.0.1".into(),
        "unix_socket_directories=".into(),
        "timezone=UTC".into(),
        "log_timezone=UTC".into(),
        "log_checkpoints=off".into(),
        // A new file of the log is filled with zeros first, for which all commits wait 50 ms and more. Those that are
        // there are used again, so as many are kept as `max_wal_size` lets a busy hour make.
        "min_wal_size=1GB".into(),
    ];
    let settings = settings.into_iter().chain(fast.iter().map(|&setting| setting.to_owned()));
    ["-D".into(), data.into()]
        .into_iter()
        .chain(settings.flat_map(|setting| ["-c".into(), setting.into()]))
        .collect()
}

/// Who runs the server, from where, and where its data is: see the crate's documentation on root.
struct Place {
    user: Option<User>,
    bin_dir: PathBuf,
    home: PathBuf,
}

impl Place {
    async fn prepare(folder: &Folder, bin_dir: PathBuf) -> Result<Self, Error> {
        let folder = folder.path().to_owned();
        let task = folder.clone();
        // Blocks: as root this may copy the binaries.
        spawn_blocking(move || match User::for_data_in(&folder)? {
            None => Ok(Self { user: None, bin_dir, home: folder }),
            Some(user) => Ok(Self {
                bin_dir: user.reachable_binaries(bin_dir)?,
                home: user.reachable_home(folder)?,
                user: Some(user),
            }),
        })
        .await
        .during("prepare", &task)?
    }

    fn program(&self, name: &str, arguments: Vec<OsString>) -> Program {
        Program {
            path: self.bin_dir.join(name),
            arguments,
            current_dir: self.home.clone(),
            user: self.user,
        }
    }

    /// Creates an empty database cluster, completely or not at all.
    async fn initialise(&self, folder: &Folder, password: &SecretString) -> Result<(), Error> {
        let (data, draft) = (self.home.join("data"), self.home.join("data.draft"));
        remove(&draft).await.during("remove", &draft)?;
        fs::create_dir(&draft).during("create", &draft)?;
        let password_file = self.home.join("initial-password");
        secret::write(&password_file, password)?;
        if let Some(user) = self.user {
            user.own(&draft)?;
            user.own(&password_file)?;
        }
        let mut arguments: Vec<OsString> = vec![
            "--pgdata".into(),
            (&draft).into(),
            "--pwfile".into(),
            (&password_file).into(),
            "--username=postgres".into(),
            "--auth=scram-sha-256".into(),
            "--encoding=UTF8".into(),
            "--no-sync".into(),
        ];
        arguments.extend(self.locale().into_iter().map(OsString::from));
        let child = self.program("initdb", arguments).spawn(folder, Signal::KILL).await?;
        child.wait().await;
        fs::remove_file(&password_file).during("remove", &password_file)?;
        match child.end() {
            Some(end) if end.is_success => fs::rename(&draft, &data).during("create", &data),
            end => Err(Error::DidNotStart {
                server: NAME,
                reason: format!("initdb ended with {}", end.map(|e| e.status).unwrap_or_default()),
                log: folder.log(),
                tail: folder.log_tail(),
            }),
        }
    }

    /// Options for the same collation and case rules on every machine: built in since version 17, the system's before.
    fn locale(&self) -> Vec<&'static str> {
        let output = Command::new(self.bin_dir.join("postgres")).arg("--version").output();
        let version = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned());
        let major = version.ok().and_then(|version| {
            version.split(' ').nth(2)?.split(['.', '\n']).next()?.parse::<u32>().ok()
        });
        if major.is_some_and(|major| major < 17) {
            vec!["--locale=C.UTF-8"]
        } else {
            let order = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
            // pg_trgm asks the system what a letter is, and the locale C knows only those of ASCII.
            let letters = cfg!(target_os = "linux").then_some("--lc-ctype=C.UTF-8");
            order.into_iter().chain(letters).collect()
        }
    }
}
