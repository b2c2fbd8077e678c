//! The official Apache archive: a resumable download, checked against its published SHA-512.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use sha2::Sha512;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use super::checksums::hex_digest;
use super::error::{DistError, Miss};
use super::host::HostEnv;
use super::progress::FetchProgress;

const APACHE: &str = "https://archive.apache.org/dist";

/// For a name, a connection with TLS, each.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For the head of an answer, and for any silence within its body.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);

/// A download that breaks off goes on at once as long as bytes come; after that many attempts in a
/// row that brought none it is given up.
const FRUITLESS_ATTEMPTS: u32 = 4;

pub(super) struct Archive {
    agent: Agent,
    base: String,
}

impl Archive {
    pub(super) fn new(env: &HostEnv) -> Self {
        let config = Agent::config_builder()
            .timeout_resolve(Some(CONNECT_TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(SILENCE_TIMEOUT))
            .timeout_per_read(Some(SILENCE_TIMEOUT))
            .http_status_as_error(false)
            .build();
        let base = env.archive_url.as_deref().unwrap_or(APACHE).trim_end_matches('/').to_owned();
        Archive { agent: config.new_agent(), base }
    }

    /// Downloads `<name>.tgz` of a version into `folder` and verifies it.
    ///
    /// The file's name has the published checksum in it: a download goes on only with bytes of the
    /// very same archive. The caller removes the file when it is unpacked.
    pub(super) fn download(
        &self,
        version: &str,
        name: &str,
        folder: &Path,
        progress: &dyn FetchProgress,
    ) -> Result<PathBuf, Miss> {
        let url = format!("{}/kafka/{version}/{name}.tgz", self.base);
        let expected = self.published_checksum(&format!("{url}.sha512"))?;
        let part = folder.join(format!("{name}.tgz.{}.part", &expected[..16]));
        remove_parts(folder, name, Some(&part))?;
        loop {
            let resumed = size(&part) > 0;
            progress.step(&format!("downloading {name}.tgz"));
            self.complete(&url, &part, progress)?;
            progress.step("verifying");
            let found = hex_digest::<Sha512>(&part).map_err(DistError::io("read", &part))?;
            if found == expected {
                return Ok(part);
            }
            fs::remove_file(&part).map_err(DistError::io("remove", &part))?;
            // What an earlier run left may be damaged, by a power cut for one; one that is whole
            // from this run is not.
            if !resumed {
                return Err(DistError::WrongChecksum { url, expected, found }.into());
            }
        }
    }

    fn published_checksum(&self, url: &str) -> Result<String, Miss> {
        let mut answer = self.agent.get(url).call().map_err(|error| self.unreachable(error))?;
        if answer.status() != StatusCode::OK {
            return Err(refused(url, answer.status()));
        }
        let text = answer.body_mut().with_config().limit(1 << 16).read_to_string();
        let sum = text.ok().and_then(|text| parse_sha512(&text));
        sum.ok_or_else(|| DistError::UnreadableChecksum { url: url.to_owned() }.into())
    }

    /// Brings the part file to the length of the archive.
    fn complete(&self, url: &str, part: &Path, progress: &dyn FetchProgress) -> Result<(), Miss> {
        let mut fruitless = 0;
        loop {
            let before = size(part);
            let why = match self.go_on(url, part, progress)? {
                End::Whole => return Ok(()),
                End::Cut(why) => why,
            };
            fruitless = if size(part) > before { 0 } else { fruitless + 1 };
            if fruitless == FRUITLESS_ATTEMPTS {
                return Err(DistError::BrokenDownload { url: url.to_owned(), done: size(part), why }.into());
            }
            if fruitless > 0 {
                thread::sleep(Duration::from_millis(100 << fruitless));
            }
        }
    }

    /// One request for what is still missing.
    fn go_on(&self, url: &str, part: &Path, progress: &dyn FetchProgress) -> Result<End, Miss> {
        let mut file =
            File::options().create(true).append(true).open(part).map_err(DistError::io("open", part))?;
        let mut done = size(part);
        let mut request = self.agent.get(url);
        if done > 0 {
            request = request.header(header::RANGE, format!("bytes={done}-"));
        }
        let mut answer = match request.call() {
            Ok(answer) => answer,
            Err(error) => return Ok(End::Cut(error.to_string())),
        };
        let range = content_range(&answer);
        let total = match answer.status() {
            StatusCode::PARTIAL_CONTENT if range.start == Some(done) => range.total,
            StatusCode::RANGE_NOT_SATISFIABLE if range.total == Some(done) => return Ok(End::Whole),
            // The server does not do ranges and sends all of it.
            StatusCode::OK => {
                restart(&mut file, &mut done, part)?;
                answer.body().content_length()
            }
            // A range of something else: the next attempt asks for all of it.
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if done > 0 => {
                restart(&mut file, &mut done, part)?;
                return Ok(End::Cut("the server sent another range than it was asked for".to_owned()));
            }
            status => return Err(refused(url, status)),
        };
        progress.bytes(done, total);
        let mut body = answer.body_mut().as_reader();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Ok(End::Cut(error.to_string())),
            };
            file.write_all(&buffer[..n]).map_err(DistError::io("write", part))?;
            done += n as u64;
            progress.bytes(done, total);
        }
        if total.is_some_and(|total| done < total) {
            return Ok(End::Cut("the server closed the connection".to_owned()));
        }
        Ok(End::Whole)
    }

    fn unreachable(&self, error: ureq::Error) -> Miss {
        match error {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
                DistError::BadArchiveUrl { url: self.base.clone(), why: error.to_string() }.into()
            }
            error => Miss::Unavailable(format!("{}: {error}", self.base)),
        }
    }
}

