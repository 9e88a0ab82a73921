//! How a program requests memory.

/// Turns huge pages off. Our programs allocate and free small pieces: a few bytes would keep a whole huge page, and
/// whole ones would be cleared for what is soon freed. Child processes inherit this. A kernel that does not support
/// it costs only memory.
pub(crate) fn without_huge_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "cannot turn huge pages off");
    }
}
