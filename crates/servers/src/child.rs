//! A child process and the thread that waits for it.

use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::sync::{oneshot, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::death::die_with_parent;
use crate::full_disk;
use crate::identity::Identity;

/// How long dropping a child waits for it to end, so that its data folder can be removed right after.
const DROP_LIMIT: Duration = Duration::from_secs(5);

/// A child process. It is sent `last_signal` when this is dropped, or when this process dies.
#[derive(Debug)]
pub(crate) struct Child {
    pid: Pid,
    last_signal: Signal,
    fate: Arc<Fate>,
    ended: watch::Receiver<bool>,
}

/// How the process ended, once it has. Locked while the process is signalled, so that its id cannot be given to
/// another process between the check and the signal.
#[derive(Debug, Default)]
struct Fate {
    ended: Mutex<Option<End>>,
    changed: Condvar,
}

/// How a process ended.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) is_success: bool,
    /// For people: the exit code or the signal.
    pub(crate) status: String,
}

impl Fate {
    fn lock(&self) -> MutexGuard<'_, Option<End>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Child {
    /// Spawns `command` from a dedicated thread. The kernel sends the signal for a parent's death when the *thread*
    /// that spawned the child ends, so that thread must outlive it.
    pub(crate) async fn spawn(mut command: Command, last_signal: Signal) -> io::Result<Self> {
        die_with_parent(&mut command, last_signal);
        let fate = Arc::new(Fate::default());
        let (announce, ended) = watch::channel(false);
        let (spawned, pid) = oneshot::channel();
        let shared = Arc::clone(&fate);
        thread::Builder::new().name("server-child".into()).spawn(move || {
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(error) => {
                    let _ = spawned.send(Err(error));
                    return;
                }
            };
            let pid = Pid::from_child(&child);
            let handed_over = spawned.send(Ok(pid)).is_ok();
            if !handed_over {
                // Whoever asked for the child is gone, so it must end as well.
                let _ = child.kill();
            }
            // Wait without reaping, so that the id stays taken until nobody can be about to signal it.
            let ended_but_not_reaped = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while let Err(Errno::INTR) = waitid(WaitId::Pid(pid), ended_but_not_reaped) {}
            let mut ended = shared.lock();
            *ended = Some(match child.wait() {
                Ok(status) => End { is_success: status.success(), status: status.to_string() },
                Err(error) => End { is_success: false, status: error.to_string() },
            });
            shared.changed.notify_all();
            drop(ended);
            announce.send_replace(true);
        })?;
        let pid = pid.await.map_err(|_| io::Error::other("the spawning thread ended"))??;
        Ok(Self { pid, last_signal, fate, ended })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// How the process ended. Returns `None` while it runs.
    pub(crate) fn end(&self) -> Option<End> {
        self.fate.lock().clone()
    }

    /// Sends `signal`, unless the process has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        if self.fate.lock().is_none() {
            // The lock keeps the id ours. This fails only if the process has ended, which is as good.
            let _ = kill_process(self.pid, signal);
        }
    }

    /// Freezes the process and its children, and returns once the process has stopped. After the signal alone, threads
    /// go on until one of them handles it, which takes a while on a busy machine.
    pub(crate) async fn freeze(&self) {
        // The parent first, so that it starts no more children.
        self.signal(Signal::STOP);
        let stands_still = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let pid = self.pid;
        let wait = move || while let Err(Errno::INTR) = waitid(WaitId::Pid(pid), stands_still) {};
        // Fails only if the process has ended and was reaped, which is as good as stopped.
        let _ = spawn_blocking(wait).await;
        self.signal_children(Signal::STOP);
    }

    /// Lets the process and its children go on, if they were frozen.
    pub(crate) fn resume(&self) {
        self.signal_children(Signal::CONT);
        self.signal(Signal::CONT);
    }

    /// Has the process's writes to files fail, or lets them succeed again.
    pub(crate) fn limit_files(&self, full: bool) {
        if self.fate.lock().is_none() {
            full_disk::limit_files(self.pid, full);
        }
    }

    /// Sends `signal` to the process's children, unless the process has ended. Returns the children.
    pub(crate) fn signal_children(&self, signal: Signal) -> Vec<Identity> {
        if self.end().is_some() {
            return Vec::new();
        }
        let children = Identity::of(self.pid()).map_or_else(Vec::new, |parent| parent.children());
        for process in &children {
            process.signal(signal);
        }
        children
    }

    /// Waits until the process has ended.
    pub(crate) async fn wait(&self) {
        // The sender is dropped only after it has sent.
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }

    /// Waits for the process to end. Returns whether it does within `limit`.
    pub(crate) async fn ends_within(&self, limit: Duration) -> bool {
        timeout(limit, self.wait()).await.is_ok()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(self.last_signal);
        // Its children too: frozen ones could not end, and would be left behind.
        self.resume();
        let ended = self.fate.lock();
        let (ended, _) = self
            .fate
            .changed
            .wait_timeout_while(ended, DROP_LIMIT, |ended| ended.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        drop(ended);
        self.signal(Signal::KILL);
    }
}
