//! What `start`, `stop`, `restart` and `kill` share: one action for some nodes of the chosen cluster, and
//! a line for what became of each.

use std::time::Duration;

use super::ask::Ask;
use super::context::{self, Context};
use super::engine::Engine;
use crate::api::action::{Action, Request};
use crate::error::{ExitCode, Failure};
use crate::ids::NodeName;
use crate::output::ladder::Goal;
use crate::output::outcome;
use crate::output::screen::End;
use crate::plan::model::Plan;

pub struct Change {
    /// The command's name, for the journal.
    pub command: &'static str,
    pub goal: Goal,
    /// A line for each node while it runs; not for what is done in a moment.
    pub is_shown: bool,
    /// Without one, as long as the supervisor takes.
    pub timeout: Option<Duration>,
    pub json: bool,
}

impl Change {
    pub async fn run<E: Engine>(
        self,
        cx: &mut Context<'_, E>,
        nodes: impl FnOnce(&Plan) -> Result<Vec<NodeName>, Failure>,
        action: impl FnOnce(Vec<NodeName>) -> Action,
    ) -> Result<ExitCode, End> {
        let found = cx.chosen()?;
        let plan = cx.engine.stored_plan(&found.dir)?;
        let nodes = nodes(&plan)?;
        let shown = if self.is_shown { nodes.clone() } else { Vec::new() };
        let request = Request { action: action(nodes), by: context::by(self.command) };
        let ask =
            Ask { dir: &found.dir, plan: &plan, request, goal: self.goal, shown, timeout: self.timeout };
        let answer = ask.run(cx).await?;
        match self.json {
            true => cx.screen.json(&answer.outcome)?,
            false => cx.screen.print(outcome::text(&answer.outcome))?,
        }
        Ok(ExitCode::Ok)
    }
}
