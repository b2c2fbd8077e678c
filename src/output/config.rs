//! Settings in force: a table, what is wrong, and what was left out.

use super::style::{self, paint};
use super::table::{Align, Cell, Table};
use super::width::Width;
use crate::admin::Configs;
use crate::model::status::Problem;
use crate::plan::describe;
use crate::plan::model::Origin;
use crate::view::settings::{InForce, Source, word};

/// `all`: those at Kafka's own defaults, too; else they are counted.
pub(crate) fn text(configs: &Configs, all: bool, width: Width) -> String {
    let (shown, left): (Vec<&InForce>, Vec<&InForce>) =
        configs.settings.iter().partition(|setting| all || !setting.is_default());
    let mut parts = vec![head(configs, width)];
    if !shown.is_empty() {
        parts.push(table(configs, &shown, width));
    }
    parts.push(problems(&shown));
    if !left.is_empty() {
        let more = match left.len() {
            1 => "1 more setting is at Kafka's own default".to_owned(),
            more => format!("{more} more settings are at Kafka's own defaults"),
        };
        parts.push(format!("{more} (`--all` lists them)\n"));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn head(configs: &Configs, width: Width) -> String {
    let name = paint(style::STRONG, width.name(&configs.name));
    let whose = match configs.reported_by {
        Some(node) if node.to_string() == configs.name => ", as it reports itself".to_owned(),
        Some(node) => format!(", as {node} reports it"),
        None => String::new(),
    };
    let topic = if configs.is_topic { "topic " } else { "" };
    let head = format!("{topic}{name}  Kafka {}{whose}\n", configs.kafka_version);
    let notes = configs.notes.iter().map(|note| paint(style::WARN, note) + "\n");
    std::iter::once(head).chain(notes).collect()
}

fn table(configs: &Configs, settings: &[&InForce], width: Width) -> String {
    use Align::Left;
    let mut table =
        Table::new(&[("SETTING", Left), ("VALUE", Left), ("SOURCE", Left), ("KAFKA'S DEFAULT", Left)]);
    // Of ZooKeeper's settings there is no list with defaults.
    let has_defaults = settings.iter().any(|setting| setting.kafka_default.is_some());
    let mut short = Table::new(&[("SETTING", Left), ("VALUE", Left), ("SOURCE", Left)]);
    for setting in settings {
        let style = if setting.problem.is_some() { style::WARN } else { style::PLAIN };
        let cells: [Cell; 3] = [
            Cell::name(&setting.key),
            Cell::name(value(setting)).in_style(style),
            Cell::words(source(configs, setting)),
        ];
        let [key, value, source] = cells.clone();
        let default = setting.kafka_default.clone().unwrap_or_else(|| "-".to_owned());
        table.row([key, value, source, Cell::name(default)]);
        short.row(cells);
    }
    if has_defaults { table.fit(width) } else { short.fit(width) }
}

/// A value as it is shown.
pub(crate) fn value(setting: &InForce) -> String {
    match &setting.value {
        _ if setting.sensitive && setting.source == Source::Default => "-".to_owned(),
        _ if setting.sensitive => "(not shown)".to_owned(),
        Some(value) if value.is_empty() => "''".to_owned(),
        Some(value) => value.clone(),
        None => "-".to_owned(),
    }
}

/// Where a value comes from.
pub(crate) fn source(configs: &Configs, setting: &InForce) -> String {
    let mut text = match (setting.source, setting.origin) {
        (Source::File, Some(origin)) => describe::origin(origin, setting.role),
        (Source::Topic, Some(Origin::Profile)) => "the topic (profile)".to_owned(),
        (Source::Topic, Some(_)) => "the topic (spec)".to_owned(),
        // Such as node.id, which Kafka takes from broker.id.
        (Source::File, None) if configs.reported_by.is_some() && !configs.is_topic => {
            "made by Kafka from the file".to_owned()
        }
        (source, _) => word(source).to_owned(),
    };
    if let Some(from) = &setting.from {
        text += &format!(": {from}");
    }
    text
}

fn problems(settings: &[&InForce]) -> String {
    let line = |setting: &&InForce| {
        let what = match setting.problem? {
            Problem::Unknown => "is ignored unless a plugin reads it",
            Problem::Overridden => "does not do what was planned",
        };
        let why = setting.note.as_deref().unwrap_or_default();
        Some(paint(style::WARN, format!("{} {what}: {why}", setting.key)) + "\n")
    };
    settings.iter().filter_map(line).collect()
}

#[cfg(test)]
pub(crate) mod samples {
    //! Settings made by hand.

    use super::*;
    use crate::model::ids::{NodeName, Role};
    use crate::plan::model::Setting;
    use crate::spec::defaults;
    use crate::view::settings::{Against, Kind, Reported, Synonym, in_force};

    /// A broker with one setting of each source, one that is overridden and one that is unknown.
    pub(crate) fn configs() -> Configs {
        let planned = |key: &str, value: &str, origin| Setting {
            key: key.into(),
            value: value.into(),
            origin,
            role: (origin == Origin::Cluster).then_some(Role::Broker),
            reason: None,
            kafka_default: None,
        };
        let file = [
            planned("broker.id", "0", Origin::Planner),
            planned("log.retention.hours", "24", Origin::Node),
            planned("num.io.threads", "4", Origin::Profile),
            planned("num.partition", "6", Origin::Cluster),
        ];
        let told = |key: &str, kind, value: &str, source| {
            let value = (kind != Kind::Unknown).then(|| value.to_owned());
            let synonym = Synonym { key: key.into(), value: value.clone(), source };
            let sensitive = kind == Kind::Unknown;
            Reported { key: key.into(), value, source, sensitive, kind, synonyms: vec![synonym] }
        };
        let reported = [
            told("broker.id", Kind::Number, "0", Source::File),
            told("log.retention.hours", Kind::Number, "24", Source::File),
            told("num.io.threads", Kind::Number, "6", Source::DynamicDefault),
            told("num.partition", Kind::Unknown, "", Source::File),
            told("num.replica.fetchers", Kind::Number, "1", Source::Default),
        ];
        let known = defaults::of("3.9.2").map(|known| &known.brokers);
        let against = Against { planned: &file, inherited: &[], version: "3.9.2", known };
        Configs {
            name: "broker-0".into(),
            is_topic: false,
            kafka_version: "3.9.2".into(),
            reported_by: Some(NodeName::broker(0)),
            settings: in_force(&reported, against),
            notes: vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn settings_are_told_with_value_source_default_and_what_is_wrong() {
        insta::assert_snapshot!(plain(&text(&samples::configs(), false, Width::Whole)), @r"
        broker-0  Kafka 3.9.2, as it reports itself

        SETTING              VALUE        SOURCE                KAFKA'S DEFAULT
        broker.id            0            planner               -1
        log.retention.hours  24           the node's config     168
        num.io.threads       6            dynamic, all brokers  8
        num.partition        (not shown)  brokers.config        -

        num.io.threads does not do what was planned: 6 is in force (dynamic, all brokers), planned is 4
        num.partition is ignored unless a plugin reads it: no setting of Kafka 3.9.2; did you mean `num.partitions`?

        1 more setting is at Kafka's own default (`--all` lists them)
        ");
    }

    #[test]
    fn notes_stand_above_the_table() {
        let mut configs = samples::configs();
        configs.reported_by = None;
        configs.notes = vec!["from the file".into()];
        let text = plain(&text(&configs, true, Width::Whole));
        assert!(text.starts_with("broker-0  Kafka 3.9.2\nfrom the file\n\nSETTING"));
    }

    #[test]
    fn the_json_of_a_setting_is_stable() {
        insta::assert_json_snapshot!(samples::configs().settings[2], @r#"
        {
          "key": "num.io.threads",
          "value": "6",
          "sensitive": false,
          "source": "dynamic-default",
          "from": null,
          "origin": null,
          "role": null,
          "kafka_default": "8",
          "planned": "4",
          "problem": "overridden",
          "note": "6 is in force (dynamic, all brokers), planned is 4",
          "fallbacks": []
        }
        "#);
    }
}
