//! P4 with everything going wrong at once: workers are killed as a crash kills them, Chatwoot
//! answers late, wrongly or not at all, its webhooks come late, and it asks to slow down.
//!
//! `OUTBOUND_SEED` repeats a run, `OUTBOUND_CASES` makes it longer.

use std::env;

use chatwoot_sim::{
    Faults, Millis, Options, RestFaults, Rule, Scope, Shuffle, Sim, WebhookFaults, admin_token,
};
use domain::ConversationId;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use testkit::reqwest::StatusCode;
use testkit::{Program, eventually, eventually_some, scratch, sqlx};

use crate::stage::{Chatwoot, Conversation, Stage};

const TENANTS: [&str; 2] = ["acme", "zeta"];
const CONVERSATIONS: usize = 3;
const ROUNDS: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_each_reply_arrives_once_and_in_order_while_workers_are_killed() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse().unwrap());
    let first: u64 = number("OUTBOUND_SEED").unwrap_or_else(rand::random);
    for seed in first..first.saturating_add(number("OUTBOUND_CASES").unwrap_or(1)) {
        eprintln!("OUTBOUND_SEED={seed}");
        Case::start(seed).await.run().await;
    }
}

struct Case {
    rng: StdRng,
    stage: Stage,
    chatwoots: Vec<Chatwoot>,
    workers: [Program; 2],
    /// What brings the echoes.
    _echo: [Program; 2],
}

impl Case {
    async fn start(seed: u64) -> Self {
        let stage = Stage::empty().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = Options { seed, accounts: vec![1, 2], ..Options::default() };
        let running = Sim::start(options, listener, stage.shutdown.clone()).await.unwrap();
        let mut chatwoots = Vec::new();
        for (tenant, number) in TENANTS.into_iter().zip(1..) {
            let (store, url) = (&stage.world.store, running.url());
            let token = admin_token(number);
            let account = testkit::account(store, tenant, number, &url, &token).await;
            chatwoots.push(Chatwoot { sim: running.sim.clone(), url, account });
        }
        let echo = echo(&stage, &chatwoots).await;
        let mut settings = stage.environment();
        settings.extend(
            [
                // Longer than this process, which has Chatwoot's place, may be kept from working on a busy machine.
                ("ABSENCE_SECONDS", "10"),
                ("CHATWOOT_TIMEOUT_SECONDS", "1"),
                ("OUTBOUND_ATTEMPTS", "100"),
                ("OUTBOUND_RETRY_FIRST_MS", "50"),
                ("OUTBOUND_RETRY_LONGEST_SECONDS", "1"),
            ]
            .map(|(name, value)| (name, value.to_owned())),
        );
        let settings: Vec<_> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let workers = [
            Program::start("outbound-worker", &settings).await,
            Program::start("outbound-worker", &settings).await,
        ];
        Self { rng: StdRng::seed_from_u64(seed), stage, chatwoots, workers, _echo: echo }
    }

    async fn run(mut self) {
        let mut places = Vec::new();
        for (index, chatwoot) in self.chatwoots.iter().enumerate() {
            for _ in 0..CONVERSATIONS {
                places.push((index, self.conversation(chatwoot).await));
            }
        }
        let mut replies = vec![Vec::new(); places.len()];
        let texts: Vec<String> = (0..ROUNDS).map(|round| format!("reply {round}")).collect();
        for text in &texts {
            self.storm();
            for ((index, place), written) in places.iter().zip(&mut replies) {
                let chatwoot = &self.chatwoots[*index];
                written.push((text.clone(), self.stage.write(chatwoot, place, text).await));
            }
            for _ in 0..2 {
                self.some_tries().await;
                let victim = self.rng.random_range(0..self.workers.len());
                self.workers[victim].kill().await;
                self.workers[victim].start_again().await;
            }
        }
        self.all_settled().await;
        for ((index, place), written) in places.iter().zip(&replies) {
            let expected: Vec<_> =
                written.iter().map(|(text, id)| (text.clone(), Some(id.to_string()))).collect();
            assert_eq!(self.chatwoots[*index].replies(place), expected, "once and in order");
            for (text, id) in written {
                assert_eq!(self.stage.row(*id).await.state, "sent", "{text}");
                let outcomes = self.stage.attempts(id.0).await;
                assert_eq!(outcomes.last().unwrap().as_deref(), Some("done"), "{outcomes:?}");
                assert!(!outcomes.contains(&None), "{outcomes:?}");
            }
        }
    }

