//! What a process is given: settings of Kafka and ZooKeeper, JVM flags, environment variables.

use std::collections::BTreeMap;

use super::definition::Definition;
use super::fields::{self, Entry};
use super::mistake::Mistakes;
use super::suggest::quote;
use super::tree::Value;
use super::values;

/// Settings as text, each value as it is written. `check` sees each, and may report it.
pub(super) fn config(
    entry: Entry,
    example: &str,
    mistakes: &mut Mistakes,
    mut check: impl FnMut(Entry, &mut Mistakes),
) -> BTreeMap<String, String> {
    let mut config = BTreeMap::new();
    for setting in fields::entries(entry, example, mistakes) {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if setting.key.is_empty() || !setting.key.chars().all(legal) {
            mistakes.add(
                setting.at,
                format!("{} cannot be the name of a setting", quote(setting.key)),
                "a name has letters, digits, `.`, `_` and `-`: write `name: value`",
            );
            continue;
        }
        check(setting, mistakes);
        if let Some(value) = setting_value(setting, mistakes) {
            config.insert(setting.key.to_owned(), value);
        }
    }
    config
}

/// Kafka would refuse another value only when the node starts, again and again.
pub(super) fn check_value(setting: Entry, definition: &Definition, mistakes: &mut Mistakes) {
    if let Value::Scalar(written) = &setting.node.value
        && !written.contains('\0')
        && let Some((message, help)) = definition.fault(setting.key, written)
    {
        mistakes.add(setting.place(), message, help);
    }
}

fn setting_value(setting: Entry, mistakes: &mut Mistakes) -> Option<String> {
    let key = setting.key;
    match &setting.node.value {
        Value::Scalar(_) => values::text(setting, "", mistakes).map(str::to_owned),
        Value::Null => {
            mistakes.add(
                setting.place(),
                format!("{} has no value", quote(key)),
                format!("write `{key}: ''` if an empty one is meant, or remove it"),
            );
            None
        }
        Value::List(_) => {
            mistakes.add(
                setting.place(),
                format!("{} must be a single value, not a list", quote(key)),
                format!("Kafka's lists are one text: `{key}: a,b`"),
            );
            None
        }
        Value::Map(pairs) => {
            let inner = pairs.first().and_then(|(inner, _)| match &inner.value {
                Value::Scalar(inner) => Some(format!("write the whole name with dots: `{key}.{inner}: …`")),
                _ => None,
            });
            mistakes.add(
                setting.place(),
                format!("{} must be a single value, not a mapping", quote(key)),
                inner.unwrap_or_else(|| format!("for example `{key}: 1`")),
            );
            None
        }
    }
}

/// Flags that are set in another way, by how they begin, and that way.
const OWN_FLAGS: &[(&str, &str)] = &[
    ("-Xmx", "use `heap`"),
    ("-XX:MaxHeapSize", "use `heap`"),
    ("-cp", "the class path is Kafka's: use `kafka: { home: … }` for another"),
    ("-classpath", "the class path is Kafka's: use `kafka: { home: … }` for another"),
    ("--class-path", "the class path is Kafka's: use `kafka: { home: … }` for another"),
    ("-jar", "the main class is Kafka's or ZooKeeper's: leave it out"),
];

pub(super) fn jvm_flags(entry: Entry, mistakes: &mut Mistakes) -> Vec<String> {
    const EXAMPLE: &str = "jvm_flags: [-Xss512k, -Dmy.flag=1]";
    let items = match &entry.node.value {
        Value::Null => return Vec::new(),
        Value::List(items) => items,
        _ => {
            mistakes.add(
                entry.place(),
                format!("`jvm_flags` must be a list, not {}", entry.node.kind()),
                match &entry.node.value {
                    Value::Scalar(text) if text.starts_with('-') => {
                        let flags = text.split_whitespace().collect::<Vec<_>>().join(", ");
                        format!("write `jvm_flags: [{flags}]`")
                    }
                    _ => format!("for example `{EXAMPLE}`"),
                },
            );
            return Vec::new();
        }
    };
    let mut flags = Vec::new();
    for node in items {
        let item =
            Entry { key: "a JVM flag", at: if node.span.is_empty() { entry.at } else { &node.span }, node };
        let Value::Scalar(flag) = &node.value else {
            mistakes.add(
                item.place(),
                format!("a JVM flag must be text, not {}", node.kind()),
                format!("for example `{EXAMPLE}`"),
            );
            continue;
        };
        if values::text(item, EXAMPLE, mistakes).is_none() {
            continue;
        }
        let own = OWN_FLAGS.iter().find(|(own, _)| flag.starts_with(own));
        if let Some((own, instead)) = own {
            mistakes.add(item.place(), format!("`{own}` cannot be set in `jvm_flags`"), *instead);
        } else if !flag.starts_with('-') || flag == "-" {
            mistakes.add(
                item.place(),
                format!("{} is not a JVM flag", quote(flag)),
                "a flag begins with `-`; Java would take anything else for the class to run",
            );
        } else if let Some(second) = [" -X", " -D"].iter().find_map(|start| flag.find(start)) {
            mistakes.add(
                item.place(),
                format!("{} is more than one flag", quote(flag)),
                format!(
                    "give each its own place in the list: `[{}, {}]`",
                    &flag[..second],
                    flag[second..].trim()
                ),
            );
        } else {
            flags.push(flag.clone());
        }
    }
    flags
}

