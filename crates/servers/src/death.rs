//! A server's life ends with ours.

use std::process::Command;

use rustix::process::Signal;

/// Has the kernel send `signal` to the child when the thread that spawns it ends, and so at the
/// latest when this process does, however that comes about.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "pre_exec is unsafe; only the child itself can ask for the signal")]
pub(crate) fn die_with_parent(command: &mut Command, signal: Signal) {
    use std::io;
    use std::os::unix::process::CommandExt;

    use rustix::process::{getpid, getppid, set_parent_process_death_signal};

    let parent = getpid();
    // SAFETY: the closure runs between fork and exec and makes system calls only: it takes no lock
    // and allocates nothing. The standard library runs it after the change of user, which would
    // take the setting back.
    unsafe {
        command.pre_exec(move || {
            set_parent_process_death_signal(Some(signal))?;
            // A parent that died before the line above sends nothing any more.
            if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
        });
    }
}

/// Other systems have no such signal: the next start on the same data folder ends what is left.
#[cfg(not(target_os = "linux"))]
pub(crate) fn die_with_parent(_: &mut Command, _: Signal) {}
