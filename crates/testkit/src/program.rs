//! Our programs as processes of their own, to be killed and started again.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::{eventually, scratch};

/// A program of this workspace, running. It is killed when this is dropped.
pub struct Program {
    name: &'static str,
    environment: Vec<(String, String)>,
    port: u16,
    log: PathBuf,
    child: Child,
}

impl Program {
    /// Starts a program with these variables and no others of ours, on a free port of its own, and
    /// waits until it says that it is ready.
    pub async fn start(name: &'static str, environment: &[(&str, &str)]) -> Self {
        let port = free_port();
        let mut environment: Vec<(String, String)> =
            environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        environment.push(("PORT".to_owned(), port.to_string()));
        let log = scratch(name).join("log");
        let child = spawn(name, &environment, &log);
        let program = Self { name, environment, port, log, child };
        program.ready().await;
        program
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it at once, as a crash would.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("a running program can be killed");
    }

    /// Starts it again with the same settings.
    pub async fn start_again(&mut self) {
        self.child = spawn(self.name, &self.environment, &self.log);
        self.ready().await;
    }

    /// Asks it to stop and says whether it ended well.
    pub async fn stop(mut self) -> bool {
        let id = self.child.id().expect("it runs").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(asked.expect("kill can be run").success(), "{} is gone already", self.name);
        self.child.wait().await.expect("it ends").success()
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

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}

/// Where a program of this workspace was built.
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
