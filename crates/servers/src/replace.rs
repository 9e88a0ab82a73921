//! Replaces a small file as a whole: whatever happens meanwhile, it holds what it held before or what it is to hold.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Replaces `file` with one that holds `content` and that only its owner can read.
pub(crate) fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    let draft = file.with_extension("draft");
    let mut options = OpenOptions::new();
    let mut written = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    written.write_all(content)?;
    // Otherwise it may have its name after a power cut, and nothing in it.
    written.sync_all()?;
    fs::rename(&draft, file)
}
