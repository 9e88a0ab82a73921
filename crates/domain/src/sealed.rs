//! Secrets at rest: XChaCha20-Poly1305 under the deployment's key.

use chacha20poly1305::aead::{Aead, Generate as _, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};

/// The key under which tokens and webhook secrets are kept: 64 hex digits (`openssl rand -hex 32`).
#[derive(Clone)]
pub struct SecretKey(XChaCha20Poly1305);

/// Sealed bytes: nonce, then ciphertext with its tag. Safe to store and to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

/// Why a secret could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key's text is not 64 hex digits.
    #[error("AXIS_SECRET_KEY must be 64 hexadecimal digits; make one with `openssl rand -hex 32`")]
    MalformedKey,
    /// Sealed under another key, for another purpose, or damaged.
    #[error("a stored secret does not open with this key; was AXIS_SECRET_KEY changed?")]
    WrongKey,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl std::str::FromStr for SecretKey {
    type Err = SealError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut key = [0u8; 32];
        hex::decode_to_slice(text.trim(), &mut key).map_err(|_| SealError::MalformedKey)?;
        Ok(Self(XChaCha20Poly1305::new(&Key::from(key))))
    }
}

impl SecretKey {
    /// A fresh key as text, for a file or an environment variable.
    pub fn generate_text() -> String {
        hex::encode(Key::generate())
    }

    /// Seals a secret for one purpose (say, `webhook-secret`); it opens only for the same purpose.
    pub fn seal(&self, purpose: &str, secret: &SecretString) -> Result<Sealed, SealError> {
        let nonce = XNonce::generate();
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: purpose.as_bytes() };
        let ciphertext = self.0.encrypt(&nonce, payload).map_err(|_| SealError::MalformedKey)?;
        Ok(Sealed([nonce.as_slice(), &ciphertext].concat()))
    }

    /// Opens what [`SecretKey::seal`] sealed for this purpose.
    pub fn open(&self, purpose: &str, sealed: &Sealed) -> Result<SecretString, SealError> {
        let (nonce, ciphertext) = sealed.0.split_at_checked(24).ok_or(SealError::WrongKey)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| SealError::WrongKey)?;
        let payload = Payload { msg: ciphertext, aad: purpose.as_bytes() };
        let plain = self.0.decrypt(&nonce, payload).map_err(|_| SealError::WrongKey)?;
        String::from_utf8(plain).map(SecretString::from).map_err(|_| SealError::WrongKey)
    }
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
    fn debug_shows_no_key() {
        let key: SecretKey = "00".repeat(32).parse().unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
    }
}
