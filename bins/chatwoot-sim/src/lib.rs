//! A Chatwoot for development and tests: it behaves on the wire as the original does, keeps
//! its state in memory, and goes wrong on demand.
//!
//! Nothing here shares code with our own client of Chatwoot. Otherwise a misreading of the protocol
//! could hide by being made twice.
//!
//! # In a test
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use chatwoot_sim::{Faults, Options, Rule, Sim};
//! use tokio_util::sync::CancellationToken;
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let running = Sim::start(Options::default(), listener, CancellationToken::new()).await?;
//! let webhook = running.sim.register_webhook(1, "http://127.0.0.1:8080/hook", &[])?;
//! let mut faults = Faults::default();
//! faults.webhooks.duplicate = Rule::next(1);
//! running.sim.set_faults(faults)?;
//! let (conversation, message) = running.sim.start_conversation(1, "Where is my parcel?")?;
//! running.sim.settled().await;
//! # let _ = (webhook, conversation, message); Ok(()) }
//! ```
//!
//! # Tokens
//!
//! | account 1 | account N | may |
//! |---|---|---|
//! | `sim-admin-token` | `sim-admin-token-N` | everything |
//! | `sim-agent-1-token` … `sim-agent-4-token` | `sim-agent-1-token-N` … | what the role agent may |
//! | `sim-bot-token` | `sim-bot-token-N` | what an agent bot may |
//!
//! # The screen
//!
//! `/app/accounts/{account}/conversations/{id}` shows a conversation as text, to people who follow
//! a link to it.
//!
//! # The control API
//!
//! JSON under `/_sim`, no token: it is a tool for loopback. `account` is 1 unless given.
//!
//! | call | body | does |
//! |---|---|---|
//! | `GET`, `PUT /_sim/faults` | [`Faults`] | shows, replaces what goes wrong; absent fields are off |
//! | `POST /_sim/accounts` | `{id?, name?}` | an account with people and inboxes; `{id, admin_token}` |
//! | `POST /_sim/conversations` | `{account?, channel?, contact?: {name, email, phone_number}, text?}` | a customer writes for the first time; `{account, conversation, contact, message}` |
//! | `POST /_sim/conversations/{id}/incoming` | `{account?, text, attachments?: [{name, content_type, size}]}` | the customer writes; `{message}` |
//! | `POST /_sim/conversations/{id}/outgoing` | `{account?, text, private?}` | the first agent writes; `{message}` |
//! | `POST /_sim/conversations/{id}/status` | `{account?, status}` | the first agent sets the status |
//! | `POST /_sim/conversations/{id}/messages/{message}/status` | `{account?, status, external_error?}` | the provider reports |
//! | `POST /_sim/typing` | `{account?, conversation, on, by?: "customer" or "agent"}` | somebody types |
//! | `POST /_sim/widget` | `{account?, conversation}` | the customer opens the widget |
//! | `GET /_sim/deliveries` | | the newest attempts, each a [`Delivery`] |
//! | `GET /_sim/state` | | everything, for comparing |
//! | `POST /_sim/settled` | | answers once nothing is under way |
//! | `POST /_sim/reset` | | back to the beginning |

mod actors;
mod administrators;
mod agents;
mod bodies;
mod config;
mod contacts;
mod control;
mod dialogues;
mod dispatch;
mod faults;
mod lock;
mod model;
mod receipts;
mod rest;
mod screen;
mod seed;
mod server;
mod sim;
mod snoozes;
mod trickle;

pub use actors::{File, PROMPT_RECEIPTS};
pub use administrators::RegisteredWebhook;
pub use agents::Assignee;
pub use config::{Config, Options, Settings};
pub use contacts::Customer;
pub use dispatch::{Delivery, DeliveryOptions, Outcome};
pub use faults::{
    BadProbability, Faults, FileFaults, Millis, RestFaults, Rule, Scope, Shuffle, WebhookFaults,
};
pub use seed::{ADMIN_TOKEN, BOT_TOKEN, admin_token, agent_token, bot_token};
pub use server::Running;
pub use sim::{Sim, SimError};
