//! What the two kinds of servers have in common: starting, stopping, killing and pausing one from its data folder.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::child::Child;
use crate::error::{During, Error};
use crate::folder::Folder;
use crate::identity::Identity;
use crate::probe::Probe;
use crate::unprivileged::User;
use crate::{port, secret};

/// How long a start may take, including recovery after a crash.
const START_LIMIT: Duration = Duration::from_mins(2);
/// How long a server may take to stop gracefully before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How long the kernel may take to end a process that was killed.
const KILL_LIMIT: Duration = Duration::from_secs(10);
/// How many ports to try, in case some are taken between being chosen and being used.
const PORT_ATTEMPTS: usize = 5;

/// A program of a server, and how to run it.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) current_dir: PathBuf,
    /// The user to run it as; `None` for our own.
    pub(crate) user: Option<User>,
}

impl Program {
    /// Runs the program without our environment, which could change what it does, and with its output in the folder's
    /// log.
    pub(crate) async fn spawn(&self, folder: &Folder, last_signal: Signal) -> Result<Child, Error> {
        let log = folder.start_log()?;
        let mut command = Command::new(&self.path);
        command
            .args(&self.arguments)
            .current_dir(&self.current_dir)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C")
            // Ctrl-C must not reach the servers: we stop them when we no longer need them.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().during("write", &folder.log())?)
            .stderr(log);
        if let Some(user) = &self.user {
            command.uid(user.uid).gid(user.gid);
        }
        Child::spawn(command, last_signal).await.during("run", &self.path)
    }
}

/// How to run one server.
#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) program: Program,
    /// The signal for a graceful end.
    pub(crate) stop: Signal,
    /// The signal that ends it at once, but with the cleaning up that it must not skip.
    pub(crate) last: Signal,
    pub(crate) probe: Probe,
    pub(crate) url: SecretString,
}

/// A server that was started here. It may be stopped at the moment.
#[derive(Debug)]
pub(crate) struct Server {
    spec: Spec,
    // Declared before the folder, since the process must be gone before the lock is released.
    running: Mutex<Option<Arc<Child>>>,
    folder: Folder,
}

impl Server {
    /// Starts the server that `spec` describes for a port: `wanted` if that is free, or else any free one.
    pub(crate) async fn start(
        folder: Folder,
        wanted: Option<u16>,
        spec: impl Fn(u16) -> Result<Spec, Error>,
    ) -> Result<Self, Error> {
        let mut attempt = 1;
        loop {
            let port = port::choose(wanted);
            let spec = spec(port)?;
            match launch(&spec, &folder).await {
                Ok(child) => {
                    let running = Mutex::new(Some(Arc::new(child)));
                    return Ok(Self { spec, running, folder });
                }
                Err(Error::DidNotStart { tail, .. })
                    if attempt < PORT_ATTEMPTS
                        && (tail.to_lowercase().contains("address already in use")
                            || !port::is_free(port)) =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.spec.probe.port()
    }

    pub(crate) fn url(&self) -> &SecretString {
        &self.spec.url
    }

    /// The process id. Returns `None` while the server is stopped.
    pub(crate) async fn pid(&self) -> Option<u32> {
        self.running.lock().await.as_ref().map(|child| child.pid())
    }

    /// Waits until the server has ended, for whatever reason.
    pub(crate) async fn wait(&self) {
        let child = self.running.lock().await.clone();
        if let Some(child) = child {
            child.wait().await;
        }
    }

    /// Stops the server gracefully, or by force if that takes too long.
    pub(crate) async fn stop(&self) -> Result<(), Error> {
        let mut running = self.running.lock().await;
        if let Some(child) = running.as_ref() {
            child.resume();
            child.signal(self.spec.stop);
            if !child.ends_within(STOP_LIMIT).await {
                self.end_by_force(child).await?;
            }
            *running = None;
        }
        Ok(())
    }

    /// Kills the server and its children, as a crash would.
    pub(crate) async fn kill(&self) -> Result<(), Error> {
        let mut running = self.running.lock().await;
        if let Some(child) = running.as_ref() {
            self.end_by_force(child).await?;
            *running = None;
        }
        Ok(())
    }

    /// Stops the server, if it runs, and starts it on the same port and data.
    pub(crate) async fn restart(&self) -> Result<(), Error> {
        self.stop().await?;
        let mut running = self.running.lock().await;
        if running.is_none() {
            *running = Some(Arc::new(launch(&self.spec, &self.folder).await?));
        }
        Ok(())
    }

    /// Freezes the server: its connections stay open, but nothing answers.
    pub(crate) async fn pause(&self) {
        if let Some(child) = self.running.lock().await.as_ref() {
            child.freeze().await;
        }
    }

    /// Has the server's writes to files fail, or lets them succeed again.
    pub(crate) async fn limit_files(&self, full: bool) {
        if let Some(child) = self.running.lock().await.as_ref() {
            child.limit_files(full);
        }
    }

    pub(crate) fn did_not_start(&self, reason: String) -> Error {
        did_not_start(&self.spec, &self.folder, reason)
    }

    /// Lets a paused server go on.
    pub(crate) async fn resume(&self) {
        if let Some(child) = self.running.lock().await.as_ref() {
            child.resume();
        }
    }

    async fn end_by_force(&self, child: &Child) -> Result<(), Error> {
        child.signal(Signal::STOP);
        let children = child.signal_children(Signal::KILL);
        child.signal(Signal::KILL);
        if !child.ends_within(KILL_LIMIT).await {
            return Err(Error::DoesNotEnd { server: self.spec.name, pid: child.pid() });
        }
        for process in children {
            if !process.ends_within(KILL_LIMIT).await {
                return Err(Error::DoesNotEnd { server: self.spec.name, pid: process.pid });
            }
        }
        Ok(())
    }
}

/// Spawns the server and returns once it answers.
async fn launch(spec: &Spec, folder: &Folder) -> Result<Child, Error> {
    folder.end_leftover(spec.name, spec.stop).await?;
    let child = spec.program.spawn(folder, spec.last).await?;
    if let Some(process) = Identity::of(child.pid()) {
        folder.record(process)?;
    }
    let failure = tokio::select! {
        biased;
        () = child.wait() => child.end().map(|end| format!("it ended with {}", end.status)),
        ready = timeout(START_LIMIT, spec.probe.until_ready()) => match ready {
            Ok(()) => None,
            Err(_) => Some(format!("it did not answer within {} s", START_LIMIT.as_secs())),
        },
    };
    match failure {
        None => {
            secret::write(&folder.path().join("url"), &spec.url)?;
            Ok(child)
        }
        Some(reason) => Err(did_not_start(spec, folder, reason)),
    }
}

fn did_not_start(spec: &Spec, folder: &Folder, reason: String) -> Error {
    Error::DidNotStart { server: spec.name, reason, log: folder.log(), tail: folder.log_tail() }
}