/// Variables that nobody would read, and what does the same: nodes are started without Kafka's scripts
/// (kafka-run-class.sh, kafka-server-start.sh) and ZooKeeper's own (zkEnv.sh, zkServer.sh).
const SCRIPT_VARIABLES: &[(&[&str], &str)] = &[
    (&["CLASSPATH", "INCLUDE_TEST_JARS"], "use `kafka: { home: … }` for other jars"),
    (&["SCALA_VERSION", "SCALA_BINARY_VERSION"], "leave it out: it goes by the jars, see `kafka`"),
    (&["JAVA_HOME"], "use `java`"),
    (&["KAFKA_HEAP_OPTS", "ZK_SERVER_HEAP"], "use `heap`"),
    (
        &["KAFKA_OPTS", "KAFKA_JVM_PERFORMANCE_OPTS", "JVMFLAGS", "SERVER_JVMFLAGS"],
        "use `jvm_flags`, one flag an item",
    ),
    (&["EXTRA_ARGS"], "leave it out: it is for the scripts' own options; those of Java are `jvm_flags`"),
    (&["KAFKA_GC_LOG_OPTS"], "use `jvm_flags`, such as `['-Xlog:gc*']`"),
    (
        &["JMX_PORT", "KAFKA_JMX_OPTS", "JMXPORT", "JMXDISABLE", "JMXLOCALONLY", "JMXAUTH", "JMXSSL"],
        "use `jvm_flags` of a single node, such as `-Dcom.sun.management.jmxremote.port=9999`",
    ),
    (
        &["KAFKA_DEBUG", "JAVA_DEBUG_PORT", "JAVA_DEBUG_OPTS", "DEBUG_SUSPEND_FLAG"],
        "use `jvm_flags` of a single node, such as \
         `['-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:5005']`",
    ),
    (&["KAFKA_LOG4J_OPTS", "ZOO_LOG4J_PROP", "JMXLOG4J"], "use `templates` for another log4j file"),
    (&["LOG_DIR", "ZOO_LOG_DIR"], "leave it out: logs lie in the node's own folder, see `cluster logs`"),
    (&["ZOOCFG", "ZOOCFGDIR"], "use `config` for the settings in the file"),
];

pub(super) fn env(entry: Entry, mistakes: &mut Mistakes) -> BTreeMap<String, String> {
    let mut env = BTreeMap::new();
    for variable in fields::entries(entry, "env: { TZ: UTC }", mistakes) {
        let name = variable.key;
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(legal) || name.starts_with(|c: char| c.is_ascii_digit()) {
            mistakes.add(
                variable.at,
                format!("{} cannot be the name of an environment variable", quote(name)),
                "a name has letters, digits and `_`, and does not begin with a digit",
            );
        } else if let Some((_, instead)) = SCRIPT_VARIABLES.iter().find(|(names, _)| names.contains(&name)) {
            mistakes.add(
                variable.at,
                format!("`{name}` cannot be set in `env`: only start scripts read it, and none is run"),
                *instead,
            );
        } else if let Value::Null = variable.node.value {
            mistakes.add(
                variable.place(),
                format!("{} has no value", quote(name)),
                format!("write `{name}: ''` if an empty one is meant, or remove it"),
            );
        } else if let Some(value) = values::text(variable, &format!("{name}: UTC"), mistakes) {
            env.insert(name.to_owned(), value.to_owned());
        }
    }
    env
}
