//! `/auth`

pub(super) mod config;
