//! What the tests of this folder share: files, archives, a fake web server, a recorder of progress.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::progress::FetchProgress;

pub(super) fn write(path: &Path, text: &str) {
    write_bytes(path, text.as_bytes());
}

pub(super) fn write_bytes(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A jar that has these classes, named as `a.b.C`, without code.
pub(crate) fn write_jar(path: &Path, classes: &[&str]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut jar = ZipWriter::new(fs::File::create(path).unwrap());
    for class in classes {
        jar.start_file(format!("{}.class", class.replace('.', "/")), SimpleFileOptions::default()).unwrap();
    }
    jar.finish().unwrap();
}

/// An executable shell script. Another process writes it: were it open for writing here while another
/// thread forks, running it would fail with ETXTBSY.
pub(super) fn script(path: &Path, body: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let written = Command::new("/bin/sh")
        .args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$2\" >\"$1\" && chmod 755 \"$1\"", "sh"])
        .arg(path)
        .arg(body)
        .status();
    assert!(written.unwrap().success());
}

type OnStep = Box<dyn Fn(&str) + Send + Sync>;

/// Remembers the steps, and the last numbers.
#[derive(Default)]
pub(super) struct Recorder {
    pub steps: Mutex<Vec<String>>,
    pub last_bytes: Mutex<Option<(u64, Option<u64>)>>,
    pub last_items: Mutex<Option<(u64, u64)>>,
    /// Called with every step.
    pub on_step: Option<OnStep>,
}

impl Recorder {
    pub(super) fn steps(&self) -> Vec<String> {
        self.steps.lock().unwrap().clone()
    }
}

impl FetchProgress for Recorder {
    fn step(&self, what: &str) {
        self.steps.lock().unwrap().push(what.to_owned());
        self.on_step.iter().for_each(|call| call(what));
    }
    fn bytes(&self, done: u64, total: Option<u64>) {
        *self.last_bytes.lock().unwrap() = Some((done, total));
    }
    fn items(&self, done: u64, total: u64) {
        *self.last_items.lock().unwrap() = Some((done, total));
    }
}

pub(super) enum Entry<'a> {
    /// Path, contents, mode.
    File(&'a str, &'a str, u32),
    /// Path, target.
    Link(&'a str, &'a str),
}

/// A .tgz with exactly these paths, also those that `tar` would refuse to write.
pub(super) fn tgz(entries: &[Entry]) -> Vec<u8> {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none()));
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        let (path, text) = match *entry {
            Entry::File(path, text, mode) => {
                header.set_mode(mode);
                (path, text)
            }
            Entry::Link(path, target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_link_name(target).unwrap();
                (path, "")
            }
        };
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(text.len() as u64);
        header.set_cksum();
        builder.append(&header, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub path: String,
    /// First byte that is asked for, when it is a range.
    pub from: Option<usize>,
}

pub(super) struct Reply {
    pub status: &'static str,
    pub headers: Vec<String>,
    pub body: Vec<u8>,
    /// Close the connection after so many bytes of the body.
    pub cut: Option<usize>,
}

impl Reply {
    pub(super) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Reply { status: "200 OK", headers: Vec::new(), body: body.into(), cut: None }
    }

    pub(super) fn not_found() -> Self {
        Reply { status: "404 Not Found", ..Reply::ok("") }
    }

    /// The rest of `whole` from the byte that was asked for.
    pub(super) fn range(request: &Request, whole: &[u8]) -> Self {
        let Some(from) = request.from else { return Reply::ok(whole) };
        let (status, range) = match whole.get(from..).filter(|rest| !rest.is_empty()) {
            Some(_) => ("206 Partial Content", format!("bytes {from}-{}/{}", whole.len() - 1, whole.len())),
            None => ("416 Range Not Satisfiable", format!("bytes */{}", whole.len())),
        };
        let headers = vec![format!("Content-Range: {range}")];
        Reply { status, headers, ..Reply::ok(whole.get(from..).unwrap_or_default()) }
    }
}

/// A web server on loopback, one request a connection, until it is dropped.
pub(super) struct Server {
    pub url: String,
    address: std::net::SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(mut answer: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (log, stopped) = (Arc::clone(&requests), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                if let Some(request) = read(&stream) {
                    log.lock().unwrap().push(request.clone());
                    send(&stream, &answer(&request));
                }
            }
        });
        Server { url: format!("http://{address}"), address, requests, stop, thread: Some(thread) }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread up from `accept`.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
    let mut from = None;
    for line in lines {
        let line = line.ok()?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().ok();
        }
    }
    Some(Request { path, from })
}

fn send(mut stream: &TcpStream, reply: &Reply) {
    let mut head = format!("HTTP/1.1 {}\r\nConnection: close\r\n", reply.status);
    reply.headers.iter().for_each(|header| head += &format!("{header}\r\n"));
    head += &format!("Content-Length: {}\r\n\r\n", reply.body.len());
    let body = &reply.body[..reply.cut.unwrap_or(reply.body.len())];
    // The client may go away; that is its own affair.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}
