//! What somebody asked for, as the journal keeps it: the action, and whom it turned out to mean.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::ids::NodeName;
use super::signal::Signal;
use super::target::Target;

/// An action, and the nodes that were meant. JSON: the action's fields and `meant`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// As it was sent: targets such as `leader:velib-stations/3` are kept as they were written.
    #[serde(flatten)]
    pub action: Action,
    /// Those of the action's targets, by name; none when it is about all nodes.
    pub meant: Vec<NodeName>,
}

/// The text is no action of [`Asked`]'s `Display`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no action of the journal")]
pub struct NotAsked(String);

impl Asked {
    /// True for every node when all nodes are meant, as by `up`, `down` and `scale`.
    pub fn is_about(&self, name: NodeName) -> bool {
        matches!(self.action, Action::Up | Action::Down | Action::Scale { .. }) || self.meant.contains(&name)
    }

    /// Nodes were named by what they are, such as `controller`: who that is, is in `meant`.
    pub fn is_by_what_they_are(&self) -> bool {
        self.action.targets().iter().any(|target| target.node().is_none())
    }
}

impl From<Action> for Asked {
    /// Of an action whose targets are names.
    fn from(action: Action) -> Self {
        let meant = action.targets().iter().filter_map(Target::node).collect();
        Asked { action, meant }
    }
}

impl fmt::Display for Asked {
    /// As the command line has it; `, that is broker-2` when nodes were named by what they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.action.fmt(f)?;
        if self.is_by_what_they_are() {
            let names: Vec<String> = self.meant.iter().map(ToString::to_string).collect();
            write!(f, "{MEANT}{}", names.join(", "))?;
        }
        Ok(())
    }
}

const MEANT: &str = ", that is ";

impl FromStr for Asked {
    type Err = NotAsked;

    /// Reads what `Display` writes: old journals have nothing else. Which nodes a `scale` added is not in it.
    fn from_str(text: &str) -> Result<Self, NotAsked> {
        let wrong = || NotAsked(text.to_owned());
        let (command, meant) = text.split_once(MEANT).unwrap_or((text, ""));
        let mut words = command.split_whitespace();
        let verb = words.next().ok_or_else(wrong)?;
        let (mut targets, mut signal, mut flags) = (Vec::new(), Signal::KILL, Vec::new());
        let mut brokers = None;
        while let Some(word) = words.next() {
            match word {
                "--signal" => signal = words.next().and_then(|word| word.parse().ok()).ok_or_else(wrong)?,
                "brokers" => brokers = words.next().and_then(|word| word.parse().ok()),
                flag if flag.starts_with("--") => flags.push(flag),
                target => targets.push(target.parse::<Target>().map_err(|_| wrong())?),
            }
        }
        let has = |flag| flags.contains(&flag);
        let force = has("--force");
        let nodes = targets.iter().filter_map(Target::node).collect();
        let action = match verb {
            "up" => Action::Up,
            "down" => Action::Down,
            "kill" => Action::Kill { nodes: targets, signal, force, fast_failover: has("--fast-failover") },
            "start" => Action::Start { nodes },
            "stop" => Action::Stop { nodes: targets, force },
            "pause" => Action::Pause { nodes: targets, force },
            "resume" => Action::Resume { nodes },
            "restart" => Action::Restart { nodes, force, rolling: has("--rolling") },
            "scale" => Action::Scale { brokers: brokers.ok_or_else(wrong)?, nodes },
            "forget" => Action::Forget { nodes },
            _ => return Err(wrong()),
        };
        let mut asked = Asked::from(action);
        if !meant.is_empty() {
            asked.meant = meant.split(", ").filter_map(|name| name.parse().ok()).collect();
        }
        Ok(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_reads_back_from_its_text_and_from_its_json() {
        for text in [
            "up",
            "down",
            "kill broker-0 zookeeper-1 --signal SIGTERM --force",
            "kill leader:t/0 broker-2 --signal SIGKILL --fast-failover, that is broker-1, broker-2",
            "start broker-1",
            "stop controller --force, that is controller-100",
            "pause random:broker:7, that is broker-0",
            "resume broker-0",
            "restart broker-0 broker-1 --rolling --force",
            "scale brokers 4",
            "forget broker-3",
        ] {
            let asked: Asked = text.parse().unwrap();
            assert_eq!(asked.to_string(), text);
            let json = serde_json::to_string(&asked).unwrap();
            assert_eq!(serde_json::from_str::<Asked>(&json).unwrap(), asked, "{json}");
        }
        for text in ["", "test", "scale", "kill nobody", "kill broker-0 --signal"] {
            assert!(text.parse::<Asked>().is_err(), "{text}");
        }
    }

    #[test]
    fn it_is_about_those_who_were_meant() {
        let about = |text: &str, id| text.parse::<Asked>().unwrap().is_about(NodeName::broker(id));
        assert!(about("kill leader:t/0 --signal SIGKILL, that is broker-1, broker-3", 3));
        assert!(!about("kill leader:t/0 --signal SIGKILL, that is broker-1", 2));
        assert!(about("stop broker-2", 2) && !about("stop broker-2", 1));
        assert!(about("down", 1) && about("scale brokers 4", 1));
    }
}
