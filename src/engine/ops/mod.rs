//! What commands need of the rest of the program, as traits, and how the program does it: tests of commands put
//! their own in its place.

mod access;
mod admin;
mod data;
mod folders;
mod nodes;

use crate::admin::Admin;
use crate::engine::{login, prepare, session};
use crate::error::Failure;
use crate::paths::ClusterDir;
use crate::plan::model::Plan;

pub(crate) use access::AccessOps;
pub(crate) use admin::AdminOps;
pub(crate) use data::DataOps;
pub(crate) use folders::FolderOps;
pub(crate) use nodes::NodeOps;

/// All of it.
pub(crate) trait Engine: NodeOps + FolderOps + AdminOps + AccessOps + DataOps {}

impl<T: NodeOps + FolderOps + AdminOps + AccessOps + DataOps> Engine for T {}

/// The engine of the program itself.
#[derive(Default)]
pub(crate) struct Live {
    /// As whom brokers are asked, if not as this program.
    user: Option<String>,
}

/// As this program.
pub(crate) const LIVE: Live = Live { user: None };

impl Live {
    /// The plan of a cluster that runs, with who reaches its brokers.
    fn plan(&self, dir: &ClusterDir) -> Result<Plan, Failure> {
        session::must_be_up(dir)?;
        let plan = prepare::stored_plan(dir)?;
        let login = self.user.as_deref().map(|user| login::of(&plan, Some(user))).transpose()?;
        Ok(Plan { login, ..plan })
    }

    /// The way to the Kafka of a cluster that runs; it needs no supervisor.
    fn admin(&self, dir: &ClusterDir) -> Result<Admin, Failure> {
        Ok(Admin::of(self.plan(dir)?))
    }
}
