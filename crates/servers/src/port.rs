//! A port to listen on.

use std::hash::{BuildHasher, RandomState};
use std::net::Ipv4Addr;

use tokio::net::TcpSocket;

/// Below the range from which systems take the ports of outgoing connections: a client that keeps
/// trying a server of that range while it is down can end up connected to itself, and bar its return.
const LOWEST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// `wanted` if it is free now, else a random free one.
pub(crate) fn choose(wanted: Option<u16>) -> u16 {
    let first = RandomState::new().hash_one(std::process::id()) % u64::from(COUNT);
    let first = u16::try_from(first).unwrap_or_default();
    wanted
        .into_iter()
        .chain((0..COUNT).map(|step| LOWEST + (first + step) % COUNT))
        .find(|port| is_free(*port))
        // With none free, the server will say so.
        .unwrap_or(LOWEST)
}

/// A port of this machine that nobody listens on, for a program that has to find it again after
/// having been away: no outgoing connection ever takes it.
pub fn free_port() -> u16 {
    choose(None)
}

/// So many different ports that nobody listens on.
pub(crate) fn several_free(count: usize) -> Vec<u16> {
    let mut ports = Vec::with_capacity(count);
    while ports.len() < count {
        let port = choose(None);
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    ports
}

/// Whether nobody listens on `port`.
///
/// It does not listen itself, not for a moment: a process forked at that moment, by another thread,
/// would hold the port until its exec.
pub(crate) fn is_free(port: u16) -> bool {
    let bound = TcpSocket::new_v4().and_then(|socket| {
        socket.set_reuseaddr(true)?;
        socket.bind((Ipv4Addr::LOCALHOST, port).into())
    });
    bound.is_ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_wanted_port_is_kept_only_while_it_is_free() {
        let free = choose(None);
        assert_eq!(choose(Some(free)), free);
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, free)).unwrap();
        assert_ne!(choose(Some(free)), free);
    }
}
