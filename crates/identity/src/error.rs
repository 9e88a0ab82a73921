//! What can go wrong, told apart by what the caller can do about it.

/// The settings do not describe a provider.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No issuer is set.
    #[error(
        "OIDC_ISSUER is not set: give the provider's address, such as https://id.example.com/realms/acme"
    )]
    NoIssuer,
    /// No audience is set.
    #[error(
        "OIDC_AUDIENCE is not set: name whom tokens must be meant for, or a token for any application would be accepted"
    )]
    NoAudience,
    /// Somebody else could answer at the address in the provider's place.
    #[error(
        "{0} is not an address of a provider: it must begin with https://, or with http:// on this machine, or \
         OIDC_ALLOW_HTTP must be set"
    )]
    Address(String),
    /// TLS cannot be set up here.
    #[error("the HTTP client cannot be set up: check the system's certificates")]
    Http(#[source] reqwest::Error),
}

/// The provider's keys could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The provider did not answer, or answered with an error status.
    #[error("the OpenID provider does not answer: {0}")]
    Unavailable(#[source] reqwest::Error),
    /// The provider did not answer a moment ago, and is not asked again yet.
    #[error("the OpenID provider did not answer a moment ago")]
    Resting,
    /// The answer is too large, or not what the standard says.
    #[error("the OpenID provider's answer cannot be read: {0}")]
    Unreadable(&'static str),
    /// The provider calls itself something else than the configured issuer.
    #[error("the OpenID provider calls itself {found}, not {expected}; check OIDC_ISSUER")]
    OtherIssuer {
        /// What it says.
        found: String,
        /// What was configured.
        expected: String,
    },
}

/// Why a token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The token proves nothing, for one of [`Refusal::REASONS`].
    #[error("the token is not accepted: {0}")]
    Invalid(&'static str),
    /// Whether the token proves anything cannot be said at the moment.
    #[error(transparent)]
    Unknown(FetchError),
}

/// Defines [`Reason`] and its texts.
macro_rules! reasons {
    ($($reason:ident = $text:literal,)+) => {
        /// Why a token proves nothing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Reason {
            $($reason,)+
        }

        impl Reason {
            const fn as_str(self) -> &'static str {
                match self { $(Self::$reason => $text),+ }
            }
        }

        impl Refusal {
            /// Every reason that [`Refusal::Invalid`] can name, for counting by reason.
            pub const REASONS: [&str; [$($text),+].len()] = [$($text),+];
        }
    };
}

reasons! {
    TooLong = "it is too long",
    Malformed = "it is not one",
    UnknownAlgorithm = "nobody signs like that",
    UnknownExtension = "it demands what is not known here",
    NotAccess = "it is no access token",
    OtherAlgorithm = "the provider does not sign like that",
    UnknownKey = "nobody knows its key",
    OtherUseOfKey = "its key signs otherwise",
    Expired = "it has expired",
    NotYetValid = "it is not good yet",
    OtherIssuer = "another provider made it",
    OtherAudience = "it is meant for somebody else",
    MissingClaim = "it says too little",
    WrongSignature = "its signature is not the provider's",
    Unreadable = "it cannot be read",
    NoSubject = "it names nobody",
    NoExpiry = "it does not say when it ends",
}

impl Refusal {
    /// The token proves nothing.
    pub(crate) fn invalid(reason: Reason) -> Self {
        Self::Invalid(reason.as_str())
    }
}
