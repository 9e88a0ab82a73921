//! Stands in for a proxy that pools a database's connections by transaction, as `PgBouncer` does.

use secrecy::ExposeSecret as _;
use store::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// The startup parameters that a client may send. Their names are case-insensitive.
const PARAMETERS: [&str; 7] = [
    "application_name",
    "client_encoding",
    "database",
    "datestyle",
    "standard_conforming_strings",
    "timezone",
    "user",
];
/// Requests an encrypted connection, in place of a protocol version.
const ENCRYPT: u32 = 80_877_103;

/// Starts such a proxy before a database, and returns the settings to reach it. The proxy refuses clients that ask for
/// what cannot be kept across transactions, and passes on no notifications: a client that listens has another server
/// connection for each transaction, and none in between.
pub async fn pooled(config: &Config) -> Config {
    let url = config.database_url.expose_secret();
    let (user, place) = url.rsplit_once('@').expect("the address names a user");
    let (server, database) = place.split_once('/').expect("the address names a database");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let proxy = listener.local_addr().expect("it has an address");
    let server = server.to_owned();
    let url = format!("{user}@{proxy}/{database}");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(serve(client, server.clone()));
        }
    });
    Config { database_url: url.into(), ..config.clone() }
}

/// Serves a client until either side closes its connection.
async fn serve(mut client: TcpStream, server: String) -> Option<()> {
    let startup = loop {
        let length = client.read_u32().await.ok()?;
        let mut rest = vec![0; usize::try_from(length).ok()?.checked_sub(4)?];
        client.read_exact(&mut rest).await.ok()?;
        if rest.starts_with(&ENCRYPT.to_be_bytes()) {
            client.write_all(b"N").await.ok()?;
        } else {
            break [&length.to_be_bytes(), rest.as_slice()].concat();
        }
    };
    if let Some(name) = refused(&startup) {
        let told = format!("SFATAL\0C08P01\0Munsupported startup parameter: {name}\0\0");
        let length = u32::try_from(told.len()).ok()? + 4;
        let answer = [b"E", length.to_be_bytes().as_slice(), told.as_bytes()].concat();
        return client.write_all(&answer).await.ok();
    }
    let mut server = TcpStream::connect(server).await.ok()?;
    server.write_all(&startup).await.ok()?;
    let (mut asks, hears) = client.into_split();
    let (answers, mut asked) = server.into_split();
    tokio::select! {
        _ = copy(&mut asks, &mut asked) => None,
        ended = pass_on(answers, hears) => ended,
    }
}

/// Returns the first parameter in a startup message that the proxy refuses.
fn refused(startup: &[u8]) -> Option<String> {
    let words = startup.get(8..)?.split(|&byte| byte == 0);
    let names = words.step_by(2).map(|name| String::from_utf8_lossy(name).into_owned());
    names
        .filter(|name| !name.is_empty())
        .find(|name| !PARAMETERS.contains(&name.to_lowercase().as_str()))
}

/// Passes on what the server sends, except for notifications.
async fn pass_on(mut answers: OwnedReadHalf, mut hears: OwnedWriteHalf) -> Option<()> {
    loop {
        let kind = answers.read_u8().await.ok()?;
        let length = answers.read_u32().await.ok()?;
        let mut body = vec![0; usize::try_from(length).ok()?.checked_sub(4)?];
        answers.read_exact(&mut body).await.ok()?;
        if kind != b'A' {
            let message = [&[kind], length.to_be_bytes().as_slice(), &body].concat();
            hears.write_all(&message).await.ok()?;
        }
    }
}