    /// A conversation, once the webhook has brought it.
    async fn conversation(&self, chatwoot: &Chatwoot) -> Conversation {
        let number = chatwoot.start_conversation("Where is my parcel?");
        let id = eventually_some("the conversation is here", || async {
            let mut transaction = self.stage.world.store.worker().await.unwrap();
            sqlx::query_scalar(
                "select id from conversations where account_id = $1 and display_id = $2",
            )
            .bind(chatwoot.account.key.0)
            .bind(number)
            .fetch_optional(&mut *transaction)
            .await
            .unwrap()
        })
        .await;
        Conversation { id: ConversationId(id), number }
    }

    /// Faults of every request by chance, after some refusals for sure.
    fn storm(&mut self) {
        let refusals = if self.rng.random_bool(0.5) { self.rng.random_range(3..12) } else { 0 };
        let old_retry = self.rng.random_bool(0.5);
        let mut rarely = |most: f64| Rule::chance(self.rng.random_range(0.0..most));
        let rest = RestFaults {
            scope: if refusals > 0 { Scope::Any } else { Scope::MessageCreate },
            stall: false,
            latency_ms: Millis::between(0, 200),
            rate_limited: Rule { next: refusals, ..rarely(0.1) },
            unavailable: rarely(0.12),
            turned_away: rarely(0.06),
            cut: rarely(0.12),
            stored_then_timeout: rarely(0.12),
            stored_then_5xx: rarely(0.12),
            stored_then_403: rarely(0.06),
            stored_then_422: rarely(0.12),
            stored_then_cut: rarely(0.12),
            stored_late: rarely(0.12),
            // Over well before absence may be believed, which is a second and ten after it was sent.
            stored_late_ms: Millis::between(500, 3_000),
            timeout_ms: 5_000,
            slow_echo: Rule::chance(0.5),
            slow_echo_ms: Millis::between(500, 6_000),
            old_retry,
        };
        let webhooks = WebhookFaults {
            duplicate: rarely(0.2),
            shuffle: Shuffle { window: 3, hold_ms: 50 },
            ..WebhookFaults::default()
        };
        self.chatwoots[0].sim().set_faults(Faults { webhooks, rest, ..Faults::default() }).unwrap();
    }

    /// Waits until some more tries were begun, or all is done.
    async fn some_tries(&mut self) {
        let begun = self.tries().await + self.rng.random_range(1..6);
        eventually("commands are tried", || async {
            self.tries().await >= begun || self.stage.waiting().await == 0
        })
        .await;
    }

    async fn tries(&self) -> i64 {
        let mut transaction = self.stage.world.store.worker().await.unwrap();
        sqlx::query_scalar("select count(*) from outbound_attempts")
            .fetch_one(&mut *transaction)
            .await
            .unwrap()
    }

    /// Waits for as long as it goes on.
    async fn all_settled(&self) {
        let mut waiting = self.stage.waiting().await;
        while waiting > 0 {
            eventually("one more command is settled", || async {
                self.stage.waiting().await < waiting
            })
            .await;
            waiting = self.stage.waiting().await;
        }
        self.stage.all_settled().await;
    }
}

/// The way back: webhooks of all accounts, received and applied.
async fn echo(stage: &Stage, chatwoots: &[Chatwoot]) -> [Program; 2] {
    let settings = stage.environment();
    let mut settings: Vec<_> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let sync = Program::start("sync-worker", &settings).await;
    let journal = scratch("journal");
    settings.push(("JOURNAL_DIR", journal.to_str().unwrap()));
    let receiver = Program::start("webhook-receiver", &settings).await;
    for Chatwoot { sim, account, .. } in chatwoots {
        let webhook =
            format!("{}/api/v1/webhooks/chatwoot/{}", receiver.url(), account.key.token());
        let registered = sim.register_webhook(account.number, &webhook, &[]).unwrap();
        testkit::signs(&stage.world.store, &stage.world.bus, account, &registered.secret).await;
        eventually("the receiver knows the account", || async {
            let request = testkit::http().post(&webhook).header("content-type", "application/json");
            let answer = request.body("{}").send().await;
            answer.is_ok_and(|answer| answer.status() == StatusCode::UNAUTHORIZED)
        })
        .await;
    }
    [sync, receiver]
}
