//! The sync worker on real servers, and a stand-in for Chatwoot where it asks.

#![expect(clippy::unwrap_used, reason = "a test")]

mod accounts;
mod ahead;
mod answers;
mod backfills;
mod clocks;
mod convergence;
mod drift;
mod endless;
mod erased;
mod failing;
mod fairness;
mod forms;
mod large;
mod overlong;
mod passing;
mod reconcile;
mod replay;
mod row_marks;
mod stream;
mod support;
mod texts;
mod told;
mod turned_back;
mod unsettled;
mod walks;
