//! Segments that cannot be read: they leave the journal, and their files stay under another name.

use std::io;
use std::path::Path;

use rustix::io::Errno;

use super::segment;

/// Whether a failure says something of the segment, and not only that the program or the host is short of
/// memory, of file handles or of room, which may take any time.
pub(super) fn is_the_segments(error: &io::Error) -> bool {
    let shortages = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOSPC, Errno::DQUOT];
    !shortages.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Gives a segment that cannot be read another name. Without an error, its beginning is not that of a
/// segment.
pub(super) fn put(path: &Path, bytes: u64, error: Option<&io::Error>) {
    let aside = path.with_extension(segment::ASIDE);
    let renamed = std::fs::rename(path, &aside);
    metrics::counter!("axis_journal_set_aside_total").increment(1);
    tracing::error!(
        journal.segment = %path.display(),
        journal.bytes = bytes,
        error = error.map(|error| error as &dyn std::error::Error),
        rename.error = renamed.as_ref().err().map(|error| error as &dyn std::error::Error),
        "a segment of the journal cannot be read and is set aside as {}: what it holds is not \
         published from here any more; check the disk",
        aside.display()
    );
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
