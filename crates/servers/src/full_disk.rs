//! Makes a server's disk seem full to it.

use rustix::process::Pid;

/// Lets no file of the process's take anything, or lets them take as much as ours may.
#[cfg(target_os = "linux")]
pub(crate) fn limit_files(pid: Pid, full: bool) {
    use rustix::process::{Resource, getrlimit, prlimit};

    let mut limit = getrlimit(Resource::Fsize);
    if full {
        limit.current = Some(0);
    }
    // Fails only if the process has ended.
    let _ = prlimit(Some(pid), Resource::Fsize, limit);
}

/// Other systems let nobody limit another process.
#[cfg(not(target_os = "linux"))]
pub(crate) fn limit_files(_: Pid, _: bool) {}
