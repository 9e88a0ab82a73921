//! Keeps the last known sources on disk, with their secrets sealed.

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use domain::in_words;
use events::Source;

#[derive(Debug, Clone)]
pub(super) struct Cache {
    path: PathBuf,
}

impl Cache {
    pub(super) fn of(dir: &Path) -> Self {
        Self { path: dir.join("sources.json") }
    }

    /// Reads what was written last. Returns `None` if the file is missing or cannot be read.
    pub(super) fn read(&self) -> Option<Vec<Source>> {
        let bytes = std::fs::read(&self.path).ok()?;
        match serde_json::from_slice(&bytes) {
            Ok(sources) => Some(sources),
            Err(error) => {
                tracing::warn!(
                    error = in_words(&error),
                    "the sources of webhooks on disk cannot be read and are ignored"
                );
                None
            }
        }
    }

    /// Replaces the file atomically. Only its owner can read it.
    pub(super) fn write(&self, sources: &[Source]) -> io::Result<()> {
        let fresh = self.path.with_extension("json.new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(&serde_json::to_vec(sources)?)?;
        file.sync_all()?;
        std::fs::rename(fresh, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::testing::source;

    #[test]
    fn round_trips_without_open_secrets_for_the_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let key = domain::SecretKey::generate_text().parse().unwrap();
        let cache = Cache::of(dir.path());
        assert_eq!(cache.read(), None);
        let sources = vec![source(&key, 7, &["open sesame"])];
        cache.write(&sources).unwrap();
        assert_eq!(cache.read(), Some(sources));
        assert!(!std::fs::read_to_string(&cache.path).unwrap().contains("sesame"));
        let mode = std::fs::metadata(&cache.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&cache.path, "[{").unwrap();
        assert_eq!(cache.read(), None);
    }
}
