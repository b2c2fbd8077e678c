//! Which spec a command is about.

use std::path::{Path, PathBuf};

use super::context::Context;
use crate::engine::clusters;
use crate::engine::ops::Engine;
use crate::engine::source::{Chosen, Source};
use crate::error::Failure;
use crate::spec;

/// The word for standard input in the place of a file.
const STDIN: &str = "-";
/// What standard input is called in messages; a spec without a name gets its own from this.
const STDIN_NAME: &str = "<stdin>";

/// The spec of a folder, for commands that are called in it without another one.
pub(super) const FILE: &str = "cluster.yaml";
/// Names the spec of commands that name none.
const VARIABLE: &str = "CLUSTER_SPEC";

/// The spec of commands that name none: what `CLUSTER_SPEC` says, else `cluster.yaml` where the command is called.
pub(super) fn unnamed() -> Option<PathBuf> {
    let given = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    given.or_else(|| Path::new(FILE).is_file().then(|| FILE.into()))
}

/// The file, else the named cluster's own, else the one of commands that name none, else the default; and the name
/// that replaces the spec's.
pub(super) fn of<E: Engine>(cx: &mut Context<'_, E>, file: Option<PathBuf>) -> Result<Chosen, Failure> {
    let name = cx.cluster.clone();
    if let Some(name) = &name {
        clusters::check_name(name)?;
    }
    if file.is_none()
        && let Some(name) = &name
        && let Some(found) = cx.clusters()?.into_iter().find(|found| found.name == *name)
    {
        return Ok(Chosen { source: Source::Stored(found.dir), name: None, profile: None });
    }
    if let (None, Some(spec)) = (&file, &cx.spec) {
        cx.screen.say(format!("the spec is {}", spec.display()));
    }
    let source = given(cx, file)?.unwrap_or(Source::Default);
    Ok(Chosen { source, name, profile: None })
}

/// The file, else the one of commands that name none.
pub(super) fn given<E>(cx: &Context<'_, E>, file: Option<PathBuf>) -> Result<Option<Source>, Failure> {
    file.or_else(|| cx.spec.clone()).map(read).transpose()
}

/// What can be read only once, such as a pipe, is.
fn read(file: PathBuf) -> Result<Source, Failure> {
    let text = |text, name: &str| Source::Text { text, name: name.to_owned() };
    if file.as_os_str() == STDIN {
        return Ok(text(spec::read_from(std::io::stdin().lock(), STDIN_NAME)?, STDIN_NAME));
    }
    match file.metadata() {
        Ok(found) if !found.is_file() && !found.is_dir() => {
            let name = file.to_string_lossy();
            Ok(text(spec::read(&file)?, &name))
        }
        _ => Ok(Source::File(file)),
    }
}
