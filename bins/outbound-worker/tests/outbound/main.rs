//! The worker between a real Postgres, a real NATS and a stand-in for Chatwoot that goes wrong.

#![expect(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

mod accounts;
mod announcements;
mod changes;
mod chaos;
mod delays;
mod faults;
mod files;
mod frozen;
mod interventions;
mod lanes;
mod late;
mod limits;
mod notes;
mod outages;
mod own;
mod pooling;
mod redeliveries;
mod replies;
mod restores;
mod row_marks;
mod stage;
mod stays;
mod sweeps;
mod tries;
