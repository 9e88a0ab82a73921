//! The secrets that an account's webhook is signed with.

use domain::{SealError, Sealed, SecretKey};
use events::Source;
use secrecy::{ExposeSecret as _, SecretString};

/// How many secrets are kept: the newest one, and the one before it, which deliveries under way may be signed with.
const SECRETS: usize = 2;

/// Whether the key opens this webhook secret.
pub(crate) fn opens(key: &SecretKey, sealed: &Sealed) -> bool {
    key.open(Source::SECRET_PURPOSE, sealed).is_ok()
}

/// Whether this webhook secret, once opened, is `secret`.
pub(crate) fn opens_to(key: &SecretKey, sealed: &Sealed, secret: &SecretString) -> bool {
    key.open(Source::SECRET_PURPOSE, sealed)
        .is_ok_and(|opened| opened.expose_secret() == secret.expose_secret())
}

/// The known secrets with this one first, and whether it is new.
pub(crate) fn with_secret(
    key: &SecretKey,
    known: &[Sealed],
    secret: &SecretString,
) -> Result<(Vec<Sealed>, bool), SealError> {
    let is_it = |sealed: &Sealed| opens_to(key, sealed, secret);
    if known.first().is_some_and(is_it) {
        return Ok((known.to_vec(), false));
    }
    let mut secrets = vec![key.seal(Source::SECRET_PURPOSE, secret)?];
    // A secret that does not open, perhaps because its key was lost, is of no use any more.
    let stays = |sealed: &&Sealed| opens(key, sealed) && !is_it(sealed);
    secrets.extend(known.iter().filter(stays).cloned());
    secrets.truncate(SECRETS);
    Ok((secrets, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_keeps_the_secret_before_and_a_repetition_changes_nothing() {
        let key: SecretKey = "5c".repeat(32).parse().unwrap();
        let opened = |secrets: &[Sealed]| -> Vec<String> {
            let open = |one| key.open(Source::SECRET_PURPOSE, one).unwrap();
            secrets.iter().map(|one| open(one).expose_secret().to_owned()).collect()
        };
        let add =
            |known: &[Sealed], secret: &str| with_secret(&key, known, &secret.into()).unwrap();
        let (first, new) = add(&[], "one");
        assert!(new);
        assert_eq!(add(&first, "one"), (first.clone(), false));
        let (second, new) = add(&first, "two");
        assert_eq!((opened(&second), new), (vec!["two".into(), "one".into()], true));
        let (third, _) = add(&second, "three");
        assert_eq!(opened(&third), ["three", "two"]);
        let (back, _) = add(&third, "two");
        assert_eq!(opened(&back), ["two", "three"]);
    }
}
