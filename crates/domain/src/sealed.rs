//! The deployment's key: it seals secrets at rest (XChaCha20-Poly1305), and signs what its programs hand out and are
//! shown again (HMAC-SHA256).

use chacha20poly1305::aead::{Aead, Generate as _, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The key under which tokens and webhook secrets are sealed: 64 hex digits (`openssl rand -hex 32`). To change keys,
/// give several, separated by commas: the first one seals and signs, and each of them opens and verifies.
#[derive(Clone)]
pub struct SecretKey {
    first: OneKey,
    older: Vec<OneKey>,
}

#[derive(Clone)]
struct OneKey {
    cipher: XChaCha20Poly1305,
    /// Derives a key for each purpose of signing.
    deriving: Hmac<Sha256>,
}

/// A sealed secret: the nonce, then the ciphertext with its tag. It is safe to store and to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

/// Why a secret could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key's text is not 64 hex digits, or several of these separated by commas.
    #[error("AXIS_SECRET_KEY must be 64 hexadecimal digits; make one with `openssl rand -hex 32`")]
    MalformedKey,
    /// The secret was sealed under another key or for another purpose, or is damaged.
    #[error("a stored secret does not open with this key; was AXIS_SECRET_KEY changed?")]
    WrongKey,
    /// The secret is longer than the cipher takes, which is 256 GiB.
    #[error("the secret is too long to be sealed")]
    TooLong,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl std::str::FromStr for SecretKey {
    type Err = SealError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut keys = text.split(',').map(|text| {
            let mut key = [0u8; 32];
            hex::decode_to_slice(text.trim(), &mut key).map_err(|_| SealError::MalformedKey)?;
            Ok(OneKey { cipher: XChaCha20Poly1305::new(&Key::from(key)), deriving: keyed(key) })
        });
        let first = keys.next().unwrap_or(Err(SealError::MalformedKey))?;
        Ok(Self { first, older: keys.collect::<Result<_, _>>()? })
    }
}

impl SecretKey {
    /// Generates a key, as text for a file or an environment variable.
    pub fn generate_text() -> String {
        hex::encode(Key::generate())
    }

    /// Seals a secret for one purpose (say, `webhook-secret`); it opens only for the same purpose.
    pub fn seal(&self, purpose: &str, secret: &SecretString) -> Result<Sealed, SealError> {
        let nonce = XNonce::generate();
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: purpose.as_bytes() };
        let ciphertext =
            self.first.cipher.encrypt(&nonce, payload).map_err(|_| SealError::TooLong)?;
        Ok(Sealed([nonce.as_slice(), &ciphertext].concat()))
    }

    /// Opens what [`SecretKey::seal`] sealed for this purpose, under this key or one of the older ones.
    pub fn open(&self, purpose: &str, sealed: &Sealed) -> Result<SecretString, SealError> {
        self.each().find_map(|key| key.open(purpose, sealed)).ok_or(SealError::WrongKey)
    }

    /// Seals under the first key what is sealed under an older one. Returns `None` if the first key opens it.
    pub fn reseal(&self, purpose: &str, sealed: &Sealed) -> Result<Option<Sealed>, SealError> {
        if self.first.open(purpose, sealed).is_some() {
            return Ok(None);
        }
        let secret = self.open(purpose, sealed)?;
        self.seal(purpose, &secret).map(Some)
    }

    /// Signs a text for one purpose: half of its HMAC, which nobody without the key can make.
    pub fn sign(&self, purpose: &str, text: &[u8]) -> [u8; 16] {
        let whole = self.first.mac(purpose, text).finalize().into_bytes();
        std::array::from_fn(|at| whole[at])
    }

    /// Whether [`SecretKey::sign`] made this signature of the text for this purpose, under this key or one of the older
    /// ones. The time that it takes does not tell how much of the signature is right.
    pub fn signed(&self, purpose: &str, text: &[u8], signature: &[u8; 16]) -> bool {
        self.each().any(|key| key.mac(purpose, text).verify_truncated_left(signature).is_ok())
    }

    fn each(&self) -> impl Iterator<Item = &OneKey> {
        std::iter::once(&self.first).chain(&self.older)
    }
}

