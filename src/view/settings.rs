//! Settings in force: what was reported of a broker or a topic, held against what its file or the spec
//! says.

pub(crate) mod written;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::ids::Role;
use crate::model::status::Problem;
use crate::plan::model::{Origin, Setting};
use crate::plan::unknown;
use crate::spec::defaults::{Table, default_of};

/// Where a value comes from (`DescribeConfigsResponse.ConfigSource`); an earlier one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    Topic,
    /// Set while it runs, of one broker (KIP-226).
    DynamicBroker,
    /// Set while it runs, of all brokers.
    DynamicDefault,
    File,
    Default,
    Unknown,
}

/// How Kafka reads a value (`DescribeConfigsResponse.ConfigType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No setting that this Kafka knows.
    Unknown,
    Boolean,
    Number,
    List,
    /// Text, classes, passwords.
    Text,
}

/// One value that would hold if those before it were not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Synonym {
    /// Of topics, the broker's name for it.
    pub key: String,
    /// `None`: no value, or one that is not shown.
    pub value: Option<String>,
    pub source: Source,
}

/// What was told of one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reported {
    pub key: String,
    pub value: Option<String>,
    pub source: Source,
    pub sensitive: bool,
    pub kind: Kind,
    /// The value in force first.
    pub synonyms: Vec<Synonym>,
}

/// A setting in force; one of `settings` in the JSON of `config`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct InForce {
    pub key: String,
    /// `None`: it has none, or it is sensitive.
    pub value: Option<String>,
    pub sensitive: bool,
    pub source: Source,
    /// The setting that has the value, when its name is another (`log.retention.hours` of `retention.ms`).
    pub from: Option<String>,
    /// Which layer put it into the file, or into the spec's topic.
    pub origin: Option<Origin>,
    /// Whose `config` in the spec that is.
    pub role: Option<Role>,
    pub kafka_default: Option<String>,
    /// What the file says, or the spec of this topic; `None`: nothing, or it is sensitive.
    pub planned: Option<String>,
    pub problem: Option<Problem>,
    /// The problem in words.
    pub note: Option<String>,
    /// Values that would hold without it, the next first.
    pub fallbacks: Vec<Synonym>,
    #[serde(skip)]
    kind: Kind,
}

impl InForce {
    /// Nobody needs to look at it: it is as Kafka would have it by itself, and not set of this topic or
    /// while the broker ran.
    pub(crate) fn is_default(&self) -> bool {
        let as_default = match (&self.value, &self.kafka_default) {
            (Some(value), Some(default)) => same(self.kind, value, default),
            (None, _) => !self.sensitive || self.source == Source::Default,
            (Some(_), None) => false,
        };
        let is_set = self.source < Source::File;
        self.problem.is_none() && !is_set && (self.source >= Source::Default || as_default)
    }
}

/// Whose settings these are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Against<'a> {
    /// What the file says, or the spec of the topic.
    pub planned: &'a [Setting],
    /// The file of the broker that a topic inherits from.
    pub inherited: &'a [Setting],
    /// Kafka's version, and the settings that it knows with their defaults.
    pub version: &'a str,
    pub known: Option<&'a Table>,
}

/// Every setting that was reported or planned, by name.
pub(crate) fn in_force(reported: &[Reported], against: Against<'_>) -> Vec<InForce> {
    let planned: BTreeMap<&str, &Setting> =
        against.planned.iter().map(|setting| (setting.key.as_str(), setting)).collect();
    let rivals = rivals(reported, &planned);
    let mut settings: Vec<InForce> =
        reported.iter().map(|one| row(one, &planned, &rivals, against)).collect();
    let told: BTreeSet<&str> = reported.iter().map(|one| one.key.as_str()).collect();
    let untold = planned.values().filter(|setting| !told.contains(setting.key.as_str()));
    settings.extend(untold.map(|setting| {
        let absent = Reported {
            key: setting.key.clone(),
            value: None,
            source: Source::File,
            sensitive: true,
            kind: Kind::Unknown,
            synonyms: Vec::new(),
        };
        row(&absent, &planned, &rivals, against)
    }));
    settings.sort_by(|a, b| a.key.cmp(&b.key));
    settings
}

/// Settings of the file that another setting wins over: `log.retention.hours` where `log.retention.ms` is
/// set. Kafka tells them as what the other would fall back to.
fn rivals<'a>(
    reported: &'a [Reported],
    planned: &BTreeMap<&str, &Setting>,
) -> BTreeMap<&'a str, &'a Synonym> {
    let mut rivals = BTreeMap::new();
    for one in reported {
        let Some((wins, fallbacks)) = one.synonyms.split_first() else { continue };
        for lost in fallbacks.iter().filter(|lost| lost.key != wins.key && lost.key != one.key) {
            // It has an effect of its own, too: how often the broker looks.
            let has_own_effect = lost.key == "log.flush.scheduler.interval.ms";
            if lost.source == Source::File && planned.contains_key(lost.key.as_str()) && !has_own_effect {
                rivals.insert(lost.key.as_str(), wins);
            }
        }
    }
    rivals
}

