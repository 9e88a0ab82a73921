//! Asks a server, in its own protocol, whether it is ready.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const INTERVAL: Duration = Duration::from_millis(10);
const ATTEMPT_LIMIT: Duration = Duration::from_secs(2);

/// What to ask, and where.
#[derive(Debug)]
pub(crate) enum Probe {
    Nats { port: u16, token: SecretString },
    Postgres { port: u16 },
}

impl Probe {
    /// Asks until the server says yes. Never returns if it never does.
    pub(crate) async fn until_ready(&self) {
        while !matches!(timeout(ATTEMPT_LIMIT, self.is_ready()).await, Ok(Ok(true))) {
            sleep(INTERVAL).await;
        }
    }

    pub(crate) fn port(&self) -> u16 {
        match self {
            Self::Nats { port, .. } | Self::Postgres { port } => *port,
        }
    }

    async fn is_ready(&self) -> io::Result<bool> {
        match self {
            Self::Nats { port, token } => nats_answers(*port, token).await,
            Self::Postgres { port } => postgres_answers(*port).await,
        }
    }
}

/// Whether a connection with our token gets a `PONG`.
async fn nats_answers(port: u16, token: &SecretString) -> io::Result<bool> {
    let mut stream = BufReader::new(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    if !line.starts_with("INFO ") {
        return Ok(false);
    }
    let options = serde_json::json!({
        "verbose": false, "pedantic": false, "lang": "rust", "version": env!("CARGO_PKG_VERSION"),
        "auth_token": token.expose_secret(),
    });
    stream.write_all(format!("CONNECT {options}\r\nPING\r\n").as_bytes()).await?;
    line.clear();
    stream.read_line(&mut line).await?;
    Ok(line.trim_end() == "PONG")
}

/// Whether a connection is asked for its password: before that, the server would refuse it with an
/// error, as it does while it starts up.
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
