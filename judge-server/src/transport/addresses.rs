//! Limits the connections of one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;
use parking_lot::Mutex;

/// Leading bits of an IPv6 address that identify a site, within which it may use any address.
const SITE: u32 = 64;

/// The addresses that have connections.
#[derive(Debug)]
pub(crate) struct Addresses {
    open: Mutex<HashMap<IpAddr, usize>>,
    most: usize,
    /// Proxies, each with many clients.
    trusted: Vec<IpNet>,
}

/// One connection of an address, until it is dropped.
#[derive(Debug)]
pub(crate) struct AddressPermit(Arc<Addresses>, Option<IpAddr>);

impl Addresses {
    pub(crate) fn new(most: usize, trusted: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { open: Mutex::default(), most, trusted })
    }

    /// Whether a proxy is at `address`.
    pub(crate) fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// Counts a connection; `None` if the address has too many.
    pub(crate) fn count(self: &Arc<Self>, address: IpAddr) -> Option<AddressPermit> {
        if self.is_trusted(address) {
            return Some(AddressPermit(Arc::clone(self), None));
        }
        let site = site(address);
        let mut open = self.open.lock();
        let count = open.entry(site).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(AddressPermit(Arc::clone(self), Some(site)))
    }
}

impl Drop for AddressPermit {
    fn drop(&mut self) {
        let Some(site) = self.1 else { return };
        let mut open = self.0.open.lock();
        if let Some(count) = open.get_mut(&site) {
            *count -= 1;
            if *count == 0 {
                open.remove(&site);
            }
        }
    }
}

/// The part of an address that identifies its owner.
pub(crate) fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let bits = u128::from(address) >> (128 - SITE) << (128 - SITE);
            Ipv6Addr::from(bits).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_site_has_so_many_and_proxies_any_number() {
        let proxies = ["10.0.0.0/8", "fd00::7/128"].map(|network| network.parse().unwrap());
        let addresses = Addresses::new(2, proxies.to_vec());
        let (near, far) = (address("2001:db8::1"), address("2001:db8::ffff:1"));
        let first = addresses.count(near).unwrap();
        let second = addresses.count(far).unwrap();
        assert!(addresses.count(near).is_none(), "one site");
        let _other = addresses.count(address("2001:db8:0:1::1")).unwrap();
        drop(first);
        drop((second, addresses.count(near).unwrap()));
        for proxy in ["10.1.2.3", "::ffff:10.1.2.3", "fd00::7"] {
            let many: Vec<_> = (0..9).map(|_| addresses.count(address(proxy)).unwrap()).collect();
            assert_eq!(many.len(), 9, "{proxy}");
        }
        let open = [addresses.count(address("192.0.2.1")), addresses.count(address("192.0.2.1"))];
        assert!(open.iter().all(Option::is_some));
        assert!(addresses.count(address("::ffff:192.0.2.1")).is_none());
        drop(open);
        assert_eq!(addresses.open.lock().len(), 1, "who has none is forgotten");
    }
}
