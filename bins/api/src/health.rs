//! The API's health checks. A process with a part that is down gets no requests from a load balancer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bus::{Bus, streams::Watch};
use events::subject;
use identity::{FetchError, Provider};
use service::{Health, Status};
use store::{Error, Store, Trouble};
use tokio::time::timeout;

use crate::Files;

/// How long the OpenID provider or the schema may take to answer `/health`. There a part that takes 2 s counts as
/// down, and a program with a part that is down gets no requests, not even from API keys, which need no provider.
const PATIENCE: Duration = Duration::from_millis(1500);

const UNKNOWN: &str = "not known yet, because the database does not answer";

/// Registers the checks of Postgres, NATS, announcements and the attachment store.
pub(crate) fn servers(health: &Health, store: &Store, bus: &Bus, files: &Files) {
    let store = store.clone();
    health.check("postgres", move || {
        let store = store.clone();
        async move {
            match store.trouble().await {
                None => Status::Up,
                // If a load balancer left this process out, the others would have to do its work too.
                Some(busy @ Trouble::Busy(_)) => Status::Degraded(busy.to_string()),
                Some(away @ Trouble::Away(_)) => Status::Down(away.to_string()),
            }
        }
    });
    let watched = bus.clone();
    health.check("nats", move || {
        let connected = watched.connected();
        async move { Status::up_or_degraded(connected, "no connection: screens are not live") }
    });
    let announcing = bus.clone();
    health.check("announcements", move || {
        let told = !announcing.stands_still(subject::ACTIVITY);
        let untold = "the stream ACTIVITY takes nothing: screens are not live";
        async move { Status::up_or_degraded(told, untold) }
    });
    let objects = files.objects().clone();
    health.check("attachments", move || {
        let objects = objects.clone();
        async move {
            let wrong = match objects.ping().await {
                Ok(()) => return Status::Up,
                Err(objects::Error::Away) => {
                    "the attachment store is empty, as when its disk is not mounted; files can be neither sent \
                     nor read"
                }
                Err(_) => "files can be neither sent nor read",
            };
            Status::Degraded(wrong.to_owned())
        }
    });
}

/// Registers the check of the schema, which is down until the schema has once been what this program needs: otherwise
/// a rolling update before `axis migrate` would replace all processes with ones that answer with errors. Afterwards
/// nothing is asked any more, because no migration takes away what a running version uses.
pub(crate) fn schema(health: &Health, store: &Store) {
    let (store, fits) = (store.clone(), Arc::new(AtomicBool::new(false)));
    health.check("schema", move || {
        let (store, fits) = (store.clone(), Arc::clone(&fits));
        async move {
            if fits.load(Ordering::Relaxed) {
                return Status::Up;
            }
            match timeout(PATIENCE, store.require_schema()).await {
                Ok(Ok(())) => {
                    fits.store(true, Ordering::Relaxed);
                    Status::Up
                }
                Ok(Err(error)) => Status::Down(unfit(&error)),
                Err(_) => Status::Down(UNKNOWN.to_owned()),
            }
        }
    });
}

/// Says why the schema does not fit. What else the database answers may hold names of its own, and anybody may ask.
fn unfit(error: &Error) -> String {
    match error {
        Error::Schema(_) | Error::Roles(_) => error.to_string(),
        _ if error.is_denied() => {
            "the database's user lacks a privilege (docs/operations.md, \"Users\")".to_owned()
        }
        _ => UNKNOWN.to_owned(),
    }
}

/// Registers the check of whether the streams are as they should be.
pub(crate) fn streams(health: &Health, streams: Watch) {
    health.check("streams", move || {
        let trouble = streams.trouble();
        async move { trouble.map_or(Status::Up, Status::Degraded) }
    });
}

/// Registers the check of the OpenID provider.
pub(crate) fn provider(health: &Health, provider: &Provider) {
    let provider = provider.clone();
    health.check("openid", move || {
        let provider = provider.clone();
        async move {
            let wrong = match timeout(PATIENCE, provider.check()).await {
                Ok(Ok(())) => return Status::Up,
                Ok(Err(FetchError::OtherIssuer { .. })) => "names another issuer than OIDC_ISSUER",
                Ok(Err(FetchError::Unreadable(_))) => "gives an answer that cannot be read",
                Ok(Err(FetchError::Unavailable(_) | FetchError::Resting)) | Err(_) => {
                    "does not answer"
                }
            };
            Status::Degraded(format!("{wrong}: nobody can sign in"))
        }
    });
}
