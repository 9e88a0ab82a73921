//! Verifying tokens.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use reqwest::Client;
use serde_json::{Map, Value};
use tokio::sync::{Mutex, MutexGuard};

use crate::config::Settings;
use crate::error::Reason;
use crate::keys::{self, Keys};
use crate::{Config, FetchError, Identity, Refusal, SetupError, crypto};

/// Keys older than this are fetched again, since the provider may have revoked one.
const FRESH: Duration = Duration::from_mins(5);
/// Keys older than this are not used any more, even if the provider is away for so long.
const STALE: Duration = Duration::from_hours(1);
/// The provider is asked no more often than this, however many tokens name unknown keys.
const MOST_OFTEN: Duration = Duration::from_secs(1);
/// The longest token, in bytes; request headers are no longer either.
const LONGEST: usize = 16 * 1024;

/// An OpenID provider. Cheap to clone.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    settings: Settings,
    http: Client,
    known: RwLock<Option<Known>>,
    /// When the provider was last asked; whoever holds the lock asks.
    asked: Mutex<Option<Asked>>,
}

#[derive(Clone, Copy)]
struct Asked {
    at: Instant,
    answered: bool,
}

#[derive(Clone)]
struct Known {
    keys: Arc<Keys>,
    since: Instant,
}

impl Provider {
    /// Sets up a provider. It is asked only when its keys are needed, so one that is away makes tokens fail, not the
    /// start.
    pub fn new(config: &Config) -> Result<Self, SetupError> {
        crypto::install();
        let (settings, http) = (config.settings()?, keys::client()?);
        let (known, asked) = (RwLock::new(None), Mutex::new(None));
        Ok(Self(Arc::new(Inner { settings, http, known, asked })))
    }

    /// Verifies an access token, and returns the person that it identifies.
    pub async fn verify(&self, token: &str) -> Result<Identity, Refusal> {
        let invalid = Refusal::invalid;
        if token.len() > LONGEST {
            return Err(invalid(Reason::TooLong));
        }
        // Fails for `none` and for any other unknown algorithm.
        let header = decode_header(token).map_err(|_| invalid(Reason::Malformed))?;
        if !crypto::ALGORITHMS.contains(&header.alg) {
            return Err(invalid(Reason::UnknownAlgorithm));
        }
        if header.crit.is_some() {
            return Err(invalid(Reason::UnknownExtension));
        }
        if !header.typ.as_deref().is_none_or(is_access) {
            return Err(invalid(Reason::NotAccess));
        }
        let keys = self.keys(&header).await?;
        if !keys.admits(header.alg) {
            return Err(invalid(Reason::OtherAlgorithm));
        }
        let key = keys.find(header.kid.as_deref()).ok_or(invalid(Reason::UnknownKey))?;
        if !key.is_for(header.alg) {
            return Err(invalid(Reason::OtherUseOfKey));
        }
        let validation = self.validation(header.alg);
        let decoded = decode::<Map<String, Value>>(token, &key.key, &validation);
        let claims = decoded.map_err(|error| invalid(reason(error.kind())))?.claims;
        Identity::read(&claims, &self.0.settings).map_err(invalid)
    }

    /// The provider's name for itself, which is its address.
    pub fn issuer(&self) -> &str {
        &self.0.settings.issuer
    }

    /// The scheme, host and port of the provider's address. Returns `None` if its name is not an address.
    pub fn origin(&self) -> Option<String> {
        let origin = reqwest::Url::parse(self.issuer()).ok()?.origin();
        origin.is_tuple().then(|| origin.ascii_serialization())
    }

