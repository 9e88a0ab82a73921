//! A stand-in for Chatwoot, for people who have none at hand.

use std::time::Duration;

use accounts::{Accounts, Wanted};
use anyhow::Context as _;
use chatwoot_sim::{Millis, Options, Running, Sim, admin_token};
use store::Store;
use store::accounts::Account;
use tokio_util::sync::CancellationToken;

use super::TENANT;
use super::foundation::Foundation;

const NAME: &str = "Chatwoot stand-in";
/// Where every stand-in listens: on this machine, and nowhere else.
const HOST: &str = "127.0.0.1";

/// A stand-in that serves.
#[derive(Debug)]
pub(super) struct StandIn {
    running: Running,
    number: i64,
    stop: CancellationToken,
}

impl StandIn {
    /// Whether an account is, or was, a stand-in's. An account that a person connected has the name
    /// that Chatwoot gives it.
    pub(super) fn is_one(account: &Account) -> bool {
        account.tenant.as_str() == TENANT
            && account.name.as_deref() == Some(NAME)
            && is_here(&account.base_url)
    }

    /// Stops serving earlier stand-ins, in the database only: where one of them listened, something
    /// else may listen by now.
    pub(super) async fn end_earlier(foundation: &Foundation) -> anyhow::Result<()> {
        let Foundation { store, bus, key, .. } = foundation;
        let accounts = Accounts::new(store.clone(), bus.clone(), key.clone());
        let all = accounts.list().await?;
        for earlier in all.iter().filter(|one| Self::is_one(one)) {
            let mut transaction = store.worker().await?;
            store::accounts::end(&mut transaction, earlier.id).await?;
            store::commit(transaction).await?;
            accounts.publish(earlier.id).await?;
        }
        Ok(())
    }

    /// Starts a stand-in on this port, or on another one if it is taken.
    ///
    /// It forgets everything when it ends, and would then give the same numbers to other conversations. So it
    /// has another account each time: what the database has of the earlier ones stays as it was.
    pub(super) async fn start(store: &Store, port: u16, trickle: f64) -> anyhow::Result<Self> {
        let (mut transaction, tenant) = (store.worker().await?, TENANT.parse()?);
        let known = store::accounts::shown(&mut transaction, &tenant, None).await?;
        store::commit(transaction).await?;
        let here = known.iter().filter(|one| is_here(&one.base_url));
        let number = here.map(|one| one.chatwoot_account_id).max().unwrap_or(0) + 1;
        let listener = match service::listen(HOST, port).await {
            Ok(listener) => listener,
            Err(_) => service::listen(HOST, 0).await?,
        };
        let options = options(number, trickle);
        let stop = CancellationToken::new();
        let running = Sim::start(options, listener, stop.clone())
            .await
            .context("starting the stand-in for Chatwoot")?;
        Ok(Self { running, number, stop })
    }

    pub(super) fn url(&self) -> String {
        self.running.url()
    }

    /// The account to serve.
    pub(super) fn account(&self) -> anyhow::Result<Wanted> {
        Ok(Wanted {
            tenant: TENANT.parse()?,
            base_url: self.url(),
            screen_url: None,
            number: self.number,
            token: admin_token(self.number).into(),
            allow_unsigned: None,
            public_only: None,
            name: Some(NAME.to_owned()),
        })
    }

    pub(super) async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.running.finished().await {
            tracing::warn!(%error, "the stand-in for Chatwoot did not end well");
        }
    }
}

fn is_here(url: &str) -> bool {
    url.strip_prefix("http://")
        .and_then(|rest| rest.split_once(':'))
        .is_some_and(|(host, _)| host == HOST)
}

fn options(number: i64, trickle: f64) -> Options {
    Options {
        // Other people, other conversations.
        seed: number.unsigned_abs(),
        accounts: vec![number],
        trickle: (trickle > 0.0).then(|| Duration::from_secs_f64(trickle)),
        delivery_receipts: Some(Millis::between(300, 1_500)),
        ..Options::default()
    }
}
