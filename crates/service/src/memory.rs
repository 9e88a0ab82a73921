//! How a program asks for memory.

/// What our programs hold comes and goes in small pieces: huge pages would keep whole ones for bits of
/// them, and be cleared whole for what is soon given back. Children inherit this. A kernel that cannot
/// do it costs memory only.
pub(crate) fn without_huge_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "huge pages stay on");
    }
}
