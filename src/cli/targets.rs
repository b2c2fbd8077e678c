//! Nodes on the command line by name, or by what they are when the command acts.

use std::collections::BTreeSet;

use clap::Args;

use super::context::Context;
use super::names::Names;
use super::nodes;
use crate::engine::ops::NodeOps;
use crate::engine::suggest;
use crate::error::{ExitCode, Failure};
use crate::model::ids::NodeName;
use crate::model::target::{FORMS, NotATarget, Target};
use crate::paths::ClusterDir;
use crate::plan::model::Plan;
use crate::view::target;

/// Some nodes.
#[derive(Debug, Args)]
pub(super) struct Targets {
    /// Names of nodes, or what they are: controller, zookeeper-leader, leader:TOPIC/PARTITION,
    /// follower:TOPIC/PARTITION, random:broker
    #[arg(value_name = "NODE", required = true, add = Names::Targets)]
    names: Vec<String>,

    /// With it, random:broker is the same broker again when the same ones are up
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

impl Targets {
    /// In the order asked for; what is random has a seed, which the journal tells.
    pub(super) fn of(&self, plan: &Plan) -> Result<Vec<Target>, Failure> {
        parsed(plan, &self.names, self.seed)
    }
}

fn parsed(plan: &Plan, names: &[String], seed: Option<u64>) -> Result<Vec<Target>, Failure> {
    let parsed: Vec<Result<Target, NotATarget>> = names.iter().map(|text| text.parse()).collect();
    let is_name = |parsed: &Result<Target, NotATarget>| {
        matches!(parsed, Ok(Target::Node(_)) | Err(NotATarget::Unknown(_)))
    };
    let names = names.iter().zip(&parsed).filter(|(_, parsed)| is_name(parsed));
    let names: Vec<String> = names.map(|(text, _)| text.clone()).collect();
    nodes::named(plan, &names).map_err(|failure| {
        let means_word = names.iter().any(|name| suggest::nearest(name, WORDS).is_some());
        if means_word { failure.hint(format!("a node can be named by what it is: {FORMS}")) } else { failure }
    })?;
    let seed = seed.map_or_else(random_seed, Ok)?;
    let wrong = |error: NotATarget| Failure::new(ExitCode::Usage, error.to_string());
    parsed.into_iter().map(|target| Ok(target.map_err(wrong)?.seeded(seed))).collect()
}

/// For what is only looked at: the nodes that these names and words mean at the moment, each once, in the order asked
/// for. Who a word means is said; only then a cluster has to run.
pub(super) async fn meant<E: NodeOps>(
    cx: &mut Context<'_, E>,
    dir: &ClusterDir,
    plan: &Plan,
    names: &[String],
) -> Result<Vec<NodeName>, Failure> {
    let targets = parsed(plan, names, None)?;
    if let Some(nodes) = targets.iter().map(Target::node).collect::<Option<Vec<_>>>() {
        let mut seen = BTreeSet::new();
        return Ok(nodes.into_iter().filter(|node| seen.insert(*node)).collect());
    }
    let status = cx.engine.status(dir, None).await?;
    let mut nodes = Vec::new();
    for target in targets {
        let found = target::resolve_by(std::slice::from_ref(&target), &status).map_err(|nobody| {
            let code = if nobody.is_wrong() { ExitCode::Usage } else { ExitCode::Failed };
            Failure::new(code, nobody.to_string())
        })?;
        for node in found {
            if target.node().is_none() {
                cx.screen.say(format!("{target} is {node}"));
            }
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
    }
    Ok(nodes)
}

const WORDS: [&str; 5] = ["controller", "zookeeper-leader", "leader", "follower", "random"];

/// Few digits, since a person may want to give it again.
fn random_seed() -> Result<u64, Failure> {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::new(ExitCode::Failed, format!("no random node can be chosen: {error}"))
            .hint("name a seed, such as `--seed 7`")
    })?;
    Ok(u64::from(u16::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples;

    fn of(names: &[&str], seed: Option<u64>) -> Result<Vec<String>, Failure> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let targets = Targets { names, seed }.of(&samples::plan("/x".as_ref(), "velib"))?;
        Ok(targets.iter().map(Target::to_string).collect())
    }

    #[test]
    fn names_and_words_keep_their_order_and_what_is_random_has_a_seed() {
        let targets = of(&["controller", "broker-1", "random:broker", "leader:bikes/0"], Some(7)).unwrap();
        assert_eq!(targets, ["controller", "broker-1", "random:broker:7", "leader:bikes/0"]);
        let own = of(&["random:broker:3"], Some(7)).unwrap();
        assert_eq!(own, ["random:broker:3"], "its own seed");
        assert!(of(&["random:broker"], None).unwrap()[0].starts_with("random:broker:"));
    }

    #[test]
    fn a_word_that_is_nobodys_is_told_with_what_there_is() {
        let failure = of(&["broker-9", "broker-0"], None).unwrap_err();
        assert_eq!(
            (failure.code, failure.message.as_str()),
            (ExitCode::Usage, "velib has no node `broker-9`")
        );
        assert!(failure.hint.unwrap().contains("broker-2"));
        let failure = of(&["contoller"], None).unwrap_err();
        assert!(failure.hint.unwrap().contains("leader:TOPIC/PARTITION"));
        assert!(of(&["leader:bikes"], None).unwrap_err().message.contains("of which partition"));
    }
}
