//! Chooses ports to listen on.

use std::hash::{BuildHasher, RandomState};
use std::iter;
use std::net::Ipv4Addr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::TcpSocket;

/// Below the range from which systems take ports for outgoing connections. A client that keeps trying a port in that
/// range while its server is down can end up connected to itself, and then bars the server's return.
const LOWEST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// How many ports this process has used, counted from a random start.
static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
    let first = RandomState::new().hash_one(std::process::id());
    AtomicU64::new(first % u64::from(COUNT))
});

/// Returns `wanted` if it is free now, or else a free port that this process has not been given before.
pub(crate) fn choose(wanted: Option<u16>) -> u16 {
    wanted
        .into_iter()
        .chain(iter::repeat_with(next).take(COUNT.into()))
        .find(|port| is_free(*port))
        // If none is free, the server will say so.
        .unwrap_or(LOWEST)
}

/// Returns the next port of the range, free or not. None is repeated until all have been used: whoever was given one
/// may not be listening on it yet, or may be away for a while.
fn next() -> u16 {
    let step = NEXT.fetch_add(1, Ordering::Relaxed) % u64::from(COUNT);
    LOWEST + u16::try_from(step).unwrap_or_default()
}

/// Returns a port that nobody listens on, for a program that needs the same port again after having been away: no
/// outgoing connection ever takes it, and this process is not given it again.
pub fn free_port() -> u16 {
    choose(None)
}

/// Whether nobody listens on `port`.
///
/// This does not listen itself, not even for a moment: a process that another thread forks at that moment would hold
/// the port until its exec.
pub(crate) fn is_free(port: u16) -> bool {
    let bound = TcpSocket::new_v4().and_then(|socket| {
        socket.set_reuseaddr(true)?;
        socket.bind((Ipv4Addr::LOCALHOST, port).into())
    });
    bound.is_ok()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_wanted_port_is_kept_only_while_it_is_free() {
        let free = choose(None);
        assert_eq!(choose(Some(free)), free);
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, free)).unwrap();
        assert_ne!(choose(Some(free)), free);
    }

    #[test]
    fn no_two_are_given_the_same_port_though_neither_listens() {
        let ports: HashSet<u16> = (0..1_000).map(|_| free_port()).collect();
        assert_eq!(ports.len(), 1_000);
    }
}
