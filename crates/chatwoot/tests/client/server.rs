//! Servers that answer a client in every good and bad way.

use std::net::SocketAddr;

use axum::Router;
use chatwoot::Client;
use chatwoot::client::Options;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

pub const TOKEN: &str = "FICTIONALtoken0000000000";

/// Serves a router for the rest of the test.
pub async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Reads some of a request, writes these bytes, and closes the connection.
pub async fn cut_after(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = connection.read(&mut request).await;
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    address
}

/// An address where nobody listens, and nobody begins to before this is dropped.
pub struct Nobody(TcpSocket);

impl Nobody {
    pub fn bound() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        Self(socket)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }
}

/// A client of account 1 there.
pub fn client(address: SocketAddr, options: &Options) -> Client {
    Client::new(&format!("http://{address}"), 1, &SecretString::from(TOKEN), options).unwrap()
}
