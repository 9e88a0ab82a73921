//! Where files are kept.

use std::path::{Path, PathBuf, absolute};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use object_store::RetryConfig;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;

use crate::{Objects, OpenError};

const KIB: usize = 1024;

/// Where files are kept.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Attachments")]
pub struct Config {
    /// Where files that people attach are kept, the same for all programs that ask for it: a folder as
    /// `file:///var/lib/axis/attachments` on a disk that they share, or a bucket as
    /// `s3://bucket/prefix`, reached by `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`, `AWS_ALLOW_HTTP`, …
    #[arg(
        long,
        env = "ATTACHMENTS_URL",
        default_value = "file:.axis/attachments",
        value_name = "URL"
    )]
    pub attachments_url: Address,
}

impl Default for Config {
    fn default() -> Self {
        Self { attachments_url: Address::Folder(".axis/attachments".into()) }
    }
}

/// A place for files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A folder.
    Folder(PathBuf),
    /// A bucket, as `s3://bucket/prefix`.
    Bucket {
        /// Its name.
        name: String,
        /// What is in front of every key.
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
        // Not the text itself: somebody may have put a secret into it.
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

impl Objects {
    /// The files of this place. A folder that is not there is made; a bucket is not asked yet.
    pub fn open(config: &Config) -> Result<Self, OpenError> {
        match &config.attachments_url {
            Address::Folder(folder) => Self::folder(folder),
            Address::Bucket { name, prefix } => {
                let settings = |error| OpenError::Settings(Box::new(error));
                // The one provider of the workspace; fails only if it is installed already.
                let _installed = rustls::crypto::ring::default_provider().install_default();
                // Whoever asks has others behind them, and comes back by themselves.
                let retry = RetryConfig {
                    max_retries: 1,
                    retry_timeout: Duration::from_secs(10),
                    ..RetryConfig::default()
                };
                let bucket = AmazonS3Builder::from_env().with_bucket_name(name).with_retry(retry);
                let bucket = bucket.build();
                let store = Arc::new(bucket.map_err(settings)?);
                // The smallest part that S3 takes.
                let prefix = Key::from(prefix.as_str());
                Ok(Self::over(store, prefix, 5 * KIB * KIB))
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
        Ok(Self::over(Arc::new(store), Key::default(), 256 * KIB))
    }
}

/// What customers send is nobody else's business on this machine.
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
}
