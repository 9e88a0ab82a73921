//! Makes a server die with this process.

use std::process::Command;

use rustix::process::Signal;

/// Has the kernel send `signal` to the child when the thread that spawns it ends, and so at the latest when this
/// process ends, for whatever reason.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "pre_exec is unsafe; only the child itself can ask for the signal")]
pub(crate) fn die_with_parent(command: &mut Command, signal: Signal) {
    use std::io;
    use std::os::unix::process::CommandExt;

    use rustix::process::{getpid, getppid, set_parent_process_death_signal};

    let parent = getpid();
    // SAFETY: the closure runs between fork and exec and makes system calls only: it takes no lock and allocates
    // nothing. The standard library runs it after changing the user, which would undo the setting.
    unsafe {
        command.pre_exec(move || {
            set_parent_process_death_signal(Some(signal))?;
            // If the parent died before the line above, no signal will come.
            if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
        });
    }
}

/// Other systems have no such signal. There, the next start on the same data folder ends a server that was left.
#[cfg(not(target_os = "linux"))]
pub(crate) fn die_with_parent(_: &mut Command, _: Signal) {}
