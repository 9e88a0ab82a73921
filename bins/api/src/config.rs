//! Config of the API.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use clap::Args;
use identity::Provider;

use crate::auth::{Auth, AuthMode};
use crate::loopback_only;
use crate::sign_in::SignIn;

/// Settings that only the API has.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "API")]
pub struct Config {
    /// Origins whose pages may call the API from a browser, such as `https://desk.example.com`,
    /// separated by commas. If empty, only pages that the API itself serves may call it
    #[arg(
        long,
        env = "CORS_ORIGIN",
        value_delimiter = ',',
        value_name = "ORIGIN",
        value_parser = origin
    )]
    pub cors_origin: Vec<HeaderValue>,

    /// How callers prove who they are
    #[arg(long, env = "AUTH_MODE", value_enum, default_value_t = AuthMode::Dev)]
    pub auth_mode: AuthMode,

    /// The OpenID provider, for [`AuthMode::Oidc`]
    #[command(flatten)]
    pub oidc: identity::Config,

    /// How the Shell signs people in with it
    #[command(flatten)]
    pub sign_in: SignIn,

    /// Lets `AUTH_MODE=dev` listen on addresses that other machines can reach, and answer requests
    /// that come through a proxy or a tunnel, or for another name than localhost. Whoever reaches
    /// it is then an administrator
    #[arg(long, env = "DEV_AUTH_ANYWHERE")]
    pub dev_auth_anywhere: bool,

    /// Seconds during which a message can still be taken back, before it is sent, 0 to 600
    #[arg(
        long,
        env = "UNDO_SECONDS",
        default_value_t = 0,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(0..=600)
    )]
    pub undo_seconds: u64,

    /// The same for single channels, named as in Chatwoot's `Channel::Email`: `Email=60,WebWidget=5`
    #[arg(
        long,
        env = "UNDO_SECONDS_BY_CHANNEL",
        value_delimiter = ',',
        value_name = "CHANNEL=SECONDS",
        value_parser = channel_undo
    )]
    pub undo_seconds_by_channel: Vec<(String, u64)>,

    /// Seconds of silence after which a live stream gets a heartbeat, 1 to 30
    #[arg(
        long,
        env = "SSE_HEARTBEAT_SECONDS",
        default_value_t = 15,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=30)
    )]
    pub sse_heartbeat_seconds: u64,

    /// Requests per minute that each person and each API key may make, all at once if they like.
    /// Each process counts on its own; opening a live stream does not count. 0 means no limit
    #[arg(
        long,
        env = "API_REQUESTS_PER_MINUTE",
        default_value_t = 3_000,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    pub api_requests_per_minute: u32,

    /// Live streams per minute that each person and each API key may open, all at once if they
    /// like. Each process counts on its own. 0 means no limit
    #[arg(
        long,
        env = "API_STREAMS_PER_MINUTE",
        default_value_t = 600,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    pub api_streams_per_minute: u32,

    /// Live streams that each person and each API key may have open at a time. Each process counts
    /// on its own. 0 means as many as their tenant may have. A program that opens one for each of
    /// its own clients needs more
    #[arg(
        long,
        env = "API_STREAMS_AT_ONCE",
        default_value_t = 500,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    pub api_streams_at_once: u32,

    /// Folder with the built Shell, served under `/app/`. If unset, the API does not serve the Shell
    #[arg(long, env = "SHELL_DIR", value_name = "FOLDER")]
    pub shell_dir: Option<PathBuf>,

    /// Settings for administering accounts
    #[arg(skip)]
    pub accounts: accounts::Config,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cors_origin: Vec::new(),
            auth_mode: AuthMode::Dev,
            oidc: identity::Config::default(),
            sign_in: SignIn::default(),
            dev_auth_anywhere: false,
            undo_seconds: 0,
            undo_seconds_by_channel: Vec::new(),
            sse_heartbeat_seconds: 15,
            api_requests_per_minute: 3_000,
            api_streams_per_minute: 600,
            api_streams_at_once: 500,
            shell_dir: None,
            accounts: accounts::Config::default(),
        }
    }
}

/// Settings that the API cannot serve with.
#[derive(Debug, thiserror::Error)]
pub enum UnfitConfig {
    /// They would let strangers in.
    #[error(
        "AUTH_MODE=dev lets everybody in, so it listens on this machine only, not on {0}; \
         set HOST=127.0.0.1, or DEV_AUTH_ANYWHERE=true if that is wanted"
    )]
    OpenToAll(String),
    /// They would let nobody in.
    #[error(transparent)]
    Provider(#[from] identity::SetupError),
    /// The key for the accounts' secrets is unusable.
    #[error(transparent)]
    Key(#[from] domain::SealError),
}

impl Config {
    /// Refuses settings that the API cannot serve with when it listens on this address. Contacts no
    /// server, so that a wrong setting is reported before any server that is away.
    pub fn check(&self, host: &str) -> Result<(), UnfitConfig> {
        if self.is_for_this_machine() && !loopback_only::is_loopback(host) {
            return Err(UnfitConfig::OpenToAll(host.to_owned()));
        }
        if self.auth_mode == AuthMode::Oidc {
            self.oidc.discovery()?;
        }
        self.accounts.key()?;
        Ok(())
    }

    /// Whether only this machine is let in.
    pub(crate) fn is_for_this_machine(&self) -> bool {
        self.auth_mode == AuthMode::Dev && !self.dev_auth_anywhere
    }

    pub(crate) fn auth(&self) -> Result<Auth, identity::SetupError> {
        match self.auth_mode {
            AuthMode::Dev => Ok(Auth::Dev),
            AuthMode::Oidc => Provider::new(&self.oidc).map(Auth::Oidc),
        }
    }

    pub(crate) fn undo(&self) -> Undo {
        let windows = self.undo_seconds_by_channel.iter();
        Undo {
            otherwise: Duration::from_secs(self.undo_seconds),
            by_channel: windows
                .map(|(channel, seconds)| (channel.clone(), Duration::from_secs(*seconds)))
                .collect(),
        }
    }

    /// How many live streams one caller may have open.
    pub(crate) fn streams_at_once(&self) -> usize {
        match self.api_streams_at_once {
            0 => usize::MAX,
            count => count as usize,
        }
    }

    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.sse_heartbeat_seconds)
    }
}

