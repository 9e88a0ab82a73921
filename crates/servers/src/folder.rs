//! The data folder of one server: its lock, its log, and which process runs in it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::error::{During, Error};
use crate::identity::Identity;
use crate::replace::replace;
use crate::secret;

/// How long a server that was left behind may take to end when told to.
const LEFTOVER_LIMIT: Duration = Duration::from_secs(10);
/// How much of a log an error quotes, in bytes.
const TAIL: u64 = 2_000;
/// The file that says which process the server is.
const RECORD: &str = "process.json";

/// Returns the URL of the server that runs on `data_dir`, or `None` if none does.
///
/// For programs other than the one that started it, such as operators' commands.
pub fn running_url(data_dir: impl AsRef<Path>) -> Result<Option<SecretString>, Error> {
    let folder = data_dir.as_ref();
    if recorded(folder).is_some() { secret::load(&folder.join("url")) } else { Ok(None) }
}

/// Returns the server that runs on `folder`, or `None` if none does.
fn recorded(folder: &Path) -> Option<Identity> {
    // A record torn by a power cut cannot be read, but no server survives a power cut either.
    let record = fs::read(folder.join(RECORD)).ok()?;
    let Record { process, folder: of, boot } = serde_json::from_slice(&record).ok()?;
    let is_copy = of.is_some_and(|of| inode(folder).ok() != Some(of));
    let is_past = boot.is_some() && boot != this_boot();
    (!is_copy && !is_past && process.is_alive()).then_some(process)
}

/// What a data folder records about the server that runs on it. Records of older versions lack some fields.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    #[serde(flatten)]
    process: Identity,
    /// The device and inode of the folder. In a copy of the folder, the record is about the original's server.
    folder: Option<(u64, u64)>,
    /// The boot of the machine in which the process id and start time are valid.
    boot: Option<String>,
}

/// Device and inode, which identify a file or folder and tell it from a copy.
pub(crate) fn inode(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

/// Identifies the present boot of the machine. Returns `None` on systems other than Linux.
fn this_boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim_end().to_owned())
}

/// A data folder that is locked until this is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    lock: File,
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A child that is just being spawned has a copy of the file until it executes, so merely closing ours would
        // leave the lock to it.
        let _ = self.lock.unlock();
    }
}

impl Folder {
    /// Creates the folder if need be and locks it. Fails with [`Error::InUse`] if another process has it.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        // Other users may pass through, to files of the user that PostgreSQL runs as, but not list it.
        DirBuilder::new().recursive(true).mode(0o711).create(path).during("create", path)?;
        let path = path.canonicalize().during("find", path)?;
        let lock_file = path.join("lock");
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock_file)
            .during("open", &lock_file)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, lock }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { folder: path }),
            Err(TryLockError::Error(error)) => Err(error).during("lock", &lock_file),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("server.log")
    }

    /// Begins a new log and keeps the previous one.
    pub(crate) fn start_log(&self) -> Result<File, Error> {
        let log = self.log();
        match fs::rename(&log, self.path.join("server.log.1")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => OpenOptions::new().append(true).create(true).mode(0o600).open(&log),
        }
        .during("write", &log)
    }

    /// The end of the log.
    pub(crate) fn log_tail(&self) -> String {
        let mut tail = Vec::new();
        let read = File::open(self.log()).and_then(|mut log| {
            let length = log.metadata()?.len();
            log.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
            log.take(TAIL).read_to_end(&mut tail)
        });
        match read {
            Ok(_) => String::from_utf8_lossy(&tail).trim().to_owned(),
            Err(error) => format!("(it cannot be read: {error})"),
        }
    }

    /// Records which process runs here, for [`Folder::end_leftover`].
    pub(crate) fn record(&self, process: Identity) -> Result<(), Error> {
        let file = self.path.join(RECORD);
        let folder = inode(&self.path).during("read", &self.path)?;
        serde_json::to_vec(&Record { process, folder: Some(folder), boot: this_boot() })
            .map_err(io::Error::from)
            .and_then(|text| replace(&file, &text))
            .during("write", &file)
    }

    /// Ends the server, if any, that an earlier owner of this folder left behind because it was killed.
    pub(crate) async fn end_leftover(
        &self,
        server: &'static str,
        stop: Signal,
    ) -> Result<(), Error> {
        let Some(leftover) = recorded(&self.path) else { return Ok(()) };
        tracing::info!(
            server.name = server,
            process.pid = leftover.pid,
            "ending the server that an earlier run left behind"
        );
        let children = leftover.children();
        for process in children.iter().chain([&leftover]) {
            process.signal(Signal::CONT);
        }
        leftover.signal(stop);
        if !leftover.ends_within(LEFTOVER_LIMIT).await {
            for process in leftover.children().iter().chain([&leftover]) {
                process.signal(Signal::KILL);
            }
        }
        for process in children.iter().chain([&leftover]) {
            if !process.ends_within(LEFTOVER_LIMIT).await {
                return Err(Error::DoesNotEnd { server, pid: process.pid });
            }
        }
        Ok(())
    }
}
