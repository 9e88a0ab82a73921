//! Where files are kept.

use std::path::{Path, PathBuf, absolute};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ClientOptions, RetryConfig};
use secrecy::{ExposeSecret as _, SecretString};

use crate::unread::Environment;
use crate::{LONGEST_READING, Objects, OpenError};

const KIB: usize = 1024;
/// How long a bucket may take for a request, unless it is for a whole file.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);

/// Where files are kept.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Attachments")]
pub struct Config {
    /// Where files that people attach are kept, the same for all programs that ask for it: a folder as
    /// `file:///var/lib/axis/attachments` on a disk that they share, or a bucket as
    /// `s3://bucket/prefix`
    #[arg(
        long,
        env = "ATTACHMENTS_URL",
        default_value = "file:.axis/attachments",
        value_name = "URL"
    )]
    pub attachments_url: Address,

    /// How a bucket is reached.
    #[command(flatten)]
    pub access: Access,
}

/// How a bucket is reached.
#[derive(Debug, Clone, Default, Args)]
#[group(skip)]
#[command(next_help_heading = "Attachments")]
pub struct Access {
    /// Access key of a bucket
    #[arg(long, env = "AWS_ACCESS_KEY_ID", hide_env_values = true, value_name = "ID")]
    pub aws_access_key_id: Option<String>,

    /// The secret that belongs to it
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true, value_name = "SECRET")]
    pub aws_secret_access_key: Option<SecretString>,

    /// The token that belongs to both, if they are temporary
    #[arg(long, env = "AWS_SESSION_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub aws_session_token: Option<SecretString>,

    /// Where a bucket of Amazon's is
    #[arg(long, env = "AWS_REGION", value_name = "REGION")]
    pub aws_region: Option<String>,

    /// Address of another S3 than Amazon's
    #[arg(long, env = "AWS_ENDPOINT", value_name = "URL")]
    pub aws_endpoint: Option<String>,

    /// Lets a bucket be reached without TLS
    #[arg(long, env = "AWS_ALLOW_HTTP")]
    pub aws_allow_http: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self::at(Address::Folder(".axis/attachments".into()))
    }
}

impl Config {
    /// Settings for this place without an access key, which a folder does not need.
    pub fn at(attachments_url: Address) -> Self {
        Self { attachments_url, access: Access::default() }
    }
}

/// A place where files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A folder.
    Folder(PathBuf),
    /// A bucket, as `s3://bucket/prefix`.
    Bucket {
        /// Its name.
        name: String,
        /// The prefix of every key.
        prefix: String,
    },
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(folder) = text.strip_prefix("file:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            if !folder.is_empty() {
                return Ok(Self::Folder(folder.into()));
            }
        }
        if let Some((name, prefix)) =
            text.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, "")))
            && !name.is_empty()
            && !name.contains(['@', '?', '#'])
        {
            return Ok(Self::Bucket { name: name.to_owned(), prefix: prefix.to_owned() });
        }
        // The message leaves out the text, since somebody may have put a secret into it.
        Err("write it like file:///var/lib/axis/attachments or s3://bucket/prefix".to_owned())
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "file:{}", folder.display()),
            Self::Bucket { name, prefix } => write!(f, "s3://{name}/{prefix}"),
        }
    }
}

impl Access {
    /// A client for this bucket, whose requests may take so long, until the last byte of the answer. Fails if a setting
    /// is missing: the library would ask the machine it runs on for a role, and look for the bucket at Amazon.
    fn to(
        &self,
        bucket: &str,
        longest: Duration,
        set: &Environment,
    ) -> Result<AmazonS3Builder, OpenError> {
        let Some(id) = &self.aws_access_key_id else { return set.misses("AWS_ACCESS_KEY_ID") };
        let Some(secret) = &self.aws_secret_access_key else {
            return set.misses("AWS_SECRET_ACCESS_KEY");
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_access_key_id(id)
            .with_secret_access_key(secret.expose_secret())
            .with_client_options(ClientOptions::new().with_timeout(longest))
            .with_allow_http(self.aws_allow_http);
        if let Some(token) = &self.aws_session_token {
            builder = builder.with_token(token.expose_secret());
        }
        if let Some(endpoint) = &self.aws_endpoint {
            builder = builder.with_endpoint(endpoint);
        } else {
            set.has_nothing_instead_of("AWS_ENDPOINT")?;
        }
        match &self.aws_region {
            Some(region) => Ok(builder.with_region(region)),
            None if self.aws_endpoint.is_some() => Ok(builder),
            None => set.misses("AWS_REGION"),
        }
    }
}

impl Objects {
    /// Opens the configured place. A folder that does not exist is created; a bucket is not contacted yet.
    pub fn open(config: &Config) -> Result<Self, OpenError> {
        match &config.attachments_url {
            Address::Folder(folder) => Self::folder(folder),
            Address::Bucket { name, prefix } => {
                // Fails only if a provider is installed already, which is then the same one.
                let _installed = rustls::crypto::ring::default_provider().install_default();
                // Others wait behind the callers, who try again by themselves.
                let retry = RetryConfig {
                    max_retries: 1,
                    retry_timeout: Duration::from_secs(10),
                    ..RetryConfig::default()
                };
                let set = Environment::of_process();
                let client = |longest| {
                    let bucket = config.access.to(name, longest, &set)?.with_retry(retry.clone());
                    let bucket = bucket.build();
                    Ok(Arc::new(bucket.map_err(|error| OpenError::Settings(Box::new(error)))?))
                };
                let (store, reading) = (client(LONGEST_REQUEST)?, client(LONGEST_READING)?);
                for (unread, instead) in set.unread(&config.access) {
                    tracing::warn!("{unread} is set, but not read for the bucket: {instead}");
                }
                // 5 MiB is the smallest part that S3 takes.
                let prefix = Key::from(prefix.as_str());
                Ok(Self::over(store, reading, prefix, 5 * KIB * KIB))
            }
        }
    }

