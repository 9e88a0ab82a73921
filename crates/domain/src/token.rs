//! Tokens that we hand out. They are shown once, and only their digest is kept.

use chacha20poly1305::Key;
use chacha20poly1305::aead::Generate;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::SecretKey;

/// What a token is for; its prefix says so, to people and to programs that look for leaked ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A machine's key.
    ApiKey,
    /// A machine's key for the installation, above the tenants.
    InstallationKey,
    /// Opens one live stream, once.
    Ticket,
}

impl TokenKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::ApiKey => "axis_key_",
            Self::InstallationKey => "axis_installation_",
            Self::Ticket => "axis_ticket_",
        }
    }
}

/// A token: the prefix of its kind and 32 bytes in hex. They are random, or those of a signed token: 8 for the time at
/// which it was signed, 8 random ones and 16 of the signature.
#[derive(Debug, Clone)]
pub struct Token(SecretString);

impl Token {
    /// Generates a random token, which only its digest tells from a made-up one.
    pub fn generate(kind: TokenKind) -> Self {
        Self::of(kind, &Key::generate())
    }

    /// Generates a token that whoever has the key can tell from a made-up one, and from an old one.
    pub fn generate_signed(kind: TokenKind, key: &SecretKey, now: DateTime<Utc>) -> Self {
        let text = [now.timestamp().to_be_bytes(), Generate::generate()].concat();
        let signature = key.sign(kind.prefix(), &text);
        Self::of(kind, &[&text[..], &signature].concat())
    }

    fn of(kind: TokenKind, bytes: &[u8]) -> Self {
        Self(format!("{}{}", kind.prefix(), hex::encode(bytes)).into())
    }

    /// When the token was signed. Returns `None` if it was not: it is random, made up, or signed under another key.
    pub fn signed_at(&self, kind: TokenKind, key: &SecretKey) -> Option<DateTime<Utc>> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(self.expose().strip_prefix(kind.prefix())?, &mut bytes).ok()?;
        let (text, signature) = bytes.split_last_chunk()?;
        let seconds = i64::from_be_bytes(*text.first_chunk()?);
        let signed = key.signed(kind.prefix(), text, signature);
        signed.then(|| DateTime::from_timestamp(seconds, 0)).flatten()
    }

    /// Reads a token that somebody shows. Returns `None` if the text does not look like one of this kind.
    pub fn read(kind: TokenKind, text: &str) -> Option<Self> {
        let random = text.strip_prefix(kind.prefix())?;
        let digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        (random.len() == 64 && random.bytes().all(digit)).then(|| Self(text.into()))
    }

    /// The digest that is kept. Nobody can guess the token, so the time that a look-up takes tells nobody anything, and
    /// no salt is needed.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose_secret()).into()
    }

    /// The text, to be shown once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_recognised_by_its_kind_and_never_printed_by_mistake() {
        let key = Token::generate(TokenKind::ApiKey);
        let shown = Token::read(TokenKind::ApiKey, key.expose()).unwrap();
        assert_eq!(shown.digest(), key.digest());
        assert_ne!(Token::generate(TokenKind::ApiKey).digest(), key.digest());
        assert!(Token::read(TokenKind::Ticket, key.expose()).is_none());
        let text = key.expose();
        for bad in
            ["", "axis_key_", &text[..72], &format!("{text}0"), &text.replace("_key_", "_KEY_")]
        {
            assert!(Token::read(TokenKind::ApiKey, bad).is_none(), "{bad}");
        }
        assert!(!format!("{key:?}").contains(&text[9..]));
    }

    #[test]
    fn a_signed_token_is_one_and_tells_whoever_has_the_key_when_it_was_signed() {
        let key = || SecretKey::generate_text().parse::<SecretKey>().unwrap();
        let (kind, ours, others) = (TokenKind::Ticket, key(), key());
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let token = Token::generate_signed(kind, &ours, now);
        let again = Token::generate_signed(kind, &ours, now);
        assert_ne!(token.digest(), again.digest());
        let shown = Token::read(kind, token.expose()).unwrap();
        assert_eq!(shown.signed_at(kind, &ours), Some(now));
        assert_eq!(shown.signed_at(kind, &others), None);
        assert_eq!(shown.signed_at(TokenKind::ApiKey, &ours), None);
        assert_eq!(Token::generate(kind).signed_at(kind, &ours), None);
        for at in kind.prefix().len()..token.expose().len() {
            let mut made_up = token.expose().to_owned();
            let other = if &made_up[at..=at] == "0" { "1" } else { "0" };
            made_up.replace_range(at..=at, other);
            let made_up = Token::read(kind, &made_up).unwrap();
            assert_eq!(made_up.signed_at(kind, &ours), None, "{at}");
        }
    }
}
