//! Commands run against an engine that does what a test says: a file a trait of [`crate::engine::ops`].

mod access;
mod admin;
mod data;
mod folders;
mod nodes;

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use clap::Parser;

use super::Cli;
use super::context::Context;
use crate::error::{End, ExitCode};
use crate::output::screen::Screen;
use crate::output::screen::recorded::{Closed, Record};
use crate::paths::{ClusterDir, Folders};
use crate::plan::model::Plan;
use crate::plan::samples;

pub(super) use access::secured;
pub(super) use admin::{Admin, Groups};
pub(super) use data::Data;

/// A home with clusters, and the answers that are to come. Clones share all of it.
#[derive(Clone)]
pub(super) struct Fake {
    home: Rc<tempfile::TempDir>,
    nodes: Rc<RefCell<nodes::Script>>,
    folders: Rc<RefCell<folders::Script>>,
    admin: Rc<RefCell<admin::Script>>,
    data: Rc<RefCell<data::Script>>,
    access: Rc<RefCell<access::Script>>,
}

impl Fake {
    /// Each with the plan of [`samples::plan`].
    pub(super) fn with_clusters(names: &[&str]) -> Self {
        let fake = Fake {
            home: Rc::new(tempfile::tempdir().unwrap()),
            nodes: Rc::default(),
            folders: Rc::default(),
            admin: Rc::default(),
            data: Rc::default(),
            access: Rc::default(),
        };
        for name in names {
            let plan = fake.plan(name);
            fs::create_dir(&plan.dir).unwrap();
            fs::write(ClusterDir(plan.dir.clone()).plan(), serde_json::to_vec(&plan).unwrap()).unwrap();
        }
        fake
    }

    /// The same, for another run.
    pub(super) fn again(&self) -> Self {
        self.clone()
    }

    pub(super) fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    pub(super) fn plan(&self, name: &str) -> Plan {
        samples::plan(self.home.path(), name)
    }
}

/// A context for one command.
pub(super) fn context<'a>(fake: Fake, screen: &'a mut Screen, cluster: Option<&str>) -> Context<'a, Fake> {
    let folders = Folders { home: fake.home(), cache: fake.home().join("cache") };
    Context { folders, cluster: cluster.map(str::to_owned), spec: None, engine: fake, screen }
}

/// What a command left behind.
pub(super) struct Ran {
    pub fake: Fake,
    pub code: ExitCode,
    /// The code of a program that it ran.
    pub handed_on: Option<u8>,
    /// Without colours, as `err`.
    pub out: String,
    pub err: String,
}

/// Runs a command line as `main` does. Time is not waited for: it jumps to the next timer.
pub(super) fn run(fake: Fake, line: &str) -> Ran {
    let (screen, out, err) = Screen::recorded();
    run_on(fake, line, screen, out, err)
}

/// The same on a terminal, with somebody who types this when asked.
pub(super) fn run_answering(fake: Fake, line: &str, typed: &str) -> Ran {
    let (screen, out, err) = Screen::recorded();
    run_on(fake, line, screen.typing(typed), out, err)
}

/// The same when nobody reads standard output.
pub(super) fn run_unread(fake: Fake, line: &str) -> Ran {
    let (out, err) = (Record::default(), Record::default());
    run_on(fake, line, Screen::on(Closed, err.clone()), out, err)
}

/// The same where this is the spec of commands that name none.
pub(super) fn run_beside(fake: Fake, line: &str, spec: &str) -> Ran {
    let (screen, out, err) = Screen::recorded();
    run_there(fake, line, Some(spec.into()), screen, out, err)
}

fn run_on(fake: Fake, line: &str, screen: Screen, out: Record, err: Record) -> Ran {
    run_there(fake, line, None, screen, out, err)
}

fn run_there(
    fake: Fake,
    line: &str,
    spec: Option<PathBuf>,
    mut screen: Screen,
    out: Record,
    err: Record,
) -> Ran {
    let words = std::iter::once("cluster").chain(line.split(' '));
    let cli = Cli::try_parse_from(words).unwrap();
    let mut cx = context(fake.clone(), &mut screen, cli.cluster.as_deref());
    cx.spec = spec;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (code, handed_on) = match runtime.block_on(cli.command.run(&mut cx)) {
        Ok(code) | Err(End::Quiet(code)) => (code, None),
        Err(End::HandedOn(code)) => (ExitCode::Ok, Some(code)),
        Err(End::Failure(failure)) => {
            screen.fail(&failure);
            (failure.code, None)
        }
    };
    Ran { fake, code, handed_on, out: out.text(), err: err.text() }
}
