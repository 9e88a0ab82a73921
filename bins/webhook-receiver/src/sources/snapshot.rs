//! The sources at one moment, indexed for looking them up.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::{AccountKey, SealError, Sealed, SecretKey, TenantId, in_words};
use events::Source;
use secrecy::SecretString;
use tokio::sync::Semaphore;

/// How many bytes one tenant's bodies in hand may hold together. Four tenants, and the address that anybody can guess,
/// can together use what is there for all, but not what is reserved for small bodies. If there is only one tenant,
/// each of its sources may have as much.
const BODIES: usize = 56 * 1024 * 1024;

/// How many accounts with the same number are tried.
pub(crate) const MAX_CANDIDATES: usize = 32;

/// An account that may send webhooks, with its secrets opened.
#[derive(Debug)]
pub(crate) struct KnownSource {
    pub(crate) account: AccountKey,
    pub(crate) tenant: TenantId,
    pub(crate) chatwoot_account_id: i64,
    pub(crate) secrets: Vec<SecretString>,
    /// Whether its own address accepts unsigned events. Never while it has a secret, even one that does not open.
    pub(crate) allow_unsigned: bool,
    /// What is left of the bytes that the bodies in hand of its tenant, or its own, may hold.
    pub(crate) bodies: Arc<Semaphore>,
}

/// Whose bodies are counted together: a tenant's, or a source's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Sender {
    Tenant(TenantId),
    Source(AccountKey),
}

/// All sources at one moment.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    by_key: HashMap<AccountKey, Arc<KnownSource>>,
    by_account_id: HashMap<i64, Vec<Arc<KnownSource>>>,
    bodies: HashMap<Sender, Arc<Semaphore>>,
    /// How many secrets do not open with this deployment's key.
    pub(crate) unopened: usize,
    /// The most secrets with which a body that names an account may be compared, whichever account that is.
    pub(crate) most_secrets: usize,
    /// Whether the sources belong to more than one tenant.
    pub(crate) several_tenants: bool,
}

impl Snapshot {
    /// Indexes the sources and opens their secrets. Shares with the previous snapshot, `before`, what is left of each
    /// sender's bytes, so that requests in hand still count.
    pub(crate) fn of(
        sources: &BTreeMap<AccountKey, Source>,
        key: &SecretKey,
        before: Option<&Self>,
    ) -> Self {
        let mut tenants = sources.values().map(|source| &source.tenant);
        let first = tenants.next();
        let several_tenants = tenants.any(|tenant| Some(tenant) != first);
        let mut snapshot = Self { several_tenants, ..Self::default() };
        for source in sources.values() {
            let mut secrets = Vec::with_capacity(source.sealed_secrets.len());
            for sealed in &source.sealed_secrets {
                match open(key, sealed) {
                    Ok(secret) => secrets.push(secret),
                    Err(error) => {
                        snapshot.unopened += 1;
                        tracing::error!(
                            error = in_words(&error),
                            account.key = %source.account,
                            "a webhook secret cannot be used"
                        );
                    }
                }
            }
            let sender = if several_tenants {
                Sender::Tenant(source.tenant.clone())
            } else {
                Sender::Source(source.account)
            };
            let held = before.and_then(|before| before.bodies.get(&sender)).map(Arc::clone);
            let bodies = snapshot.bodies.entry(sender);
            let bodies =
                bodies.or_insert_with(|| held.unwrap_or_else(|| Arc::new(Semaphore::new(BODIES))));
            let bodies = Arc::clone(bodies);
            let known = Arc::new(KnownSource {
                account: source.account,
                tenant: source.tenant.clone(),
                chatwoot_account_id: source.chatwoot_account_id,
                secrets,
                allow_unsigned: source.allow_unsigned && source.sealed_secrets.is_empty(),
                bodies,
            });
            let namesakes = snapshot.by_account_id.entry(known.chatwoot_account_id).or_default();
            // Without a secret, no signature can prove that a body is this account's.
            if !known.secrets.is_empty() {
                namesakes.push(Arc::clone(&known));
            }
            snapshot.by_key.insert(known.account, known);
        }
        for namesakes in snapshot.by_account_id.values_mut() {
            take_turns(namesakes);
            let tried = namesakes.iter().take(MAX_CANDIDATES);
            let secrets = tried.map(|known| known.secrets.len()).sum();
            snapshot.most_secrets = snapshot.most_secrets.max(secrets);
        }
        snapshot
    }

    pub(crate) fn by_key(&self, account: AccountKey) -> Option<&Arc<KnownSource>> {
        self.by_key.get(&account)
    }

    /// Returns the accounts that have this number in their installation and a secret: one of each tenant, then another
    /// one of each, so that none comes after all that another tenant has. Returns `None` if no account has the number.
    pub(crate) fn by_account_id(&self, id: i64) -> Option<&[Arc<KnownSource>]> {
        self.by_account_id.get(&id).map(Vec::as_slice)
    }
}

fn take_turns(namesakes: &mut Vec<Arc<KnownSource>>) {
    let mut had: HashMap<TenantId, usize> = HashMap::new();
    let turns = std::mem::take(namesakes).into_iter().map(|known| {
        let turn = had.entry(known.tenant.clone()).or_default();
        *turn += 1;
        (*turn, known)
    });
    let mut turns: Vec<_> = turns.collect();
    turns.sort_by_key(|(turn, _)| *turn);
    namesakes.extend(turns.into_iter().map(|(_, known)| known));
}

fn open(key: &SecretKey, sealed: &str) -> Result<SecretString, SealError> {
    let sealed = hex::decode(sealed).map_err(|_| SealError::WrongKey)?;
    key.open(Source::SECRET_PURPOSE, &Sealed(sealed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::source;

    #[test]
    fn it_is_known_whether_there_is_more_than_one_tenant() {
        let key: SecretKey = SecretKey::generate_text().parse().unwrap();
        let several = |tenants: &[&str]| {
            let sources = tenants.iter().map(|tenant| {
                let source = Source { tenant: tenant.parse().unwrap(), ..source(&key, 1, &[]) };
                (source.account, source)
            });
            Snapshot::of(&sources.collect(), &key, None).several_tenants
        };
        assert!(!several(&[]) && !several(&["acme", "acme"]));
        assert!(several(&["acme", "globex", "acme"]));
    }

    #[test]
    fn what_a_tenants_bodies_hold_is_counted_together_and_stays_counted() {
        let key: SecretKey = SecretKey::generate_text().parse().unwrap();
        let of = |tenant: &str| Source { tenant: tenant.parse().unwrap(), ..source(&key, 1, &[]) };
        let all = [of("acme"), of("acme"), of("globex")];
        let snapshot = |all: &[Source], before: Option<&Snapshot>| {
            let all = all.iter().map(|source| (source.account, source.clone())).collect();
            Snapshot::of(&all, &key, before)
        };
        let bodies = |snapshot: &Snapshot, which: usize| {
            Arc::clone(&snapshot.by_key(all[which].account).unwrap().bodies)
        };
        let shared = snapshot(&all, None);
        let held = bodies(&shared, 0).try_acquire_many_owned(7).unwrap();
        let next = snapshot(&all, Some(&shared));
        let left = [0, 1, 2].map(|which| BODIES - bodies(&next, which).available_permits());
        assert_eq!(left, [7, 7, 0]);
        drop(held);
        let alone = snapshot(&all[..2], Some(&next));
        let _held = bodies(&alone, 0).try_acquire_many_owned(7).unwrap();
        assert_eq!(bodies(&alone, 1).available_permits(), BODIES);
    }
}
