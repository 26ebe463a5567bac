//! What it takes while there is nothing to do.

use std::process::Stdio;

use crate::harness::Server;

#[test]
fn idle_it_takes_less_than_40_mib() {
    let server = Server::start(&["--threads=2", "--io-threads=2"], Stdio::null());
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: u64 = resident.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(kib < 40 * 1024, "{kib} KiB");
}
