//! An installation as an operator would set it up: programs as processes of their own, and Chatwoot
//! accounts that the receivers know.

use bus::Bus;
use chatwoot_sim::{RegisteredWebhook, Sim, admin_token};
use secrecy::ExposeSecret as _;
use store::Store;
use testkit::reqwest::StatusCode;
use testkit::{Account, Program, SECRET_KEY, eventually, scratch};

/// Whose tenant the API's development token serves.
pub const TENANT: &str = "mock-tenant-id";

/// Where the servers are.
pub struct Servers<'a> {
    pub bus: &'a bus::Config,
    pub store: &'a store::Config,
}

impl Servers<'_> {
    /// With these settings besides, as all of them.
    pub async fn receiver(&self, settings: &[(&str, &str)]) -> Program {
        let journal = scratch("journal");
        let common = [self.nats(), KEY, ("JOURNAL_DIR", journal.to_str().unwrap())];
        Program::start("webhook-receiver", &[&common, settings].concat()).await
    }

    pub async fn sync_worker(&self, settings: &[(&str, &str)]) -> Program {
        Program::start("sync-worker", &[&[self.nats(), self.database()], settings].concat()).await
    }

    pub async fn outbound_worker(&self, settings: &[(&str, &str)]) -> Program {
        let common = [self.nats(), self.database(), KEY];
        Program::start("outbound-worker", &[&common, settings].concat()).await
    }

    pub async fn api(&self, settings: &[(&str, &str)]) -> Program {
        Program::start("api", &[&[self.nats(), self.database()], settings].concat()).await
    }

    fn nats(&self) -> (&str, &str) {
        ("NATS_URL", self.bus.nats_url.expose_secret())
    }

    fn database(&self) -> (&str, &str) {
        ("DATABASE_URL", self.store.database_url.expose_secret())
    }
}

const KEY: (&str, &str) = ("AXIS_SECRET_KEY", SECRET_KEY);

/// Connects an account: its row, its webhook at this receiver, and word of it to the receivers.
/// Gives back where Chatwoot posts to, too.
pub async fn connect(
    (store, bus): (&Store, &Bus),
    (sim, chatwoot): (&Sim, &str),
    (tenant, number): (&str, i64),
    receiver: &str,
) -> (Account, String, RegisteredWebhook) {
    let token = admin_token(number);
    let account = testkit::account(store, tenant, number, chatwoot, &token).await;
    let webhook = format!("{receiver}/api/v1/webhooks/chatwoot/{}", account.key.token());
    let registered = sim.register_webhook(number, &webhook, &[]).unwrap();
    testkit::signs(store, bus, &account, &registered.secret).await;
    (account, webhook, registered)
}

/// Waits until a receiver has heard of an account: an unsigned body is then refused as such.
pub async fn known(webhook: &str) {
    let http = testkit::http();
    eventually("the receiver knows the account", || async {
        let request = http.post(webhook).header("content-type", "application/json");
        let answer = request.body("{}").send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::UNAUTHORIZED)
    })
    .await;
}
