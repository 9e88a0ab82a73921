//! As little of HTTP/1.1 as it takes to ask a server on a connection that stays open: the client
//! must not be what limits the figures.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// A connection that carries one request at a time.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        Self::over(TcpStream::connect(address).await.context("connecting")?)
    }

    /// Opens a connection from another loopback address for each number: all ports of a single one
    /// would soon be in use by connections that have just been closed.
    pub async fn from_elsewhere(number: usize, address: SocketAddr) -> anyhow::Result<Self> {
        let [.., high, middle, low] = number.to_be_bytes();
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, high.max(1), middle, low.max(1)], 0)))?;
        Self::over(socket.connect(address).await.context("connecting")?)
    }

    fn over(stream: TcpStream) -> anyhow::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a whole request and reads the whole answer. Returns its status.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await.context("sending a request")?;
        self.buffer.clear();
        let head = loop {
            self.read().await?;
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let status = std::str::from_utf8(&self.buffer[..head])
            .ok()
            .and_then(|text| text.split(' ').nth(1)?.parse().ok())
            .context("an answer has no status")?;
        match header(&self.buffer[..head], "content-length") {
            Some(length) => {
                let length: usize = length.parse().context("an answer's length")?;
                while self.buffer.len() < head + length {
                    self.read().await?;
                }
            }
            None => {
                while !self.buffer.ends_with(b"0\r\n\r\n") {
                    self.read().await?;
                }
            }
        }
        Ok(status)
    }

    /// Reads something by GET as the API's user.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<&[u8]> {
        let status = self.ask(get(path, "application/json").as_bytes()).await?;
        if status != 200 {
            bail!("GET {path} answers {status}");
        }
        let body = find(&self.buffer, b"\r\n\r\n").map_or(0, |end| end + 4);
        Ok(&self.buffer[body..])
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await.context("reading an answer")?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

/// A request of the API's user.
pub fn get(path: &str, accept: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer mock-token\r\n\
         accept: {accept}\r\n\r\n"
    )
}

pub fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let head = std::str::from_utf8(head).ok()?;
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
