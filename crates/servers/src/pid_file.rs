//! The note that PostgreSQL keeps beside its data of the process that works on them.

use std::path::Path;
use std::{fs, io};

use crate::error::{During, Error};
use crate::folder::inode;

/// Removes the note unless the process that it names works on `data`.
///
/// A power cut leaves it, and a copy of the data has that of the original. PostgreSQL believes it
/// whenever a process of its user has that number, and then does not start, today or ever. That
/// nobody else works on the data it finds out by their shared memory all the same. On Linux only:
/// elsewhere nobody tells what a process works on.
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
    // With a sign before it: one that serves a single session.
    let pid = text.lines().next().and_then(|line| line.trim().parse::<i32>().ok());
    let works_here = pid.is_some_and(|pid| {
        let place = format!("/proc/{}/cwd", pid.unsigned_abs());
        inode(Path::new(&place)).is_ok_and(|place| inode(data).ok() == Some(place))
    });
    if works_here { Ok(()) } else { fs::remove_file(&note).during("remove", &note) }
}
