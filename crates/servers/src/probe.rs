//! Asks a server in its own protocol whether it is ready.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const INTERVAL: Duration = Duration::from_millis(10);
const ATTEMPT_LIMIT: Duration = Duration::from_secs(2);
/// A stream that is created and removed again as a test.
const TRIAL: &str = "AXIS_TRIAL";

/// What to ask, and where.
#[derive(Debug)]
pub(crate) enum Probe {
    Nats {
        port: u16,
        token: SecretString,
    },
    /// A member of a NATS cluster: ready once it knows the others and JetStream uses all of them.
    NatsCluster {
        port: u16,
        token: SecretString,
        members: usize,
    },
    Postgres {
        port: u16,
    },
}

impl Probe {
    /// Asks until the server is ready. Never returns if it never is.
    pub(crate) async fn until_ready(&self) {
        while !matches!(timeout(ATTEMPT_LIMIT, self.is_ready()).await, Ok(Ok(true))) {
            sleep(INTERVAL).await;
        }
    }

    pub(crate) fn port(&self) -> u16 {
        match self {
            Self::Nats { port, .. } | Self::NatsCluster { port, .. } | Self::Postgres { port } => {
                *port
            }
        }
    }

    async fn is_ready(&self) -> io::Result<bool> {
        match self {
            Self::Nats { port, token } => Ok(connected(*port, token).await?.is_some()),
            Self::NatsCluster { port, token, members } => {
                nats_cluster_answers(*port, token, *members).await
            }
            Self::Postgres { port } => postgres_answers(*port).await,
        }
    }
}

/// Connects to a NATS server. Returns the connection and the server's description of itself, or `None` if the server
/// does not let us in.
async fn connected(
    port: u16,
    token: &SecretString,
) -> io::Result<Option<(BufReader<TcpStream>, Value)>> {
    let mut stream = BufReader::new(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let Some(info) = line.strip_prefix("INFO ") else { return Ok(None) };
    let info = serde_json::from_str(info)?;
    let options = json!({
        "verbose": false, "pedantic": false, "lang": "rust", "version": env!("CARGO_PKG_VERSION"),
        "auth_token": token.expose_secret(),
    });
    stream.write_all(format!("CONNECT {options}\r\nPING\r\n").as_bytes()).await?;
    line.clear();
    stream.read_line(&mut line).await?;
    Ok((line.trim_end() == "PONG").then_some((stream, info)))
}

/// Whether a member knows all others, and JetStream can create a stream with a copy on each of them: it answers before
/// it takes all of them for present.
async fn nats_cluster_answers(port: u16, token: &SecretString, members: usize) -> io::Result<bool> {
    let Some((mut stream, info)) = connected(port, token).await? else { return Ok(false) };
    let known = info.get("connect_urls").and_then(Value::as_array).map_or(0, Vec::len);
    if known < members {
        return Ok(false);
    }
    stream.write_all(b"SUB probe 1\r\n").await?;
    let config = json!({
        "name": TRIAL, "subjects": [TRIAL], "num_replicas": members, "storage": "file",
    });
    let made = asked(&mut stream, "CREATE", &config.to_string()).await?;
    Ok(made && asked(&mut stream, "DELETE", "").await?)
}

/// Has JetStream do something with the test stream. Returns whether it did.
async fn asked(stream: &mut BufReader<TcpStream>, what: &str, payload: &str) -> io::Result<bool> {
    let length = payload.len();
    let request = format!("PUB $JS.API.STREAM.{what}.{TRIAL} probe {length}\r\n{payload}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut line = String::new();
    while !line.starts_with("MSG ") {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
    }
    line.clear();
    stream.read_line(&mut line).await?;
    let answer: Value = serde_json::from_str(&line)?;
    Ok(answer.get("error").is_none())
}

/// Whether the server asks a connection for its password. While it starts up, it refuses connections with an error
/// instead.
async fn postgres_answers(port: u16) -> io::Result<bool> {
    const PROTOCOL_3_0: [u8; 4] = 0x0003_0000_u32.to_be_bytes();
    const PARAMETERS: &[u8] = b"user\0postgres\0database\0postgres\0\0";
    const AUTHENTICATION: u8 = b'R';

    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let length = u32::try_from(4 + PROTOCOL_3_0.len() + PARAMETERS.len()).unwrap_or_default();
    let startup = [&length.to_be_bytes(), &PROTOCOL_3_0, PARAMETERS].concat();
    stream.write_all(&startup).await?;
    Ok(stream.read_u8().await? == AUTHENTICATION)
}
