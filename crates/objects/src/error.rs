//! What can go wrong with files, told apart by what the caller can do.

/// Why a file cannot be written, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
    /// The file ends before the part that was asked for.
    #[error("the file has only {length} bytes")]
    OutOfRange {
        /// Bytes of the file.
        length: u64,
    },
    /// None of the files that were kept is there.
    #[error("the place where files are kept is not there: is its disk mounted?")]
    Away,
    /// The place did not answer in time.
    #[error("the place where files are kept does not answer")]
    Silent,
    /// The place does not work at the moment, or refuses us.
    #[error("the place where files are kept does not work")]
    Place(#[source] Box<object_store::Error>),
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound,
            error => Self::Place(Box::new(error)),
        }
    }
}

/// Why the place cannot be used, which is a mistake in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made or used.
    #[error("the folder {folder} for attachments cannot be used")]
    Folder {
        /// The folder.
        folder: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A setting that a bucket needs is missing.
    #[error("ATTACHMENTS_URL names a bucket: set {0} too")]
    Unset(&'static str),
    /// A setting that a bucket needs is missing, and one that is not read is set in its place.
    #[error("ATTACHMENTS_URL names a bucket, for which {unread} is not read: set {setting}")]
    Unread {
        /// What is set.
        unread: &'static str,
        /// What is missing.
        setting: &'static str,
    },
    /// The settings do not describe a place that works.
    #[error("ATTACHMENTS_URL and the settings AWS_* do not describe a place for attachments")]
    Settings(#[source] Box<object_store::Error>),
}
