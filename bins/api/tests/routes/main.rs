//! The API from outside: real HTTP, a real database, a real NATS.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, its helpers too"
)]

mod accounts;
mod activity;
mod announcements;
mod another_key;
mod api_keys;
mod approvals;
mod at_once;
mod attachments;
mod between;
mod catalogue;
mod changes;
mod chatwoot;
mod collisions;
mod comings;
mod compatible;
mod concurrent;
mod conversations;
mod crowds;
mod cuts;
mod dead_letters;
mod deciders;
mod decisions;
mod document;
mod drafts;
mod fetched;
mod free_form;
mod gaps;
mod headers;
mod idempotency;
mod interventions;
mod large;
mod late;
mod limits;
mod links;
mod live;
mod making;
mod malformed;
mod messages;
mod moments;
mod openapi;
mod openid;
mod operations;
mod oversized;
mod placed;
mod problems;
mod readiness;
mod receivers;
mod replays;
mod restored;
mod retries;
mod row_marks;
mod search;
mod session;
mod shell;
mod silent;
mod strangers;
mod support;
mod tenancy;
mod tenants;
mod tickets;
mod together;
mod uploads;
mod walk;