impl OneKey {
    fn open(&self, purpose: &str, sealed: &Sealed) -> Option<SecretString> {
        let (nonce, ciphertext) = sealed.0.split_at_checked(24)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        let payload = Payload { msg: ciphertext, aad: purpose.as_bytes() };
        let plain = self.cipher.decrypt(&nonce, payload).ok()?;
        String::from_utf8(plain).ok().map(SecretString::from)
    }

    fn mac(&self, purpose: &str, text: &[u8]) -> Hmac<Sha256> {
        let derived = self.deriving.clone().chain_update(purpose).finalize().into_bytes();
        keyed(derived.into()).chain_update(text)
    }
}

/// HMAC under this key, which HMAC itself would lengthen with zeros to a block.
fn keyed(key: [u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(&key);
    Hmac::new(&block.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_with_its_key_for_its_purpose_and_undamaged() {
        let key: SecretKey = SecretKey::generate_text().parse().unwrap();
        let other: SecretKey = SecretKey::generate_text().parse().unwrap();
        let sealed = key.seal("token", &"s3cret".into()).unwrap();
        assert_eq!(key.open("token", &sealed).unwrap().expose_secret(), "s3cret");
        assert!(key.open("webhook", &sealed).is_err());
        assert!(other.open("token", &sealed).is_err());
        let mut damaged = sealed.clone();
        damaged.0[30] ^= 1;
        assert!(key.open("token", &damaged).is_err());
        assert!(key.open("token", &Sealed(vec![1, 2])).is_err());
    }

    #[test]
    fn an_older_key_opens_and_the_first_one_seals() {
        let [old, new] = [SecretKey::generate_text(), SecretKey::generate_text()];
        let changing: SecretKey = format!("{new}, {old}").parse().unwrap();
        let (old, new): (SecretKey, SecretKey) = (old.parse().unwrap(), new.parse().unwrap());
        let sealed = old.seal("token", &"s3cret".into()).unwrap();
        assert_eq!(changing.open("token", &sealed).unwrap().expose_secret(), "s3cret");
        let resealed = changing.reseal("token", &sealed).unwrap().unwrap();
        assert_eq!(new.open("token", &resealed).unwrap().expose_secret(), "s3cret");
        assert!(old.open("token", &resealed).is_err());
        assert_eq!(changing.reseal("token", &resealed).unwrap(), None);
        assert!(changing.reseal("webhook", &sealed).is_err());
        for malformed in ["", ",", &format!("{},", "00".repeat(32)), "00,11"] {
            assert!(malformed.parse::<SecretKey>().is_err(), "{malformed}");
        }
    }

    #[test]
    fn a_signature_is_good_for_its_key_its_purpose_and_its_text() {
        let [old, new] = [SecretKey::generate_text(), SecretKey::generate_text()];
        let changing: SecretKey = format!("{new},{old}").parse().unwrap();
        let (old, new): (SecretKey, SecretKey) = (old.parse().unwrap(), new.parse().unwrap());
        let signature = old.sign("ticket", b"text");
        assert!(old.signed("ticket", b"text", &signature));
        assert!(changing.signed("ticket", b"text", &signature));
        assert!(new.signed("ticket", b"text", &changing.sign("ticket", b"text")));
        assert!(!new.signed("ticket", b"text", &signature));
        assert!(!old.signed("key", b"text", &signature));
        assert!(!old.signed("ticket", b"texts", &signature));
        for at in 0..16 {
            let mut damaged = signature;
            damaged[at] ^= 1;
            assert!(!old.signed("ticket", b"text", &damaged));
        }
    }

    /// What programs of different versions agree on; computed with Python's `hmac`.
    #[test]
    fn a_signature_is_half_of_an_hmac_under_a_derived_key() {
        let key: SecretKey = "5c".repeat(32).parse().unwrap();
        assert_eq!(hex::encode(key.sign("ticket", b"text")), "89107cdaecb9debf68cbe240ab0fd63f");
    }

    #[test]
    fn debug_shows_no_key() {
        let key: SecretKey = "00".repeat(32).parse().unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
    }
}
