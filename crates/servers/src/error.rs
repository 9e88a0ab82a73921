use std::io;
use std::path::{Path, PathBuf};

/// Why a private server could not be started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server's binaries are nowhere to be found.
    #[error("{server} is not installed here: run `make setup`, or set {variable}")]
    NotInstalled {
        /// What is missing.
        server: &'static str,
        /// The environment variable that names another place.
        variable: &'static str,
    },
    /// Another process uses the data folder.
    #[error("{} is in use by another process: stop that one, or choose another data folder", folder.display())]
    InUse {
        /// The data folder.
        folder: PathBuf,
    },
    /// The server ended, or did not answer in time, while it was being started.
    #[error("{server} did not start, {reason}; {} ends with:\n{tail}", log.display())]
    DidNotStart {
        /// Which server.
        server: &'static str,
        /// What was observed.
        reason: String,
        /// Its whole log.
        log: PathBuf,
        /// The last lines of its log.
        tail: String,
    },
    /// The server still runs, although it was told to end.
    #[error("{server} (process {pid}) does not end: stop it by hand")]
    DoesNotEnd {
        /// Which server.
        server: &'static str,
        /// Its process id.
        pid: u32,
    },
    /// There is data without the password that belongs to it.
    #[error("{} is missing beside the data it belongs to: restore it, or remove the data folder", file.display())]
    PasswordLost {
        /// The missing file.
        file: PathBuf,
    },
    /// The data folder is a copy, and the data that it names are the original's.
    #[error(
        "{} is a copy of {}, whose data are in {}: remove `location` in the copy to start with none, \
         or let it name a copy of the data",
        folder.display(), original.display(), home.display()
    )]
    Copied {
        /// The copy.
        folder: PathBuf,
        /// The folder that the data belong to.
        original: PathBuf,
        /// Where they are.
        home: PathBuf,
    },
    /// We are root, `PostgreSQL` refuses to be, and there is nobody else to be.
    #[error(
        "PostgreSQL does not run as root, and this machine has no user `postgres` or `nobody`: create one"
    )]
    NoUnprivilegedUser,
    /// The operating system refused something.
    #[error("cannot {action} {}", path.display())]
    System {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
}

/// Names the step that failed: `fs::read(&path).during("read", &path)?`.
pub(crate) trait During<T> {
    fn during(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T, E: Into<io::Error>> During<T> for Result<T, E> {
    fn during(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|error| Error::System { action, path: path.into(), source: error.into() })
    }
}
