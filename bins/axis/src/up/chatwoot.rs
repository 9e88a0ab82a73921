//! Which Chatwoot is served: the one that is configured, or a stand-in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use accounts::{AccountError, Accounts, Wanted};
use anyhow::Context as _;
use service::retry::Policy;
use service::{Health, Status};
use store::accounts::Account;
use tokio::task::JoinHandle;

use super::foundation::Foundation;
use super::stand_in::StandIn;
use super::{Arguments, TENANT};

/// How long the greeting waits for Chatwoot.
const PATIENCE: Duration = Duration::from_secs(5);
/// The notice if the key does not fit. Whoever has lost it adds the accounts again while this runs.
const UNSERVED: &str = "the stand-in is not served, since this key opens nothing of the accounts \
                        that are here: set AXIS_SECRET_KEY to what they are sealed under; if that \
                        is lost, add them again with `axis accounts add … --another-key`, and \
                        start anew";

/// The Chatwoot that is served.
pub(super) struct Chatwoot {
    pub(super) url: String,
    /// The account's number there.
    pub(super) number: i64,
    /// What the operator should know or do.
    pub(super) notice: Option<String>,
    stand_in: Option<StandIn>,
    retrying: Option<JoinHandle<()>>,
}

/// Sets up one account, and does so again if need be.
#[derive(Clone)]
struct Setup {
    accounts: Accounts,
    wanted: Wanted,
    public_url: Option<String>,
}

impl Chatwoot {
    /// Starts to serve it. A configured Chatwoot that does not answer is tried again in the background.
    pub(super) async fn start(
        arguments: &Arguments,
        foundation: &Foundation,
        address: SocketAddr,
        health: &Health,
    ) -> anyhow::Result<Self> {
        let Foundation { store, bus, key, .. } = foundation;
        let accounts = Accounts::new(store.clone(), bus.clone(), key.clone());
        match accounts.publish_all().await {
            Err(error @ AccountError::Untold(_)) => tracing::warn!(%error, "the rest is served"),
            told => drop(told?),
        }
        let setup = |wanted, public_url| Setup { accounts: accounts.clone(), wanted, public_url };
        let Some(wanted) = configured(arguments)? else {
            let stand_in = StandIn::start(store, arguments.sim_port, arguments.trickle).await?;
            let ours = format!("http://{}", reachable(address));
            let setup = setup(stand_in.account()?, Some(ours));
            // Otherwise the stand-in's token would be something that this key opens, and sealing
            // more would be allowed.
            let notice = if accounts.fits().await? {
                setup.once().await.context("setting up the stand-in for Chatwoot")?;
                None
            } else {
                Some(UNSERVED.to_owned())
            };
            let (url, number) = (stand_in.url(), setup.wanted.number);
            return Ok(Self { url, number, notice, stand_in: Some(stand_in), retrying: None });
        };
        let (url, number) = (wanted.base_url.clone(), wanted.number);
        let setup = setup(wanted, arguments.public_url.clone());
        let (notice, retrying) = setup.or_later(health).await;
        Ok(Self { url, number, notice, stand_in: None, retrying })
    }

    /// Whether it is a stand-in.
    pub(super) fn is_stand_in(&self) -> bool {
        self.stand_in.is_some()
    }

    pub(super) async fn stop(self) {
        if let Some(retrying) = self.retrying {
            retrying.abort();
        }
        if let Some(stand_in) = self.stand_in {
            stand_in.stop().await;
        }
    }
}

impl Setup {
    /// Checks, stores and publishes the account and, if the receiver's address is known, registers
    /// the webhook.
    async fn once(&self) -> anyhow::Result<Account> {
        let account = self.accounts.connect(&self.wanted, None).await?;
        if let Some(url) = &self.public_url {
            self.accounts.register(account.id, url, None).await?;
        }
        Ok(account)
    }

    /// Tries now, and in the background for as long as it takes. Returns what to tell the operator.
    async fn or_later(self, health: &Health) -> (Option<String>, Option<JoinHandle<()>>) {
        let (url, number) = (self.wanted.base_url.clone(), self.wanted.number);
        let served = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&served);
        health.check("chatwoot", move || {
            let served = seen.load(Ordering::Relaxed);
            async move { Status::up_or_degraded(served, "not set up yet; see the log") }
        });
        let reason = match tokio::time::timeout(PATIENCE, self.once()).await {
            Ok(Ok(account)) => {
                served.store(true, Ordering::Relaxed);
                return (self.advice(&account), None);
            }
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        };
        let notice = format!(
            "account {number} of {url} cannot be served yet, it is tried again in the background: \
             {reason}"
        );
        tracing::warn!(chatwoot.account = number, %reason, "Chatwoot cannot be set up yet");
        (Some(notice), Some(tokio::spawn(self.again(served))))
    }

    async fn again(self, served: Arc<AtomicBool>) {
        let mut failures = 1;
        loop {
            tokio::time::sleep(Policy::FAR.delay(failures)).await;
            match self.once().await {
                Ok(_) => {
                    served.store(true, Ordering::Relaxed);
                    tracing::info!(chatwoot.account = self.wanted.number, "Chatwoot is set up");
                    return;
                }
                Err(error) => {
                    failures += 1;
                    let reason = format!("{error:#}");
                    let number = self.wanted.number;
                    tracing::warn!(chatwoot.account = number, %reason, "Chatwoot cannot be set up");
                }
            }
        }
    }

    fn advice(&self, account: &Account) -> Option<String> {
        (self.public_url.is_none() && account.webhook_id.is_none()).then(|| {
            format!(
                "Chatwoot does not call us yet: axis webhook register --account {} --public-url \
                 https://…",
                account.chatwoot_account_id
            )
        })
    }
}

/// The account that the settings name.
fn configured(arguments: &Arguments) -> anyhow::Result<Option<Wanted>> {
    let (Some(url), Some(token), Some(number)) =
        (&arguments.chatwoot_api_url, &arguments.chatwoot_api_token, arguments.chatwoot_account_id)
    else {
        return Ok(None);
    };
    Ok(Some(Wanted {
        tenant: TENANT.parse()?,
        base_url: url.clone(),
        screen_url: arguments.chatwoot_screen_url.clone(),
        number,
        token: token.clone(),
        allow_unsigned: None,
        public_only: None,
        name: None,
    }))
}

/// An address at which this machine reaches a listener.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        ip if ip.is_unspecified() => (IpAddr::V4(Ipv4Addr::LOCALHOST), address.port()).into(),
        _ => address,
    }
}