    /// Fails if the provider's keys are not known and cannot be fetched, for health checks.
    pub async fn check(&self) -> Result<(), FetchError> {
        match self.known().filter(|known| known.since.elapsed() < STALE) {
            Some(_) => Ok(()),
            None => self.refresh(Duration::ZERO).await.map(drop),
        }
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let settings = &self.0.settings;
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&settings.issuer]);
        validation.set_audience(&[&settings.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = settings.skew.as_secs();
        validation.validate_nbf = true;
        validation
    }

    /// The provider's keys, fetched again if they are old or lack the one that the token names.
    async fn keys(&self, header: &Header) -> Result<Arc<Keys>, Refusal> {
        let Some(known) = self.known() else {
            return self.refresh(STALE).await.map_err(Refusal::Unknown);
        };
        let age = known.since.elapsed();
        let named = known.keys.find(header.kid.as_deref()).is_some();
        if named && age < FRESH {
            return Ok(known.keys);
        }
        // The known keys may still be used if no newer ones can be had.
        let good = named && age < STALE;
        let asked = match self.0.asked.try_lock() {
            Ok(asked) => asked,
            // Somebody is asking already, and may wait for long.
            Err(_) if good => return Ok(known.keys),
            Err(_) => self.0.asked.lock().await,
        };
        match self.ask(asked, if named { FRESH } else { Duration::ZERO }).await {
            Ok(keys) => Ok(keys),
            Err(FetchError::Resting) if good => Ok(known.keys),
            Err(error) if good => {
                tracing::warn!(%error, "cannot refresh the OpenID provider's keys");
                Ok(known.keys)
            }
            Err(error) => Err(Refusal::Unknown(error)),
        }
    }

    fn known(&self) -> Option<Known> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks the provider, unless somebody else did so a moment ago or while this call waited, and the keys that they
    /// got are younger than `young`. If they got no answer a moment ago, it fails: nobody knows which keys there are,
    /// and the missing one may be new.
    async fn refresh(&self, young: Duration) -> Result<Arc<Keys>, FetchError> {
        self.ask(self.0.asked.lock().await, young).await
    }

    async fn ask(
        &self,
        mut asked: MutexGuard<'_, Option<Asked>>,
        young: Duration,
    ) -> Result<Arc<Keys>, FetchError> {
        let lately = asked.filter(|asked| asked.at.elapsed() < MOST_OFTEN);
        match (self.known().filter(|known| known.since.elapsed() < STALE), lately) {
            (Some(known), _) if known.since.elapsed() < young => return Ok(known.keys),
            (Some(known), Some(Asked { answered: true, .. })) => return Ok(known.keys),
            (_, Some(_)) => return Err(FetchError::Resting),
            (_, None) => {}
        }
        // Noted before asking, since the caller may leave meanwhile, and again after it, for those who waited
        // meanwhile.
        *asked = Some(Asked { at: Instant::now(), answered: false });
        let fetched = keys::fetch(&self.0.http, &self.0.settings).await;
        *asked = Some(Asked { at: Instant::now(), answered: fetched.is_ok() });
        let keys = Arc::new(fetched?);
        let known = Known { keys: Arc::clone(&keys), since: Instant::now() };
        *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(keys)
    }
}

/// Whether a token's type is that of access tokens: by RFC 9068, or as everybody wrote before it.
fn is_access(typ: &str) -> bool {
    ["jwt", "at+jwt", "application/at+jwt"].iter().any(|known| typ.eq_ignore_ascii_case(known))
}

fn reason(kind: &ErrorKind) -> Reason {
    match kind {
        ErrorKind::ExpiredSignature => Reason::Expired,
        ErrorKind::ImmatureSignature => Reason::NotYetValid,
        ErrorKind::InvalidIssuer => Reason::OtherIssuer,
        ErrorKind::InvalidAudience => Reason::OtherAudience,
        ErrorKind::MissingRequiredClaim(_) => Reason::MissingClaim,
        ErrorKind::InvalidSignature => Reason::WrongSignature,
        _ => Reason::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;

    use super::*;

    const KEYS: &str = r#"{ "keys": [{ "kid": "1", "kty": "OKP", "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] }"#;

    /// A provider that tells its keys once and then takes what is asked and says nothing; and how
    /// often it was asked since.
    async fn falls_silent() -> (Provider, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let metadata = format!(r#"{{ "issuer": "{issuer}", "jwks_uri": "{issuer}/keys" }}"#);
        let config = Config {
            oidc_issuer: Some(issuer),
            oidc_audience: Some("axis".to_owned()),
            ..Config::default()
        };
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            for body in [&*metadata, KEYS] {
                let (mut caller, _) = listener.accept().await.unwrap();
                let _request = caller.read(&mut [0; 4096]).await.unwrap();
                let length = body.len();
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length:";
                caller
                    .write_all(format!("{head} {length}\r\n\r\n{body}").as_bytes())
                    .await
                    .unwrap();
            }
            let mut callers = Vec::new();
            while let Ok((caller, _)) = listener.accept().await {
                callers.push(caller);
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        (Provider::new(&config).unwrap(), asked)
    }

    #[tokio::test]
    async fn for_a_provider_that_says_nothing_one_waits_and_not_one_after_the_other() {
        let (provider, asked) = falls_silent().await;
        let named =
            |kid: &str| Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
        provider.keys(&named("1")).await.unwrap();
        provider.0.known.write().unwrap().as_mut().unwrap().since -= FRESH;
        *provider.0.asked.lock().await = None;

        let mut callers = JoinSet::new();
        let ask = |callers: &mut JoinSet<_>, kid| {
            let (provider, header) = (provider.clone(), named(kid));
            callers.spawn(async move { provider.keys(&header).await.map(drop) });
        };
        ask(&mut callers, "1");
        while asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        // Their key is known and good for a while.
        for _ in 0..7 {
            provider.keys(&named("1")).await.unwrap();
        }
        // Theirs is not: they wait for the one who asks, and do not ask again. It may be a new one.
        let mut strangers = JoinSet::new();
        for _ in 0..7 {
            ask(&mut strangers, "2");
        }
        callers.join_all().await.into_iter().collect::<Result<(), _>>().unwrap();
        for answer in strangers.join_all().await {
            assert!(matches!(answer, Err(Refusal::Unknown(FetchError::Resting))), "{answer:?}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
