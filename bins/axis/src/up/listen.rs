//! The one port.

use anyhow::Context as _;
use tokio::net::TcpListener;

/// The port if none is wished for, and how many are tried from it on.
const PORT: u16 = 8000;
const TRIED: u16 = 20;

/// Listens on the wished port and no other. If none is wished for, listens on 8000 or the next free one.
pub(super) async fn on(host: &str, port: Option<u16>) -> anyhow::Result<TcpListener> {
    if let Some(port) = port {
        return Ok(service::listen(host, port).await?);
    }
    for port in PORT..PORT + TRIED {
        match service::listen(host, port).await {
            Err(error) if error.is_taken() => {}
            listening => return Ok(listening?),
        }
    }
    // Once more, for the error that says why.
    service::listen(host, PORT).await.context("no port from 8000 to 8019 is free; set PORT")
}
