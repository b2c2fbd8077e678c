//! Which spec a command is about.

use std::path::PathBuf;

use super::context::Context;
use crate::engine::clusters;
use crate::engine::ops::Engine;
use crate::engine::source::{Chosen, Source};
use crate::error::Failure;

/// The file, else the named cluster's own, else the default; and the name that replaces the spec's.
pub(super) fn of<E: Engine>(cx: &Context<'_, E>, file: Option<PathBuf>) -> Result<Chosen, Failure> {
    let (source, name) = found(cx, file)?;
    Ok(Chosen { source, name, profile: None })
}

fn found<E: Engine>(cx: &Context<'_, E>, file: Option<PathBuf>) -> Result<(Source, Option<String>), Failure> {
    let name = cx.cluster.clone();
    if let Some(name) = &name {
        clusters::check_name(name)?;
    }
    if let Some(file) = file {
        return Ok((Source::File(file), name));
    }
    if let Some(name) = &name
        && let Some(found) = cx.clusters()?.into_iter().find(|found| found.name == *name)
    {
        return Ok((Source::Stored(found.dir), None));
    }
    Ok((Source::Default, name))
}
