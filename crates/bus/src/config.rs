//! How to reach NATS.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::rustls::pki_types::CertificateDer;
use async_nats::rustls::pki_types::pem::PemObject as _;
use async_nats::{ConnectOptions, ServerAddr};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

use crate::ConnectError;
use crate::connection::ANSWERING;

/// How to reach NATS.
#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
pub struct Config {
    /// Where NATS is: `tls://host:4222`, or `nats://host:4222` where nobody else is on the way,
    /// several separated by commas; may hold `user:password@` or `token@`. With `tls` the server has
    /// to prove that it is this host.
    #[arg(
        id = "nats_url",
        long = "nats-url",
        env = "NATS_URL",
        hide_env_values = true,
        default_value = "nats://127.0.0.1:4222",
        value_name = "URL"
    )]
    pub nats_url: SecretString,
    /// A NATS credentials file (user JWT and seed), where the server asks for one.
    #[arg(long = "nats-credentials", env = "NATS_CREDENTIALS", value_name = "FILE")]
    pub nats_credentials: Option<PathBuf>,
    /// A PEM file with the certificates of authorities to trust instead of the system's.
    #[arg(id = "nats_ca", long = "nats-ca", env = "NATS_CA", value_name = "FILE")]
    pub nats_ca: Option<PathBuf>,
    /// How long to wait for the answer to a request or the confirmation of a message.
    #[arg(skip = ANSWERING)]
    pub answering: Duration,
}

impl Config {
    /// Settings for a server at `url`, without a credentials file.
    pub fn to_url(url: &str) -> Self {
        Self { nats_url: url.into(), nats_credentials: None, nats_ca: None, answering: ANSWERING }
    }

    /// The servers, by host and port, that need not prove who they are.
    pub fn unverified(&self) -> Result<Vec<(String, u16)>, ConnectError> {
        let mut addresses = self.addresses()?;
        addresses.retain(|address| !address.tls_required());
        Ok(addresses.iter().map(|one| (one.host().to_owned(), one.port())).collect())
    }

    /// Where the servers are, without user and password: `host:port`, several separated by commas.
    pub fn shown(&self) -> Result<String, ConnectError> {
        let all = self.addresses()?;
        let shown: Vec<_> =
            all.iter().map(|one| format!("{}:{}", one.host(), one.port())).collect();
        Ok(shown.join(", "))
    }

    pub(crate) fn addresses(&self) -> Result<Vec<ServerAddr>, ConnectError> {
        self.nats_url
            .expose_secret()
            .split(',')
            .map(|url| url.trim().parse().map_err(|_| ConnectError::Address))
            .collect()
    }

    pub(crate) async fn options(&self) -> Result<ConnectOptions, ConnectError> {
        let addresses = self.addresses()?;
        // Also of servers that these tell of, whose addresses do not say so.
        let is_encrypted = addresses.iter().all(ServerAddr::tls_required);
        let mut options = ConnectOptions::new().require_tls(is_encrypted);
        // The library ignores the user and password in an address.
        if let Some((user, password)) = addresses.iter().find_map(user_of) {
            options = match password {
                Some(password) => options.user_and_password(user, password),
                None => options.token(user),
            };
        }
        if let Some(path) = &self.nats_credentials {
            options = options
                .credentials_file(path)
                .await
                .map_err(|source| ConnectError::Credentials { path: path.clone(), source })?;
        }
        if let Some(path) = &self.nats_ca {
            // The library reads the file at each attempt to connect, and then reports only that the attempt failed.
            read_authorities(path)
                .await
                .map_err(|source| ConnectError::Authority { path: path.clone(), source })?;
            options = options.add_root_certificates(path.clone());
        }
        Ok(options)
    }
}

/// Fails unless the file holds certificates and all of them can be read.
async fn read_authorities(path: &Path) -> io::Result<()> {
    let unreadable =
        |error: &dyn ToString| io::Error::new(io::ErrorKind::InvalidData, error.to_string());
    let text = tokio::fs::read(path).await?;
    let mut certificates = 0;
    for certificate in CertificateDer::pem_slice_iter(&text) {
        certificate.map_err(|error| unreadable(&error))?;
        certificates += 1;
    }
    if certificates == 0 { Err(unreadable(&"it holds no certificate")) } else { Ok(()) }
}

/// The user and password of an address, or its token.
fn user_of(address: &ServerAddr) -> Option<(String, Option<String>)> {
    let decode = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    address.username().map(|user| (decode(user), address.password().map(decode)))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Parser, Debug)]
    struct Program {
        #[command(flatten)]
        bus: Config,
    }

    #[test]
    fn the_arguments_are_sound_and_show_no_secret() {
        Program::command().debug_assert();
        let program =
            Program::try_parse_from(["program", "--nats-url", "nats://me:hush@host:4222"]).unwrap();
        assert!(!format!("{program:?}").contains("hush"));
        assert!(!Program::command().render_long_help().to_string().contains("hush"));
    }

    #[tokio::test]
    async fn a_file_of_authorities_that_cannot_be_used_is_named_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("authorities.pem");
        let config =
            Config { nats_ca: Some(path.clone()), ..Config::to_url("tls://127.0.0.1:4222") };
        let broken = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        for text in [None, Some(""), Some("no certificate"), Some(broken)] {
            if let Some(text) = text {
                std::fs::write(&path, text).unwrap();
            }
            let error = config.options().await.unwrap_err();
            assert!(matches!(error, ConnectError::Authority { .. }), "{text:?}: {error:?}");
            assert!(error.to_string().contains("authorities.pem"), "{error}");
        }
        // Not one that anybody would trust, but one.
        let some = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        std::fs::write(&path, some).unwrap();
        config.options().await.unwrap();
    }

    #[tokio::test]
    async fn who_asks_for_encryption_gets_it_from_every_server() {
        for (url, unverified) in [
            ("tls://a:1,tls://b:2", &[][..]),
            ("nats://a:1", &["a:1"]),
            ("tls://a:1,nats://b", &["b:4222"]),
        ] {
            let config = Config::to_url(url);
            let found = config.unverified().unwrap();
            let found: Vec<_> = found.iter().map(|(host, port)| format!("{host}:{port}")).collect();
            assert_eq!(found, unverified, "{url}");
            let options = format!("{:?}", config.options().await.unwrap());
            let required = format!("\"tls_required\": {}", unverified.is_empty());
            assert!(options.contains(&required), "{url}: {options}");
        }
    }

    #[test]
    fn an_address_tells_the_user_or_a_token() {
        let user = |url: &str| user_of(&url.parse().unwrap());
        assert_eq!(user("nats://me:p%40ss@h"), Some(("me".into(), Some("p@ss".into()))));
        assert_eq!(user("nats://t0ken@h:1"), Some(("t0ken".into(), None)));
        assert_eq!(user("nats://h"), None);
    }

    #[test]
    fn several_servers_are_read_and_nonsense_is_refused_without_repeating_it() {
        let shown = |url: &str| Config::to_url(url).shown().unwrap();
        assert_eq!(shown("nats://me:hush@a:1, nats://hush@b"), "a:1, b:4222");
        let error = Config::to_url("nats://hush:pass word@:x").addresses().unwrap_err();
        assert!(!error.to_string().contains("hush"), "{error}");
    }
}
