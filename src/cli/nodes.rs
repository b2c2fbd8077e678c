//! Names of nodes on the command line, checked against the plan.

use clap::Args;

use crate::cli::names::Names;
use crate::engine::suggest;
use crate::error::{ExitCode, Failure};
use crate::model::ids::NodeName;
use crate::plan::model::Plan;

/// Several nodes, or all.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Nodes {
    /// Names of nodes, such as broker-0 or zookeeper-1
    #[arg(value_name = "NODE", add = Names::Nodes)]
    names: Vec<String>,

    /// Every node of the cluster
    #[arg(long)]
    all: bool,
}

impl Nodes {
    /// Each once, in the order asked for; `--all` in the order of the plan.
    pub(super) fn of(&self, plan: &Plan) -> Result<Vec<NodeName>, Failure> {
        match self.all {
            true => Ok(plan.nodes.iter().map(|node| node.name).collect()),
            false => named(plan, &self.names),
        }
    }
}

/// Each once, in the order asked for. All that are unknown are told at once.
pub(super) fn named(plan: &Plan, names: &[String]) -> Result<Vec<NodeName>, Failure> {
    let known = |text: &str| plan.nodes.iter().map(|node| node.name).find(|name| name.to_string() == text);
    let unknown: Vec<_> = names.iter().filter(|name| known(name).is_none()).collect();
    if let Some(first) = unknown.first() {
        let quoted = unknown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let real: Vec<_> = plan.nodes.iter().map(|node| node.name.to_string()).collect();
        return Err(Failure::new(ExitCode::Usage, format!("{} has no node {quoted}", plan.name))
            .hint(suggest::hint_of(first, meant(first, &real), suggest::NODES, &real)));
    }
    let mut nodes = Vec::new();
    for name in names.iter().filter_map(|name| known(name)) {
        if !nodes.contains(&name) {
            nodes.push(name);
        }
    }
    Ok(nodes)
}

/// A number alone is a broker's. A name of the right form is no slip of the pen: that node is not there.
fn meant<'a>(text: &str, real: &'a [String]) -> Option<&'a str> {
    let names = || real.iter().map(String::as_str);
    if text.parse::<NodeName>().is_ok() {
        return None;
    }
    if text.parse::<u32>().is_ok() {
        return names().find(|name| *name == format!("broker-{text}"));
    }
    suggest::nearest(text, names())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples;

    fn resolved(names: &[&str]) -> Result<Vec<NodeName>, Failure> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        named(&samples::plan("/x".as_ref(), "velib"), &names)
    }

    #[test]
    fn nodes_are_taken_once_in_the_order_asked_for() {
        let nodes = resolved(&["broker-1", "zookeeper-1", "broker-1"]).unwrap();
        assert_eq!(nodes, [NodeName::broker(1), NodeName::zookeeper(1)]);
    }

    #[test]
    fn unknown_nodes_are_told_at_once_with_the_real_ones() {
        let failure = resolved(&["brokr-0", "broker-0", "zookeeper-9"]).unwrap_err();
        assert_eq!(failure.code, ExitCode::Usage);
        assert_eq!(failure.message, "velib has no node `brokr-0`, `zookeeper-9`");
        let hint = failure.hint.unwrap();
        assert!(hint.starts_with("did you mean `broker-0`? nodes: zookeeper-1, "), "{hint}");
        let hint = |name| resolved(&[name]).unwrap_err().hint.unwrap();
        assert!(hint("0").starts_with("did you mean `broker-0`? "), "{}", hint("0"));
        for absent in ["broker-9", "9"] {
            assert!(hint(absent).starts_with("nodes: zookeeper-1, "), "{}", hint(absent));
        }
    }
}