    fn folder(folder: &Path) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Folder { folder: folder.display().to_string(), source };
        let folder = absolute(folder).map_err(unusable)?;
        make(&folder).map_err(unusable)?;
        let store = LocalFileSystem::new_with_prefix(&folder)
            .map_err(|error| OpenError::Settings(Box::new(error)))?
            .with_fsync(true);
        let store = Arc::new(store);
        let objects = Self::over(store.clone(), store.clone(), Key::default(), 256 * KIB);
        Ok(Self { folder: Some(store), ..objects })
    }
}

/// Creates the folder for this user only, since customers' files are nobody else's business.
fn make(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_folder_or_a_bucket() {
        let folder = |path: &str| Address::Folder(path.into());
        for (text, address) in [
            ("file:///var/lib/a", folder("/var/lib/a")),
            ("file:/var/lib/a", folder("/var/lib/a")),
            ("file:.axis/attachments", folder(".axis/attachments")),
            ("s3://b", Address::Bucket { name: "b".to_owned(), prefix: String::new() }),
            ("s3://b/c/d", Address::Bucket { name: "b".to_owned(), prefix: "c/d".to_owned() }),
        ] {
            assert_eq!(text.parse(), Ok(address), "{text}");
        }
        for bad in ["", "file:", "file://", "/var/lib/a", "s3://", "s3://key@b", "https://b"] {
            assert!(bad.parse::<Address>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_default_is_that_of_the_help() {
        #[derive(clap::Parser)]
        struct Alone {
            #[command(flatten)]
            config: Config,
        }
        let parsed = <Alone as clap::Parser>::try_parse_from(["x"]).unwrap();
        assert_eq!(parsed.config.attachments_url, Config::default().attachments_url);
    }

    #[test]
    fn what_a_bucket_takes_is_asked_for_by_name() {
        let nobody = Access::default();
        let id = Access { aws_access_key_id: Some("somebody".to_owned()), ..nobody.clone() };
        let somebody = Access { aws_secret_access_key: Some("a-secret".into()), ..id.clone() };
        assert!(!format!("{somebody:?}").contains("a-secret"));
        for (access, set, told) in [
            (&nobody, &[][..], &["AWS_ACCESS_KEY_ID"][..]),
            (&nobody, &["AWS_ROLE_ARN"], &["AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN"]),
            (&id, &["AWS_PROFILE"], &["AWS_SECRET_ACCESS_KEY"]),
            (&somebody, &["AWS_PROFILE"], &["AWS_REGION"]),
            (&somebody, &["AWS_DEFAULT_REGION"], &["AWS_REGION", "AWS_DEFAULT_REGION"]),
        ] {
            let refused =
                access.to("b", LONGEST_REQUEST, &Environment::from(set)).unwrap_err().to_string();
            assert!(told.iter().all(|name| refused.contains(name)), "{refused}");
        }
    }

    /// Or files would go to a bucket of the same name at Amazon's.
    #[test]
    fn an_endpoint_that_is_not_read_is_not_passed_over() {
        let ours = Access {
            aws_access_key_id: Some("somebody".to_owned()),
            aws_secret_access_key: Some("a-secret".into()),
            aws_region: Some("eu-central-1".to_owned()),
            ..Access::default()
        };
        let named =
            Access { aws_endpoint: Some("https://s3.example.com".to_owned()), ..ours.clone() };
        assert!(ours.to("b", LONGEST_REQUEST, &Environment::from(&["AWS_PROFILE"][..])).is_ok());
        for unread in ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] {
            let set = Environment::from(&[unread][..]);
            let refused = ours.to("b", LONGEST_REQUEST, &set).unwrap_err().to_string();
            assert!(refused.ends_with("set AWS_ENDPOINT") && refused.contains(unread), "{refused}");
            assert!(named.to("b", LONGEST_REQUEST, &set).is_ok());
        }
    }
}
