//! The way to a database, which a test can break.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::ExposeSecret as _;
use store::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A way to a database. It breaks for those who are connected; who connects later finds it whole.
pub struct Way {
    /// How to reach the database by it.
    pub config: Config,
    breaks: watch::Sender<Break>,
    said: Said,
    /// Who says this hears nothing any more.
    unheard: watch::Sender<Option<&'static str>>,
}

/// What all who connected have sent.
type Said = Arc<Mutex<Vec<Vec<u8>>>>;

/// How a way breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    /// Nobody hears anything any more, not even that.
    AllSilent,
    /// Who waits for an answer hears nothing any more, not even that.
    Silent,
    /// Who waits for an answer hears that they are not connected any more, and the database does not.
    Cut,
}

impl Way {
    /// Makes a way.
    pub async fn to(config: &Config) -> Self {
        let url = config.database_url.expose_secret();
        let (user, place) = url.rsplit_once('@').expect("the address names a user");
        let (server, database) = place.split_once('/').expect("the address names a database");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let way = listener.local_addr().expect("it has an address");
        let url = format!("{user}@{way}/{database}");
        let (breaks, said) = (watch::Sender::new(Break::Cut), Said::default());
        let unheard = watch::Sender::new(None);
        let (server, broken, all) = (server.to_owned(), breaks.clone(), Arc::clone(&said));
        let hushed = unheard.subscribe();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (breaks, said) = (broken.subscribe(), Arc::clone(&all));
                tokio::spawn(lead(client, server.clone(), breaks, said, hushed.clone()));
            }
        });
        let config = Config { database_url: url.into(), ..config.clone() };
        Self { config, breaks, said, unheard }
    }

    /// From now on nobody hears anything, not even that.
    pub fn fall_silent(&self) {
        self.breaks.send_replace(Break::AllSilent);
    }

    /// From now on those who wait for an answer hear nothing, not even that.
    pub fn leave_unanswered(&self) {
        self.breaks.send_replace(Break::Silent);
    }

    /// Who says this from now on hears nothing any more, not even that.
    pub fn leave_unanswered_who_says(&self, this: &'static str) {
        self.unheard.send_replace(Some(this));
    }

    /// Those who wait for an answer are not connected any more, which the database is not told.
    pub fn cut_off(&self) {
        self.breaks.send_replace(Break::Cut);
    }

    /// Whether somebody has sent these words, in this order.
    pub fn has_heard(&self, words: &[&str]) -> bool {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter().any(|said| {
            let mut rest = &*String::from_utf8_lossy(said);
            words.iter().all(|word| {
                let found = rest.split_once(word);
                found.is_some_and(|(_, behind)| {
                    rest = behind;
                    true
                })
            })
        })
    }
}

/// Leads a client to the server until either side closes its connection, or the way breaks for them.
async fn lead(
    client: TcpStream,
    server: String,
    mut breaks: watch::Receiver<Break>,
    said: Said,
    unheard: watch::Receiver<Option<&'static str>>,
) -> Option<()> {
    let server = TcpStream::connect(server).await.ok()?;
    let number = {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.push(Vec::new());
        said.len() - 1
    };
    let (mut asks, mut hears) = client.into_split();
    let (mut answers, mut asked) = server.into_split();
    let waits = AtomicBool::new(false);
    let there = async {
        let mut part = vec![0; 16_384];
        while let Ok(length @ 1..) = asks.read(&mut part).await {
            waits.store(true, Ordering::SeqCst);
            said.lock().unwrap_or_else(PoisonError::into_inner)[number]
                .extend_from_slice(&part[..length]);
            let unheard = *unheard.borrow();
            let words = String::from_utf8_lossy(&part[..length]);
            if unheard.is_some_and(|unheard| words.contains(unheard)) {
                return Some(Break::Silent);
            }
            asked.write_all(&part[..length]).await.ok()?;
        }
        None
    };
    let back = async {
        let mut part = vec![0; 16_384];
        while let Ok(length @ 1..) = answers.read(&mut part).await {
            waits.store(false, Ordering::SeqCst);
            hears.write_all(&part[..length]).await.ok()?;
        }
        None
    };
    let broken = async {
        loop {
            breaks.changed().await.ok()?;
            let how = *breaks.borrow_and_update();
            if how == Break::AllSilent || waits.load(Ordering::SeqCst) {
                return Some(how);
            }
        }
    };
    let how = tokio::select! {
        how = there => how,
        how = back => how,
        how = broken => how,
    }?;
    if how == Break::Cut {
        drop((asks, hears));
        copy(&mut answers, &mut sink()).await.ok()?;
    } else {
        pending::<()>().await;
    }
    // Open until here, or the server would see its client go.
    drop(asked);
    Some(())
}
