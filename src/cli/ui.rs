use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;
use serde::Serialize;

use super::context::Context;
use crate::api::page::{OpenPage, OpenedPage};
use crate::engine::ops::NodeOps;
use crate::error::{End, ExitCode, Failure};
use crate::host::files;
use crate::paths::ClusterDir;

/// Open the page of a cluster in a browser
///
/// Its supervisor serves it on 127.0.0.1, at port 9000 or the next that is free, until the cluster is deleted or
/// `--close`. The address has a token in it: whoever has the address may do what the page can. It stays the same,
/// so a tab finds its cluster again.
#[derive(Debug, Args)]
pub(super) struct Ui {
    /// This port and no other
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// Only print the address
    #[arg(long)]
    no_open: bool,

    /// The address of a page that shows everything and changes nothing
    #[arg(long)]
    read_only: bool,

    /// Close the page; its addresses lead nowhere from then on
    #[arg(long, conflicts_with_all = ["port", "no_open", "read_only"])]
    close: bool,

    /// Print the address as JSON, and open nothing
    #[arg(long, conflicts_with = "close")]
    json: bool,
}

/// The JSON of `ui`, documented in docs/json.md.
#[derive(Serialize)]
struct Report {
    cluster: String,
    url: String,
    port: u16,
    token: String,
    read_only: bool,
}

impl Ui {
    pub(super) async fn run<E: NodeOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let found = cx.chosen()?;
        if self.close {
            cx.engine.close_page(&found.dir).await?;
            let _ = fs::remove_file(found.dir.page_link());
            cx.screen.say("the page is closed");
            return Ok(ExitCode::Ok);
        }
        let OpenedPage { port, token, read_token } =
            cx.engine.open_page(&found.dir, &OpenPage { port: self.port }).await?;
        let token = if self.read_only { read_token } else { token };
        let url = format!("http://localhost:{port}/?token={token}");
        if self.json {
            cx.screen.json(&Report { cluster: found.name, url, port, token, read_only: self.read_only })?;
            return Ok(ExitCode::Ok);
        }
        cx.screen.whole(format!("{url}\n"))?;
        if !self.no_open && cx.screen.err_is_terminal() {
            match open(&found.dir, &url) {
                Ok(true) => cx.screen.say("opened in your browser"),
                Ok(false) => cx.screen.say("open it in a browser"),
                Err(failure) => cx.screen.warn(&failure.message),
            }
        }
        Ok(ExitCode::Ok)
    }
}

/// What opens a file as the desktop does, in the order tried.
const OPENERS: &[&str] = &["xdg-open", "open"];

/// Has the desktop open the page; false where there is none. It is given a file of this user alone that leads to the
/// address: arguments of processes can be read by everybody.
fn open(dir: &ClusterDir, url: &str) -> Result<bool, Failure> {
    let has_desktop = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if !has_desktop && !cfg!(target_os = "macos") {
        return Ok(false);
    }
    let link = dir.page_link();
    let text = format!(
        "<!doctype html><meta http-equiv=\"refresh\" content=\"0;url={url}\"><a href=\"{url}\">{url}</a>\n"
    );
    files::replace(&link, text.as_bytes()).map_err(Failure::from)?;
    Ok(OPENERS.iter().any(|opener| starts(opener, &link)))
}

/// Starts it and leaves it to itself.
fn starts(program: &str, file: &Path) -> bool {
    let mut command = Command::new(program);
    command.arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}

#[cfg(test)]
mod tests {
    use crate::api::page::OpenPage;
    use crate::cli::testing::{Fake, run};
    use crate::error::ExitCode;

    #[test]
    fn the_address_has_the_token_that_was_asked_for() {
        let ran = run(Fake::with_clusters(&["velib"]), "ui");
        assert_eq!(ran.out, "http://localhost:9000/?token=all\n");
        assert_eq!(ran.fake.pages(), [Some(OpenPage { port: None })]);
        let ran = run(Fake::with_clusters(&["velib"]), "ui --read-only --port 9100");
        assert_eq!(ran.out, "http://localhost:9100/?token=look\n");
        let ran = run(Fake::with_clusters(&["velib"]), "ui --json --read-only");
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["url"], "http://localhost:9000/?token=look");
        assert_eq!(json["read_only"], true);
    }

    #[test]
    fn a_page_can_be_closed() {
        let ran = run(Fake::with_clusters(&["velib"]), "ui --close");
        assert_eq!((ran.code, ran.fake.pages()), (ExitCode::Ok, vec![None]));
    }
}
