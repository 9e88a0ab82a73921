//! Real servers, started, broken and found again.

#![expect(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

mod folders;

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use servers::{Nats, NatsCluster, NatsOptions, Postgres, PostgresOptions, free_port};
use sqlx::{Connection, Executor, PgConnection};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader as AsyncBufReader};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// Far beyond what anything here takes: reached only if it never happens.
const LIMIT: Duration = Duration::from_mins(1);

fn nats_options(folder: &Path) -> NatsOptions {
    NatsOptions::new(folder.join("nats"))
}

fn postgres_options(folder: &Path) -> PostgresOptions {
    PostgresOptions { durable: false, ..PostgresOptions::new(folder.join("postgres")) }
}

fn port_of(url: &SecretString) -> u16 {
    let address = url.expose_secret().rsplit('@').next().unwrap();
    address.trim_start_matches("127.0.0.1:").split('/').next().unwrap().parse().unwrap()
}

/// What `nats-server` answers to a `PING` of a client with `token`.
async fn nats_answer(port: u16, token: &str) -> std::io::Result<String> {
    let mut stream = AsyncBufReader::new(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let connect = format!("CONNECT {{\"verbose\":false,\"auth_token\":\"{token}\"}}\r\nPING\r\n");
    stream.write_all(connect.as_bytes()).await?;
    line.clear();
    stream.read_line(&mut line).await?;
    Ok(line.trim_end().to_owned())
}

fn token_of(url: &SecretString) -> String {
    let url = url.expose_secret().strip_prefix("nats://").unwrap();
    url.split_once('@').unwrap().0.to_owned()
}

fn is_alive(pid: u32) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

async fn vanishes(pid: u32) {
    let deadline = Instant::now() + LIMIT;
    while is_alive(pid) {
        assert!(Instant::now() < deadline, "process {pid} still runs");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn nats_lets_in_only_who_knows_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let nats = Nats::start(nats_options(folder.path())).await.unwrap();
    let port = port_of(nats.url());

    assert_eq!(nats_answer(port, &token_of(nats.url())).await.unwrap(), "PONG");
    assert!(nats_answer(port, "guess").await.unwrap().contains("Authorization Violation"));
    assert!(!format!("{nats:?}").contains(&token_of(nats.url())));
    nats.stop().await.unwrap();
    assert!(nats_answer(port, "").await.is_err());
}

#[tokio::test]
async fn nats_comes_back_after_a_kill_at_the_same_url() {
    let folder = tempfile::tempdir().unwrap();
    let nats = Nats::start(nats_options(folder.path())).await.unwrap();
    let (port, token) = (port_of(nats.url()), token_of(nats.url()));
    let first = nats.pid().await.unwrap();

    nats.kill().await.unwrap();
    assert!(!is_alive(first));
    assert_eq!(nats.pid().await, None);
    nats.restart().await.unwrap();
    assert_ne!(nats.pid().await, Some(first));
    assert_eq!(nats_answer(port, &token).await.unwrap(), "PONG");
}

#[tokio::test]
async fn a_paused_server_answers_only_once_it_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let nats = Nats::start(nats_options(folder.path())).await.unwrap();
    let (port, token) = (port_of(nats.url()), token_of(nats.url()));

    nats.pause().await;
    let mut answer = Box::pin(nats_answer(port, &token));
    assert!(timeout(Duration::from_millis(100), &mut answer).await.is_err());
    nats.resume().await;
    assert_eq!(timeout(LIMIT, answer).await.unwrap().unwrap(), "PONG");

    nats.pause().await;
    nats.stop().await.unwrap();
    assert_eq!(nats.pid().await, None);
}

#[tokio::test]
async fn a_cluster_loses_any_node_and_lets_it_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = NatsCluster::start(nats_options(folder.path())).await.unwrap();
    let urls = cluster.url().expose_secret().split(',').count();
    let names: Vec<&str> = cluster.nodes().iter().map(Nats::name).collect();
    assert_eq!((urls, names.as_slice()), (3, ["axis-1", "axis-2", "axis-3"].as_slice()));

    for node in cluster.nodes() {
        let (port, token) = (port_of(node.url()), token_of(node.url()));
        node.kill().await.unwrap();
        for other in cluster.nodes().iter().filter(|other| other.name() != node.name()) {
            jetstream_answers(port_of(other.url()), &token).await;
        }
        node.restart().await.unwrap();
        jetstream_answers(port, &token).await;
        assert!(nats_answer(port, "guess").await.unwrap().contains("Authorization Violation"));
    }
}

