//! Runs our programs as processes of their own, which can be killed and restarted.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use servers::free_port;
use tokio::process::{Child, Command};

use crate::{eventually, scratch};

/// A running program of this workspace. It is killed when this is dropped.
pub struct Program {
    name: &'static str,
    environment: Vec<(String, String)>,
    port: u16,
    log: PathBuf,
    child: Child,
}

impl Program {
    /// Starts a program with these environment variables and no others of ours, on a free port, and waits until it says
    /// that it is ready.
    pub async fn start(name: &'static str, environment: &[(&str, &str)]) -> Self {
        let port = free_port();
        let port_text = port.to_string();
        // There is no balancer that has to notice that it stops, unless the test says so.
        let environment = [&[("AXIS_LEAVE_SECONDS", "0")], environment, &[("PORT", &port_text)]];
        let environment: Vec<(String, String)> =
            environment.concat().iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let log = scratch(name).join("log");
        let child = spawn(name, &environment, &log);
        let program = Self { name, environment, port, log, child };
        program.ready().await;
        program
    }

    /// The program's address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The process id. Returns `None` once the program has ended.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// The log file of all runs so far.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Kills the program, as a crash would, even if it is paused.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("a running program can be killed");
    }

    /// Starts the program again with the same settings, and waits until it is ready.
    pub async fn start_again(&mut self) {
        self.launch_again();
        self.ready().await;
    }

    /// Starts the program again with the same settings, without waiting until it is ready: it may end instead if the
    /// servers that it needs are away.
    pub fn launch_again(&mut self) {
        self.child = spawn(self.name, &self.environment, &self.log);
    }

    /// Whether the program has ended, by itself or by [`Program::kill`].
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked after").is_some()
    }

    /// Freezes the program: its connections stay open, but nothing answers.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
        if let Some(pid) = self.process() {
            // Until it has stopped, some of its threads may go on.
            let stands_still =
                WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            waitid(WaitId::Pid(pid), stands_still).expect("a child can be waited for");
        }
    }

    /// Lets a frozen program go on.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Asks the program to stop and waits for it. Returns whether it succeeded.
    pub async fn stop(mut self) -> bool {
        assert!(self.child.id().is_some(), "{} is gone already", self.name);
        self.end().await
    }

    /// Asks the program to stop and waits for it. Returns whether it succeeded. It can be started again.
    pub async fn end(&mut self) -> bool {
        self.ask_to_stop();
        self.child.wait().await.expect("it ends").success()
    }

    /// Asks the program to stop, without waiting for it.
    pub fn ask_to_stop(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends a signal, unless the program has ended.
    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.process() {
            kill_process(pid, signal).expect("a child can be signalled");
        }
    }

    /// The process to signal. It is a child that has not been reaped, so no other process has its id.
    fn process(&self) -> Option<Pid> {
        self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw)
    }

    async fn ready(&self) {
        let (url, log) = (format!("{}/ready", self.url()), &self.log);
        let what = format!("{} is ready; its log is {}", self.name, log.display());
        let client = crate::http();
        eventually(&what, || {
            let request = client.get(&url).send();
            async { request.await.is_ok_and(|answer| answer.status().is_success()) }
        })
        .await;
    }
}

/// The path of a built program of this workspace.
pub fn program_path(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("this test is a program");
    let folder = own.ancestors().nth(2).expect("tests are built below the programs");
    let path = folder.join(name);
    assert!(path.exists(), "{} is not built; run `cargo build --workspace`", path.display());
    path
}

fn spawn(name: &str, environment: &[(String, String)], log: &PathBuf) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log);
    let log = log.expect("a log can be written");
    Command::new(program_path(name))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(environment.iter().map(|(k, v)| (k, v)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .expect("a built program can be started")
}
