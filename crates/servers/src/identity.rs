//! Identifies processes: ids are reused, but an id together with its start time is not.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

/// Identifies one process among all that have run since the machine booted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) pid: u32,
    started: String,
}

impl Identity {
    /// Returns the process that has `pid` now, or `None` if there is none or it has ended.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        table::look_up(pid).map(|(_, started)| Self { pid, started })
    }

    pub(crate) fn is_alive(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Lists the living children of the process.
    pub(crate) fn children(&self) -> Vec<Self> {
        table::pids()
            .into_iter()
            .filter_map(|pid| {
                let (parent, started) = table::look_up(pid)?;
                (parent == self.pid).then_some(Self { pid, started })
            })
            .collect()
    }

    /// Sends `signal`, unless the process has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        if self.is_alive()
            && let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw)
        {
            // Fails if it ends at this very moment, which is as good.
            let _ = kill_process(pid, signal);
        }
    }

    /// Waits for the process, which need not be our child, to end. Returns whether it does within `limit`.
    pub(crate) async fn ends_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(Duration::from_millis(5)).await;
        }
        true
    }
}

#[cfg(target_os = "linux")]
mod table {
    use std::fs;

    /// Parent and start time of a process that has not ended.
    pub(super) fn look_up(pid: u32) -> Option<(u32, String)> {
        let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is a name in parentheses that may hold anything.
        let mut fields = line.get(line.rfind(')')? + 1..)?.split_ascii_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        let started = fields.nth(17)?.to_owned();
        (!matches!(state, "Z" | "X")).then_some((parent, started))
    }

    pub(super) fn pids() -> Vec<u32> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
    }
}

#[cfg(not(target_os = "linux"))]
mod table {
    use std::process::Command;

    /// Parent and start time of a process that has not ended.
    pub(super) fn look_up(pid: u32) -> Option<(u32, String)> {
        let line = ps(&["-o", "stat=,ppid=,lstart=", "-p", &pid.to_string()])?;
        let (state, rest) = line.trim().split_once(char::is_whitespace)?;
        let (parent, started) = rest.trim().split_once(char::is_whitespace)?;
        let process = (parent.parse().ok()?, started.trim().to_owned());
        (!state.starts_with('Z')).then_some(process)
    }

    pub(super) fn pids() -> Vec<u32> {
        let list = ps(&["-A", "-o", "pid="]).unwrap_or_default();
        list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect()
    }

    fn ps(arguments: &[&str]) -> Option<String> {
        let output = Command::new("ps").env("LC_ALL", "C").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_another_with_its_id_is_not() {
        let own = Identity::of(std::process::id()).unwrap();
        assert!(own.is_alive());
        assert!(!Identity { started: "long ago".into(), ..own }.is_alive());
    }

    #[test]
    fn a_child_is_found_until_it_has_ended() {
        let own = Identity::of(std::process::id()).unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let identity = Identity::of(child.id()).unwrap();
        assert!(own.children().contains(&identity));

        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!identity.is_alive());
        assert!(!own.children().contains(&identity));
    }
}
