//! Tokens that we hand out. They are shown once, and only their digest is kept.

use chacha20poly1305::Key;
use chacha20poly1305::aead::Generate as _;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

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

/// A token: the prefix of its kind and 256 random bits in hex.
#[derive(Debug, Clone)]
pub struct Token(SecretString);

impl Token {
    /// Generates a token.
    pub fn generate(kind: TokenKind) -> Self {
        Self(format!("{}{}", kind.prefix(), hex::encode(Key::generate())).into())
    }

    /// Reads a token that somebody shows. Returns `None` if the text does not look like one of this kind.
    pub fn read(kind: TokenKind, text: &str) -> Option<Self> {
        let random = text.strip_prefix(kind.prefix())?;
        let digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        (random.len() == 64 && random.bytes().all(digit)).then(|| Self(text.into()))
    }

    /// The digest that is kept. It is as random as the token, so the time that a look-up takes tells nobody anything,
    /// and no salt is needed.
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
}
