//! The provider's keys, as it publishes them.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::{Client, Url, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::{Settings, address};
use crate::crypto::ALGORITHMS;
use crate::{FetchError, SetupError};

const PATIENCE: Duration = Duration::from_secs(5);
/// The largest answer that is read, in bytes.
const MOST_BYTES: usize = 512 * 1024;
/// The most keys of a provider that are read.
const MOST_KEYS: usize = 100;

/// The part of the discovery document that we need.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
    #[serde(default)]
    id_token_signing_alg_values_supported: Vec<String>,
}

#[derive(Deserialize)]
struct Published {
    /// Each key is read by itself, so one of an unknown kind does not spoil the others.
    keys: Vec<Value>,
}

/// A key that tokens may be signed with.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) key: DecodingKey,
    /// The one algorithm that it may be used with; `None` for any algorithm of its family.
    algorithm: Option<Algorithm>,
}

/// How the provider signs: its keys and algorithms.
pub(crate) struct Keys {
    by_id: HashMap<String, Key>,
    /// The key, if there is only one: tokens need not name it then.
    only: Option<Key>,
    algorithms: Vec<Algorithm>,
}

impl Keys {
    /// The key with the id that a token names, or the only key if it names none.
    pub(crate) fn find(&self, id: Option<&str>) -> Option<&Key> {
        match id {
            Some(id) => self.by_id.get(id),
            None => self.only.as_ref(),
        }
    }

    /// Whether the provider signs with this algorithm.
    pub(crate) fn admits(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }
}

impl Key {
    pub(crate) fn is_for(&self, algorithm: Algorithm) -> bool {
        match self.algorithm {
            Some(only) => only == algorithm,
            None => self.key.family() == algorithm.family(),
        }
    }

    fn read(published: Value) -> Option<(Option<String>, Self)> {
        let jwk: Jwk = serde_json::from_value(published).ok()?;
        let signs = jwk.common.public_key_use.as_ref();
        if signs.is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
            return None;
        }
        let algorithm = match jwk.common.key_algorithm {
            Some(named) => Some(Algorithm::from_str(&named.to_string()).ok()?),
            None => None,
        };
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some((jwk.common.key_id, Self { key, algorithm }))
    }
}

/// An HTTP client that asks the provider and follows no redirects.
pub(crate) fn client() -> Result<Client, SetupError> {
    // Fails only if a provider is installed already, which is then the same one.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .timeout(PATIENCE)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("axis-afenda/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(SetupError::Http)
}

/// Asks the provider how it signs.
pub(crate) async fn fetch(http: &Client, settings: &Settings) -> Result<Keys, FetchError> {
    let metadata: Metadata = read(http, settings.discovery.clone()).await?;
    if metadata.issuer != settings.issuer {
        let (found, expected) = (metadata.issuer, settings.issuer.clone());
        return Err(FetchError::OtherIssuer { found, expected });
    }
    let place = address(&metadata.jwks_uri, settings.allow_http);
    let place =
        place.ok_or(FetchError::Unreadable("others could answer at the address of its keys"))?;
    let published: Published = read(http, place).await?;
    let keys = published.keys.into_iter().take(MOST_KEYS).filter_map(Key::read);
    let (named, nameless): (Vec<_>, Vec<_>) = keys.partition(|(id, _)| id.is_some());
    let only = match (&named[..], &nameless[..]) {
        ([(_, key)], []) | ([], [(_, key)]) => Some(key.clone()),
        _ => None,
    };
    let by_id = named.into_iter().filter_map(|(id, key)| Some((id?, key))).collect();
    // The standard requires every provider to announce its algorithms. One that does not is taken to use the one that
    // all must support.
    let announced = metadata.id_token_signing_alg_values_supported;
    let announced = if announced.is_empty() { vec!["RS256".to_owned()] } else { announced };
    let announced = announced.iter().filter_map(|name| Algorithm::from_str(name).ok());
    let algorithms = announced.filter(|algorithm| ALGORITHMS.contains(algorithm)).collect();
    Ok(Keys { by_id, only, algorithms })
}

async fn read<T: DeserializeOwned>(http: &Client, place: Url) -> Result<T, FetchError> {
    let answer = http.get(place).send().await.and_then(reqwest::Response::error_for_status);
    let mut answer = answer.map_err(FetchError::Unavailable)?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(FetchError::Unavailable)? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(FetchError::Unreadable("it is too large"));
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body)
        .map_err(|_| FetchError::Unreadable("it is not in the form that the standard describes"))
}
