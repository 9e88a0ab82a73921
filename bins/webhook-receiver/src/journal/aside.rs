//! Sets aside segments that cannot be read, at all or completely: their files are kept under another name.

use std::io;
use std::path::Path;

use domain::in_words;
use rustix::io::Errno;

use super::ledger::Gone;
use super::lock::LOCK;
use super::{Shared, segment};

/// Whether a failure is about the segment itself, and not a shortage of memory, file handles or disk space, which may
/// last for any time.
pub(super) fn is_the_segments(error: &io::Error) -> bool {
    let shortages = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOSPC, Errno::DQUOT];
    !shortages.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Renames a segment that cannot be read. Without an `error`, the file does not begin like a segment. If this fails,
/// the segment keeps its name, and publishing must not pass it: the next start would count it as published.
pub(super) fn put(path: &Path, bytes: u64, error: Option<&io::Error>) -> io::Result<()> {
    match rename(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_removed(path)? => {
            tracing::error!(
                journal.segment = %path.display(),
                journal.bytes = bytes,
                "somebody took a segment out of the journal's folder: what it holds is not \
                 published from here any more"
            );
            return Ok(());
        }
        renamed => renamed?,
    }
    metrics::counter!("axis_journal_set_aside_total").increment(1);
    tracing::error!(
        journal.segment = %path.display(),
        journal.bytes = bytes,
        error = error.map(|error| in_words(error)),
        "a segment of the journal cannot be read and is set aside as {}: what it holds is not \
         published from here any more; check the disk",
        path.with_extension(segment::ASIDE).display()
    );
    Ok(())
}

fn rename(path: &Path) -> io::Result<()> {
    std::fs::rename(path, path.with_extension(segment::ASIDE))?;
    // If the segment was kept already, both names are the same file, and renaming does nothing.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Whether this file is missing although the journal's folder, with the lock in it, is there. Both are checked in one
/// reading, so that a folder that comes back meanwhile is not mistaken for one without the file.
fn is_removed(path: &Path) -> io::Result<bool> {
    let Some(dir) = path.parent() else { return Ok(false) };
    let mut locked = false;
    for entry in dir.read_dir()? {
        let name = entry?.file_name();
        if path.file_name() == Some(name.as_os_str()) {
            return Ok(false);
        }
        locked |= name == LOCK;
    }
    Ok(locked)
}

/// Keeps a segment of which a part cannot be read for longer than the journal would, by a hard link under a second name.
/// Returns whether it has that name: there are file systems without hard links.
pub(super) fn keep(path: &Path, unread: u64) -> bool {
    let aside = path.with_extension(segment::ASIDE);
    let linked = std::fs::hard_link(path, &aside);
    if linked.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists) {
        // It was kept, and logged, before.
        return true;
    }
    metrics::counter!("axis_journal_set_aside_total").increment(1);
    tracing::error!(
        journal.segment = %path.display(),
        journal.unread_bytes = unread,
        link.error = linked.as_ref().err().map(|error| in_words(error)),
        "records of the journal are damaged, or of a later version, and stepped over: what they held \
         is not published from here any more; their segment is kept as {}; check the disk and the \
         version",
        aside.display()
    );
    linked.is_ok()
}

impl Shared {
    /// Keeps a segment of which a part cannot be read for longer than the journal would.
    pub(super) fn keep(&self, first: u64, unread: u64) {
        if self.hold().is_err() || !keep(&segment::path(&self.dir, first), unread) {
            self.ledger().mark.to_keep.insert(first);
        }
    }

    /// Removes the files of segments that were taken out of the journal, or renames them.
    pub(super) fn remove(&self, gone: &[Gone]) {
        for Gone { first, path, is_kept } in gone {
            if !is_kept {
                super::remove(path);
                continue;
            }
            match rename(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => tracing::warn!(
                    journal.segment = %path.display(),
                    error = in_words(&error),
                    "cannot rename a segment of the journal that is to be kept: it stays as it is, \
                     and the next start tries again"
                ),
                _ => {
                    self.ledger().mark.to_keep.remove(first);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_says_nothing_of_the_segment() {
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOSPC, Errno::DQUOT] {
            assert!(!is_the_segments(&errno.into()), "{errno}");
        }
        assert!(is_the_segments(&Errno::IO.into()));
        assert!(is_the_segments(&io::Error::from(io::ErrorKind::InvalidData)));
    }
}
