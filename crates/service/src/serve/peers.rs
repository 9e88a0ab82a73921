//! Limits how many connections one address may have.
//!
//! Holding a connection costs a stranger nothing, so no address on the internet may hold more than a share of all
//! connections. A proxy speaks for many clients, so there is no limit for one on the same machine or network, or one
//! that is named in a setting.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One address may have one in this many of the connections.
const SHARE: usize = 8;

/// The open connections, by address.
#[derive(Debug)]
pub(super) struct Peers {
    most: usize,
    /// Whether addresses of private networks are exempt.
    trusts_private: bool,
    proxies: Vec<IpAddr>,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection, which counts for its address until this is dropped.
#[derive(Debug)]
pub(super) struct Counted {
    peers: Arc<Peers>,
    address: IpAddr,
}

impl Peers {
    pub(super) fn of(places: usize, proxies: &[IpAddr]) -> Self {
        Self {
            most: (places / SHARE).max(1),
            trusts_private: true,
            proxies: proxies.iter().map(IpAddr::to_canonical).collect(),
            open: Mutex::default(),
        }
    }

    /// Allows every address this many connections, whatever network it belongs to.
    #[cfg(test)]
    pub(super) fn strict(most: usize) -> Self {
        Self { most, trusts_private: false, ..Self::of(most, &[]) }
    }

    /// Counts a connection. Returns `None` if its address already has its share.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let address = address.to_canonical();
        let may_have_all =
            (self.trusts_private && is_private(address)) || self.proxies.contains(&address);
        let address = one_of(address);
        let mut open = self.open();
        let count = open.entry(address).or_default();
        if *count >= self.most && !may_have_all {
            return None;
        }
        *count += 1;
        Some(Counted { peers: Arc::clone(self), address })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.peers.open();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// What is counted as one address: for IPv6 it is the /64 network, which one host mostly has to itself.
fn one_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
    }
}

/// Whether an address belongs to the same machine, or to a network that is not the internet.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, ..] = address.octets();
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                // Carrier-grade NAT, which clouds use for their own balancers.
                || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(peers: &Arc<Peers>, address: &str) -> Option<Counted> {
        peers.admit(address.parse().unwrap())
    }

    #[test]
    fn an_address_has_an_eighth_of_the_places_and_no_more() {
        let peers = Arc::new(Peers::of(16, &["203.0.113.7".parse().unwrap()]));
        let mut theirs = vec![admit(&peers, "198.51.100.1"), admit(&peers, "::ffff:198.51.100.1")];
        assert!(theirs.iter().all(Option::is_some));
        assert!(admit(&peers, "198.51.100.1").is_none());
        assert!(admit(&peers, "198.51.100.2").is_some());
        theirs.pop();
        theirs.push(admit(&peers, "198.51.100.1"));
        assert!(theirs.iter().all(Option::is_some));
        let one_host = ["2001:db8::1", "2001:db8::2", "2001:db8::3"];
        let held = one_host.map(|address| admit(&peers, address));
        assert!(held[1].is_some() && held[2].is_none());
        assert!(admit(&peers, "2001:db8:0:1::1").is_some(), "another network");
        for proxy in ["127.0.0.1", "10.0.0.9", "172.17.0.1", "100.64.0.1", "fd00::1", "203.0.113.7"]
        {
            let many: Vec<_> = (0..20).map(|_| admit(&peers, proxy)).collect();
            assert!(many.iter().all(Option::is_some), "{proxy}");
        }
        drop((theirs, held));
        assert!(peers.open().is_empty());
    }
}
