//! Which process holds a TCP port of this host, from /proc/net/tcp, /proc/net/tcp6 and /proc/*/fd.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::model::reason::Holder;
use crate::paths::ClusterDir;

/// Longest command line that is shown, in characters.
const COMMAND_LENGTH: usize = 120;

/// The process whose socket has this local port: a listening one if there is one. `None` when there
/// is none, or when it belongs to another user and may not be looked into.
pub(crate) fn find(port: u16) -> Option<Holder> {
    let mut sockets: Vec<Socket> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .flat_map(|table| parse(&table))
        .filter(|socket| socket.port == port)
        .collect();
    sockets.sort_by_key(|socket| !socket.listening);
    sockets.iter().find_map(|socket| owner(socket.inode))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Socket {
    port: u16,
    listening: bool,
    inode: u64,
}

/// Reads /proc/net/tcp or tcp6 (proc_net(5)). Sockets without an inode belong to no process any more
/// (TIME_WAIT) and are left out.
fn parse(table: &str) -> Vec<Socket> {
    const LISTEN: &str = "0A";
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            let (_, port) = fields.get(1)?.rsplit_once(':')?;
            let inode = fields.get(9)?.parse().ok().filter(|&inode| inode != 0)?;
            Some(Socket {
                port: u16::from_str_radix(port, 16).ok()?,
                listening: *fields.get(3)? == LISTEN,
                inode,
            })
        })
        .collect()
}

fn owner(inode: u64) -> Option<Holder> {
    let socket = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    for process in processes {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(descriptors) = fs::read_dir(process.path().join("fd")) else { continue };
        let holds = descriptors
            .flatten()
            .any(|fd| fs::read_link(fd.path()).is_ok_and(|target| target.as_os_str() == socket.as_str()));
        if holds {
            let arguments = fs::read(process.path().join("cmdline")).unwrap_or_default();
            return Some(Holder { pid, command: one_line(&arguments), cluster: cluster(&arguments) });
        }
    }
    None
}

/// The folder of the cluster that a process with this command line is of: the last argument of a node is its
/// configuration, and of a supervisor the folder itself.
fn cluster(arguments: &[u8]) -> Option<PathBuf> {
    let last = arguments.split(|byte| *byte == 0).rfind(|argument| !argument.is_empty())?;
    let path = Path::new(OsStr::from_bytes(last));
    let is_cluster = |folder: &&Path| ClusterDir(folder.to_path_buf()).plan().is_file();
    path.ancestors().filter(|folder| folder.is_absolute()).find(is_cluster).map(Path::to_path_buf)
}

/// Arguments end with a zero byte; a script given as one has lines of its own.
fn one_line(arguments: &[u8]) -> String {
    let text = String::from_utf8_lossy(arguments);
    let words: Vec<&str> =
        text.split(|c: char| c.is_control() || c == ' ').filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    if line.chars().count() <= COMMAND_LENGTH {
        return line;
    }
    line.chars().take(COMMAND_LENGTH - 3).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_process_that_listens_on_a_port_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let holder = find(listener.local_addr().unwrap().port()).unwrap();
        assert_eq!(holder.pid, std::process::id());
        assert!(!holder.command.is_empty());
        assert_eq!(holder.cluster, None);
    }

    #[test]
    fn a_node_and_a_supervisor_are_known_by_the_folder_of_their_cluster() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("left");
        fs::create_dir(&folder).unwrap();
        fs::write(ClusterDir(folder.clone()).plan(), "{}").unwrap();
        let of =
            |last: &Path| cluster(format!("java\0-Dx={}\0{}\0", folder.display(), last.display()).as_bytes());
        assert_eq!(of(&folder.join("broker-0/server.properties")).as_ref(), Some(&folder));
        assert_eq!(of(&folder).as_ref(), Some(&folder));
        assert_eq!(of(home.path()), None);
        assert_eq!(of(Path::new("plan.json")), None);
        assert_eq!(cluster(b""), None);
    }

    #[test]
    fn a_command_is_shown_in_one_short_line() {
        assert_eq!(
            one_line(b"python3\0-c\0\nimport socket\n  s.bind()\x1b[31m\0"),
            "python3 -c import socket s.bind() [31m"
        );
        assert_eq!(one_line(b""), "");
        let long = one_line(&[b'x'; 500]);
        assert!(long.len() == COMMAND_LENGTH && long.ends_with("xxx..."), "{long}");
    }

    #[test]
    fn sockets_that_belong_to_no_process_any_more_are_left_out() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
             0: 0100007F:4A94 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0\n   \
             1: 0100007F:4A94 0100007F:9C40 06 00000000:00000000 03:00000D1C 00000000     0        0 0 3 0\n";
        assert_eq!(parse(table), [Socket { port: 19092, listening: true, inode: 4242 }]);
    }
}