/// Waits until a node has JetStream's answer for its client.
async fn jetstream_answers(port: u16, token: &str) {
    let deadline = Instant::now() + LIMIT;
    loop {
        let asked = async {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
            let mut stream = AsyncBufReader::new(stream);
            let connect = format!("CONNECT {{\"verbose\":false,\"auth_token\":\"{token}\"}}\r\n");
            let ask = format!("{connect}SUB a 1\r\nPUB $JS.API.INFO a 0\r\n\r\n");
            stream.write_all(ask.as_bytes()).await?;
            let mut line = String::new();
            while !line.starts_with('{') {
                line.clear();
                stream.read_line(&mut line).await?;
            }
            std::io::Result::Ok(!line.contains("\"error\""))
        };
        if let Ok(Ok(true)) = timeout(Duration::from_secs(2), asked).await {
            return;
        }
        assert!(Instant::now() < deadline, "JetStream does not answer on port {port}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn postgres_keeps_what_it_committed_through_a_kill_and_a_new_start() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(postgres_options(folder.path())).await.unwrap();
    let url = postgres.url().expose_secret().to_owned();
    let first = postgres.pid().await.unwrap();
    assert!(!format!("{postgres:?}").contains("postgres://"));
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute("create table kept as select 'Olá' as word").await.unwrap();

    postgres.kill().await.unwrap();
    assert!(!is_alive(first));
    assert!(connection.execute("select 1").await.is_err());
    postgres.restart().await.unwrap();
    assert_eq!(postgres.url().expose_secret(), url);
    assert_eq!(kept(&url).await, ["Olá"]);

    postgres.stop().await.unwrap();
    drop(postgres);
    let again = Postgres::start(postgres_options(folder.path())).await.unwrap();
    assert_eq!(kept(again.url().expose_secret()).await, ["Olá"]);
    assert_eq!(kept(again.url_of("postgres").expose_secret()).await, ["Olá"]);
}

async fn kept(url: &str) -> Vec<String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar("select word from kept").fetch_all(&mut connection).await.unwrap()
}

#[tokio::test]
async fn postgres_lets_in_only_who_knows_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(postgres_options(folder.path())).await.unwrap();
    let url = format!("postgres://postgres:guess@127.0.0.1:{}/postgres", port_of(postgres.url()));
    let refusal = PgConnection::connect(&url).await.unwrap_err().to_string();
    assert!(refusal.contains("password authentication failed"), "{refusal}");
}

#[tokio::test]
async fn a_paused_postgres_freezes_the_connections_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(postgres_options(folder.path())).await.unwrap();
    let url = postgres.url().expose_secret();
    let mut connection = PgConnection::connect(url).await.unwrap();

    postgres.pause().await;
    {
        let mut answer = Box::pin(connection.execute("select 1"));
        assert!(timeout(Duration::from_millis(100), &mut answer).await.is_err());
        postgres.resume().await;
        timeout(LIMIT, answer).await.unwrap().unwrap();
    }
    postgres.pause().await;
    postgres.stop().await.unwrap();
    assert_eq!(postgres.pid().await, None);
}

#[tokio::test]
async fn a_paused_postgres_that_is_dropped_leaves_no_process_behind() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(postgres_options(folder.path())).await.unwrap();
    let mut connection = PgConnection::connect(postgres.url().expose_secret()).await.unwrap();
    let backend: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await.unwrap();
    let (server, backend) = (postgres.pid().await.unwrap(), backend.unsigned_abs());

    postgres.pause().await;
    drop(postgres);
    assert!(!is_alive(server));
    assert!(!is_alive(backend));
}

#[tokio::test]
async fn a_taken_port_is_left_to_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let owner = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = owner.local_addr().unwrap().port();
    let options = NatsOptions { port: Some(taken), ..nats_options(folder.path()) };
    let nats = Nats::start(options).await.unwrap();
    assert_ne!(port_of(nats.url()), taken);
}

#[test]
fn a_free_port_can_be_taken() {
    TcpListener::bind((Ipv4Addr::LOCALHOST, free_port())).unwrap();
}

#[tokio::test]
async fn a_failed_start_quotes_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let options = PostgresOptions { max_connections: 0, ..postgres_options(folder.path()) };
    let error = Postgres::start(options).await.unwrap_err().to_string();
    assert!(error.contains("max_connections"), "{error}");
}

#[tokio::test]
async fn servers_do_not_outlive_a_parent_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "parent_to_be_killed", "--ignored", "--nocapture"])
        .env("SERVERS_TEST_FOLDER", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(parent.stdout.take().unwrap());
    let pids: Vec<u32> = output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once("server pids: ")?.1.to_owned()))
        .unwrap()
        .split(' ')
        .map(|pid| pid.parse().unwrap())
        .collect();
    assert!(pids.iter().all(|pid| is_alive(*pid)));
    parent.kill().unwrap();
    parent.wait().unwrap();

    if cfg!(target_os = "linux") {
        for pid in &pids {
            vanishes(*pid).await;
        }
    }
    Nats::start(nats_options(folder.path())).await.unwrap();
    Postgres::start(postgres_options(folder.path())).await.unwrap();
    for pid in &pids {
        assert!(!is_alive(*pid));
    }
}

/// A frozen server cannot act on the signal that its parent's death sends it.
#[tokio::test]
async fn the_next_start_ends_what_a_killed_parent_left_frozen() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "parent_to_be_killed", "--ignored", "--nocapture"])
        .env("SERVERS_TEST_FOLDER", folder.path())
        .env("SERVERS_TEST_PAUSE", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(parent.stdout.take().unwrap());
    let line = output.lines().map_while(Result::ok).find(|line| line.contains("server pids: "));
    let pid: u32 = line.unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();

    assert!(is_alive(pid));
    Postgres::start(postgres_options(folder.path())).await.unwrap();
    assert!(!is_alive(pid));
}

#[tokio::test]
#[ignore = "not a test: the parent that other tests run and kill"]
async fn parent_to_be_killed() {
    let Some(folder) = std::env::var_os("SERVERS_TEST_FOLDER") else { return };
    let folder = Path::new(&folder);
    let nats = Nats::start(nats_options(folder)).await.unwrap();
    let postgres = Postgres::start(postgres_options(folder)).await.unwrap();
    if std::env::var_os("SERVERS_TEST_PAUSE").is_some() {
        postgres.pause().await;
    }
    println!("server pids: {} {}", nats.pid().await.unwrap(), postgres.pid().await.unwrap());
    std::future::pending::<()>().await;
}
