use std::io;
use std::path::{Path, PathBuf};

/// Why a private server could not be started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server's binaries cannot be found.
    #[error("{server} is not installed here: run `make setup`, or set {variable}")]
    NotInstalled {
        /// What is missing.
        server: &'static str,
        /// The environment variable that can name their location.
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
        /// The file with its whole log.
        log: PathBuf,
        /// The last lines of its log.
        tail: String,
    },
    /// The server is still running although it was killed.
    #[error("{server} (process {pid}) does not end: stop it by hand")]
    DoesNotEnd {
        /// Which server.
        server: &'static str,
        /// Its process id.
        pid: u32,
    },
    /// There is data, but the file with its password is missing.
    #[error("{} is missing beside the data it belongs to: restore it, or remove the data folder", file.display())]
    PasswordLost {
        /// The missing file.
        file: PathBuf,
    },
    /// The data folder is a copy, and the data that it refers to belong to the original.
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
        /// Where the data are.
        home: PathBuf,
    },
    /// A file does not say where the data are, as it is to.
    #[error(
        "{} names no folder: write into it where the data are (below /var/lib/axis-postgres, in the folder \
         whose file `of` names this one), or remove it if there are none yet",
        file.display()
    )]
    NamesNoFolder {
        /// The file.
        file: PathBuf,
    },
    /// The server's settings are written as text, which the name of the data folder is not.
    #[error("{} is not UTF-8: choose another data folder", folder.display())]
    NotText {
        /// The data folder.
        folder: PathBuf,
    },
    /// The data are in a folder that the user who owns them can no longer reach.
    #[error(
        "{} bars the user {uid}, as whom PostgreSQL runs, from the data in {}: let others pass (chmod o+x), \
         or move the data folder to where they may",
        closed.display(), folder.display()
    )]
    Barred {
        /// The data folder.
        folder: PathBuf,
        /// The first folder on the way up that is closed.
        closed: PathBuf,
        /// The user.
        uid: u32,
    },
    /// This process runs as root, `PostgreSQL` refuses to, and there is no other user to run it as.
    #[error(
        "PostgreSQL does not run as root, and this machine has no user `postgres` or `nobody`: create one"
    )]
    NoUnprivilegedUser,
    /// The operating system refused an operation.
    #[error("cannot {action} {}", path.display())]
    System {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder it was tried on.
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
