//! What a process listens on, from /proc.

use std::collections::BTreeSet;
use std::fs;

/// A socket to which others can connect or send.
pub(crate) struct Listening {
    /// Such as `tcp6`.
    pub table: &'static str,
    /// As proc_net(5) has it: hexadecimal words in host order.
    pub address: String,
    pub port: u16,
}

/// Every one of a process.
pub(crate) fn listening(pid: u32) -> Vec<Listening> {
    let own = inodes(pid);
    let mut found = Vec::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let text = fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let fields: Vec<_> = line.split_whitespace().collect();
            let (address, port) = fields[1].split_once(':').unwrap();
            let is_open = table.starts_with("udp") || fields[3] == "0A";
            if is_open && own.contains(fields[9]) {
                let port = u16::from_str_radix(port, 16).unwrap();
                found.push(Listening { table, address: address.to_owned(), port });
            }
        }
    }
    found
}

/// Of the sockets that a process has open.
fn inodes(pid: u32) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return BTreeSet::new() };
    entries
        .filter_map(|entry| {
            let target = fs::read_link(entry.ok()?.path()).ok()?;
            Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect()
}
