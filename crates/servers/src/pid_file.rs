//! The lock file `postmaster.pid`, in which PostgreSQL notes the process that uses a data directory.

use std::path::Path;
use std::{fs, io};

use crate::error::{During, Error};
use crate::folder::inode;

/// Removes the lock file unless the process that it names works on `data`.
///
/// A power cut leaves the file behind, and a copy of the data has the original's. PostgreSQL trusts it whenever some
/// process of its user has that id, and then never starts. Removing it is safe: PostgreSQL detects by their shared
/// memory if another server uses the data. On Linux only, since elsewhere it cannot be told what a process works on.
pub(crate) fn remove_unless_true(data: &Path) -> Result<(), Error> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let note = data.join("postmaster.pid");
    let text = match fs::read(&note) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).during("read", &note),
    };
    // A negative id is that of a server in single-user mode.
    let pid = text.lines().next().and_then(|line| line.trim().parse::<i32>().ok());
    let works_here = pid.is_some_and(|pid| {
        let place = format!("/proc/{}/cwd", pid.unsigned_abs());
        inode(Path::new(&place)).is_ok_and(|place| inode(data).ok() == Some(place))
    });
    if works_here { Ok(()) } else { fs::remove_file(&note).during("remove", &note) }
}