/// How long a message can be taken back before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Undo {
    otherwise: Duration,
    by_channel: Arc<[(String, Duration)]>,
}

impl Undo {
    /// Whether the window depends on the channel.
    pub(crate) fn varies(&self) -> bool {
        !self.by_channel.is_empty()
    }

    /// The window in conversations of this channel.
    pub(crate) fn of(&self, channel: Option<&str>) -> Duration {
        let channel = channel.map(short);
        let window = self.by_channel.iter().find(|(name, _)| Some(name.as_str()) == channel);
        window.map_or(self.otherwise, |(_, window)| *window)
    }
}

/// Shortens `Channel::Email` to `Email`.
fn short(channel: &str) -> &str {
    channel.strip_prefix("Channel::").unwrap_or(channel)
}

fn channel_undo(text: &str) -> Result<(String, u64), String> {
    let refusal = || format!("write it like Email=60, with 0 to 600 seconds, not {text:?}");
    let (channel, seconds) = text.split_once('=').ok_or_else(refusal)?;
    let seconds = seconds.parse().ok().filter(|seconds| *seconds <= 600).ok_or_else(refusal)?;
    match short(channel.trim()) {
        "" => Err(refusal()),
        channel => Ok((channel.to_owned(), seconds)),
    }
}

/// Reads an origin. `*` is refused, since any site's page could then act for whoever opens it.
pub(crate) fn origin(text: &str) -> Result<HeaderValue, String> {
    let refusal = || format!("{text:?} is not an origin; write it like https://desk.example.com");
    if !text.starts_with("http://") && !text.starts_with("https://") || text.ends_with('/') {
        return Err(refusal());
    }
    text.parse().map_err(|_| refusal())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Alone {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn the_defaults_are_those_of_the_help() {
        Alone::command().debug_assert();
        let parsed = Alone::try_parse_from(["api"]).unwrap();
        assert_eq!(format!("{:?}", parsed.config), format!("{:?}", Config::default()));
    }

    #[test]
    fn bad_values_are_refused() {
        for (option, value) in [
            ("--undo-seconds", "601"),
            ("--undo-seconds-by-channel", "Email"),
            ("--undo-seconds-by-channel", "Email=601"),
            ("--undo-seconds-by-channel", "Channel::=5"),
            ("--sse-heartbeat-seconds", "31"),
            ("--api-requests-per-minute", "1000001"),
            ("--api-streams-per-minute", "1000001"),
            ("--api-streams-at-once", "1000001"),
            ("--auth-mode", "none"),
            ("--oidc-parameters", "audience"),
            ("--oidc-parameters", "state=1"),
            ("--oidc-origins", "https://id.example/"),
            ("--cors-origin", "*"),
            ("--cors-origin", "https://a\nb"),
            ("--cors-origin", "https://desk.example/"),
        ] {
            assert!(Alone::try_parse_from(["api", option, value]).is_err(), "{option}");
        }
    }

    #[test]
    fn a_channel_may_have_an_undo_window_of_its_own() {
        let windows = "Email=60,Channel::WebWidget=0";
        let arguments = ["api", "--undo-seconds", "5", "--undo-seconds-by-channel", windows];
        let undo = Alone::try_parse_from(arguments).unwrap().config.undo();
        for (channel, seconds) in [
            (Some("Channel::Email"), 60),
            (Some("Channel::WebWidget"), 0),
            (Some("Channel::Whatsapp"), 5),
            (None, 5),
        ] {
            assert_eq!(undo.of(channel), Duration::from_secs(seconds), "{channel:?}");
        }
        assert!(undo.varies() && !Config::default().undo().varies());
    }

    #[test]
    fn development_access_stays_on_this_machine_unless_told_otherwise() {
        let config = Config::default();
        for host in ["127.0.0.1", "::1", "localhost"] {
            assert!(config.check(host).is_ok(), "{host}");
        }
        let anywhere = Config { dev_auth_anywhere: true, ..Config::default() };
        let mut oidc = Config { auth_mode: AuthMode::Oidc, ..Config::default() };
        assert!(matches!(oidc.check("127.0.0.1"), Err(UnfitConfig::Provider(_))));
        oidc.oidc.oidc_issuer = Some("https://id.example.com".to_owned());
        oidc.oidc.oidc_audience = Some("axis".to_owned());
        for host in ["0.0.0.0", "::", "10.1.2.3", "desk.example.com"] {
            assert!(matches!(config.check(host), Err(UnfitConfig::OpenToAll(_))), "{host}");
            assert!(anywhere.check(host).is_ok(), "{host}");
            assert!(oidc.check(host).is_ok(), "{host}");
        }
    }
}