fn row(
    one: &Reported,
    planned: &BTreeMap<&str, &Setting>,
    rivals: &BTreeMap<&str, &Synonym>,
    against: Against<'_>,
) -> InForce {
    let own = planned.get(one.key.as_str()).copied();
    let wins = one.synonyms.first();
    let from = wins.map(|wins| &wins.key).filter(|key| **key != one.key);
    let placed = match one.source {
        Source::File if !against.inherited.is_empty() => {
            let key = from.unwrap_or(&one.key);
            against.inherited.iter().find(|setting| setting.key == *key)
        }
        Source::File => own,
        // Somebody may have altered the topic since.
        Source::Topic => own.filter(|setting| {
            one.value.as_deref().is_some_and(|value| same(one.kind, value, &setting.value))
        }),
        _ => None,
    };
    let in_table = against.known.and_then(|known| default_of(known, &one.key));
    let told_default = one.synonyms.iter().find(|from| from.source == Source::Default && from.key == one.key);
    let kafka_default = match in_table {
        Some(default) => Some(default.to_owned()).filter(|default| default != "null"),
        None => told_default.and_then(|default| default.value.clone()),
    };
    let judged = own.and_then(|setting| judge(one, setting, rivals.get(one.key.as_str()).copied(), against));
    let (problem, note) = judged.unzip();
    InForce {
        key: one.key.clone(),
        value: one.value.clone().filter(|_| !one.sensitive),
        sensitive: one.sensitive,
        source: one.source,
        from: from.cloned(),
        origin: placed.map(|setting| setting.origin),
        role: placed.and_then(|setting| setting.role),
        kafka_default: kafka_default.filter(|_| !one.sensitive),
        planned: own.map(|setting| setting.value.clone()).filter(|_| !one.sensitive),
        problem,
        note,
        fallbacks: match one.sensitive {
            true => Vec::new(),
            false => one.synonyms.iter().skip(1).cloned().collect(),
        },
        kind: one.kind,
    }
}

/// Whether a planned setting does what it says.
fn judge(
    one: &Reported,
    planned: &Setting,
    rival: Option<&Synonym>,
    against: Against<'_>,
) -> Option<(Problem, String)> {
    if one.kind == Kind::Unknown {
        let note =
            || format!("no setting of Kafka {}{}", against.version, unknown::hint(&one.key, against.version));
        return (!unknown::is_read(&one.key)).then(|| (Problem::Unknown, note()));
    }
    if let Some(rival) = rival {
        let value = rival.value.as_deref().unwrap_or("a value");
        let note = format!("{}={value} ({}) wins over it", rival.key, word(rival.source));
        return Some((Problem::Overridden, note));
    }
    // A config provider puts another text in its place (KIP-297).
    let is_provided = planned.value.contains("${");
    let as_planned = match &one.value {
        _ if one.sensitive || is_provided => one.source >= Source::File || one.source == Source::Topic,
        Some(value) => same(one.kind, value, &planned.value),
        None => planned.value.trim().is_empty(),
    };
    let note = || match (&one.value, one.sensitive) {
        (Some(value), false) => {
            format!("{value} is in force ({}), planned is {}", word(one.source), planned.value)
        }
        _ => format!("another value is in force ({})", word(one.source)),
    };
    (!as_planned).then(|| (Problem::Overridden, note()))
}

/// The source in words.
pub(crate) fn word(source: Source) -> &'static str {
    match source {
        Source::Topic => "the topic",
        Source::DynamicBroker => "dynamic, this broker",
        Source::DynamicDefault => "dynamic, all brokers",
        Source::File => "the file",
        Source::Default => "kafka default",
        Source::Unknown => "unknown",
    }
}

/// Whether Kafka reads both texts as the same value (`ConfigDef.parseType`).
pub(crate) fn same(kind: Kind, a: &str, b: &str) -> bool {
    let (a, b) = (a.trim(), b.trim());
    let number = |text: &str| text.parse::<f64>().ok();
    let items = |text: &str| -> Vec<String> {
        let items = text.split(',').map(|item| item.trim().to_owned());
        if text.is_empty() { Vec::new() } else { items.collect() }
    };
    match kind {
        Kind::Boolean => a.eq_ignore_ascii_case(b),
        // Longs above 2^53 are told apart as text.
        Kind::Number => match (a.parse::<i64>(), b.parse::<i64>()) {
            (Ok(a), Ok(b)) => a == b,
            _ => a == b || number(a).is_some_and(|a| number(b) == Some(a)),
        },
        Kind::List => items(a) == items(b),
        Kind::Text | Kind::Unknown => a == b,
    }
}

#[cfg(test)]
mod tests;