/// Removes downloads of this archive, but for the one to keep.
pub(super) fn remove_parts(folder: &Path, name: &str, keep: Option<&Path>) -> Result<(), DistError> {
    for entry in fs::read_dir(folder).map_err(DistError::io("read", folder))?.flatten() {
        let path = entry.path();
        let file = entry.file_name().to_string_lossy().into_owned();
        if file.starts_with(&format!("{name}.tgz."))
            && file.ends_with(".part")
            && Some(path.as_path()) != keep
        {
            fs::remove_file(&path).map_err(DistError::io("remove", &path))?;
        }
    }
    Ok(())
}

/// How a request for the archive ended.
enum End {
    Whole,
    /// Why it broke off.
    Cut(String),
}

#[derive(Default)]
struct ContentRange {
    start: Option<u64>,
    total: Option<u64>,
}

/// `bytes 100-199/200`, or `bytes */200` of a range that does not exist (RFC 9110, 14.4).
fn content_range(answer: &Response<Body>) -> ContentRange {
    let parse = || {
        let value = answer.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
        let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
        let start = range.split_once('-').and_then(|(start, _)| start.parse().ok());
        Some(ContentRange { start, total: total.parse().ok() })
    };
    parse().unwrap_or_default()
}

fn refused(url: &str, status: StatusCode) -> Miss {
    Miss::Unavailable(format!("{url}: {status}"))
}

fn restart(file: &mut File, done: &mut u64, part: &Path) -> Result<(), DistError> {
    *done = 0;
    file.set_len(0).map_err(DistError::io("truncate", part))
}

fn size(path: &Path) -> u64 {
    path.metadata().map_or(0, |meta| meta.len())
}

/// The sum in lowercase hex, of `hash  file`, or of gpg's `file: ABCD 0123 ...` over several lines.
fn parse_sha512(text: &str) -> Option<String> {
    let sum: String = match text.split_once(':') {
        Some((_, groups)) => groups.split_whitespace().collect(),
        None => text.split_whitespace().next()?.to_owned(),
    };
    (sum.len() == 128 && sum.bytes().all(|b| b.is_ascii_hexdigit())).then(|| sum.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_of_published_checksums_are_read() {
        let hex: String = "0123456789abcdef".repeat(8);
        assert_eq!(parse_sha512(&format!("{hex}  kafka_2.13-3.9.2.tgz\n")), Some(hex.clone()));
        assert_eq!(parse_sha512(&hex), Some(hex.clone()));
        let groups = ["01234567 89ABCDEF"; 8].join("\n                          ");
        assert_eq!(parse_sha512(&format!("kafka_2.12-0.10.2.2.tgz: {groups}\n")), Some(hex.clone()));
        assert_eq!(parse_sha512(&format!("kafka_2.12-0.10.2.2.tgz:\n{groups}\n")), Some(hex));
        for other in ["", "<html>no: such page</html>", "abc  kafka.tgz", "kafka.tgz: ABCD"] {
            assert_eq!(parse_sha512(other), None, "{other}");
        }
    }
}
