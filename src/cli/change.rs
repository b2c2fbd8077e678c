//! What `start`, `stop`, `restart` and `kill` share: one action for some nodes of the chosen cluster, and
//! a line for what became of each.

use std::time::Duration;

use super::ask::Ask;
use super::context::{self, Context};
use crate::api::message::Request;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode, Failure};
use crate::model::action::Action;
use crate::model::ids::NodeName;
use crate::model::outcome::Outcome;
use crate::model::target::Target;
use crate::output::ladder::Goal;
use crate::output::outcome;
use crate::paths::ClusterDir;
use crate::plan::model::Plan;

pub(super) struct Change {
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
    pub(super) async fn run<E: Engine>(
        self,
        cx: &mut Context<'_, E>,
        nodes: impl FnOnce(&Plan) -> Result<Vec<NodeName>, Failure>,
        action: impl FnOnce(Vec<NodeName>) -> Action,
    ) -> Result<ExitCode, End> {
        let found = cx.chosen()?;
        let plan = cx.engine.stored_plan(&found.dir)?;
        let nodes = nodes(&plan)?;
        let shown = if self.is_shown { nodes.clone() } else { Vec::new() };
        self.ask(cx, &found.dir, &plan, action(nodes), shown).await?;
        Ok(ExitCode::Ok)
    }

    /// The same for nodes that may be known only when the supervisor acts: none has a line while it runs.
    pub(super) async fn run_on<E: Engine>(
        self,
        cx: &mut Context<'_, E>,
        targets: impl FnOnce(&Plan) -> Result<Vec<Target>, Failure>,
        action: impl FnOnce(Vec<Target>) -> Action,
    ) -> Result<ExitCode, End> {
        let found = cx.chosen()?;
        let plan = cx.engine.stored_plan(&found.dir)?;
        let targets = targets(&plan)?;
        let shown = targets.iter().filter_map(Target::node).filter(|_| self.is_shown).collect();
        self.ask(cx, &found.dir, &plan, action(targets), shown).await?;
        Ok(ExitCode::Ok)
    }

    /// Asks for it and prints what became of each node.
    pub(super) async fn ask<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        dir: &ClusterDir,
        plan: &Plan,
        action: Action,
        shown: Vec<NodeName>,
    ) -> Result<Outcome, End> {
        let request = Request { action, by: context::by(self.command) };
        let ask = Ask { dir, plan, request, goal: self.goal, shown, timeout: self.timeout };
        let answer = ask.run(cx).await?;
        match self.json {
            true => cx.screen.json(&outcome::Report::from(&answer.outcome))?,
            false => cx.screen.print(outcome::text(&answer.outcome))?,
        }
        Ok(answer.outcome)
    }
}
