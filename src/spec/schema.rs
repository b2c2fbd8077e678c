//! The spec as a JSON Schema, by which editors complete and check it while it is written.
//!
//! It says less than the checks: what depends on two keys, or on a version, they alone know.

use serde_json::{Map, Value, json};

use super::check::{POLICIES, PROFILES};
use super::security::WAYS;
use super::versions::SUPPORTED;
use super::{acls, check, group, kafka, listeners, security, topics};
use crate::model::acl::Operation;
use crate::model::ids::Role;

/// The schema (draft 2020-12).
pub(crate) fn schema() -> Value {
    let words = |known: Vec<&str>| json!({ "enum": known });
    let profiles = words(PROFILES.iter().map(|(word, _)| *word).collect());
    let policies = words(POLICIES.iter().map(|(word, _)| *word).collect());
    let of = |key: &str| match key {
        "name" => text("The cluster's name and folder; else the file's name."),
        "kafka" => told(closed(kafka::KEYS, of_kafka), "Which Kafka runs."),
        "java" => text("A Java home, in place of JAVA_HOME and PATH."),
        "profile" => told(
            profiles.clone(),
            "fast: small heaps and quick failover. stock: Kafka's own defaults. durable: as fast, with data flushed to disk.",
        ),
        "restart" => told(policies.clone(), "What happens when a node exits by itself."),
        "port_base" => told(number(1024, 65228), "The first of the cluster's fixed ports; else free ones."),
        "security" => security(),
        "listeners" => told(
            json!({ "type": "object", "additionalProperties": closed(listeners::KEYS, of_listener) }),
            "Where every broker listens for clients, too, by name: for containers and other machines.",
        ),
        "templates" => text("A folder whose files replace templates of the same name."),
        "zookeeper" => role(Role::ZooKeeper, 7, "The ZooKeeper servers, with Kafka below 4.0."),
        "controllers" => {
            role(Role::Controller, 7, "The controllers of a KRaft cluster, in place of zookeeper.")
        }
        "brokers" => role(Role::Broker, 100, "The brokers."),
        _ => told(
            json!({ "type": "object", "additionalProperties": nullable(closed(topics::KEYS, of_topic)) }),
            "Topics that exist when `up` returns, by name.",
        ),
    };
    let mut schema = closed(check::KEYS, of);
    if let Value::Object(schema) = &mut schema {
        schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        schema.insert("title".into(), json!("A Kafka cluster on one machine"));
    }
    schema
}

/// A word, or a mapping.
fn security() -> Value {
    let of_user = |key: &str| match key {
        "password" => text("Made, if there is none."),
        _ => told(json!({ "type": "array", "items": acl() }), "What they may do, and may not."),
    };
    let ways = || json!({ "enum": WAYS.iter().map(|(word, _)| *word).collect::<Vec<_>>() });
    let of = |key: &str| match key {
        "clients" => told(ways(), "How clients show who they are."),
        "encryption" => told(
            json!({ "enum": security::ENCRYPTIONS.iter().map(|(word, _)| *word).collect::<Vec<_>>() }),
            "With scram and plain: none has passwords shown without TLS.",
        ),
        "default" => told(
            json!({ "enum": security::DEFAULTS.iter().map(|(word, _)| *word).collect::<Vec<_>>() }),
            "What holds where no ACL speaks of a resource.",
        ),
        _ => told(
            json!({ "type": "object", "additionalProperties": nullable(closed(security::USER_KEYS, of_user)) }),
            "Who there is, by name: with mtls each has a certificate, with scram and plain a password.",
        ),
    };
    let what = "tls: brokers show a certificate. mtls: clients do, too. scram, plain: clients show a password. plaintext: nobody shows anything.";
    json!({ "anyOf": [ways(), closed(security::KEYS, of)], "description": what })
}

fn of_listener(key: &str) -> Value {
    match key {
        "bind" => text("An address of this machine; 0.0.0.0 is all of them."),
        "advertise" => text("The name or address by which clients reach it."),
        _ => told(json!({ "type": "boolean" }), "Whoever reaches it may be let in unseen, or in plain text."),
    }
}

/// One resource, and what is allowed or denied to do with it.
fn acl() -> Value {
    let words = Operation::ALL.map(Operation::word);
    let operations = || json!({ "anyOf": [{ "enum": words }, { "type": "array", "items": { "enum": words }, "minItems": 1 }] });
    let of = |key: &str| match key {
        "allow" | "deny" => told(operations(), "What to do."),
        "host" => text("From which address alone."),
        "cluster" => told(json!({ "const": true }), "The cluster itself."),
        _ => text("A name, the beginning of names with a * behind it, or * for all."),
    };
    closed(acls::KEYS, of)
}

fn of_kafka(key: &str) -> Value {
    match key {
        "version" => version(),
        _ => text("An unpacked Kafka distribution to use as it is."),
    }
}

fn of_topic(key: &str) -> Value {
    match key {
        "partitions" => number(1, topics::MAX_PARTITIONS),
        "replication_factor" => number(1, 100),
        _ => settings("Settings of the topic."),
    }
}

/// A number, or a mapping with `count`.
fn role(role: Role, most: u32, what: &str) -> Value {
    let of = |key: &str| match key {
        "count" => told(number(1, most), "How many; 3 by default."),
        "ids" => {
            json!({ "type": "array", "items": number(0, group::MAX_ID), "description": "The brokers by id." })
        }
        "combined" => told(json!({ "type": "boolean" }), "The first brokers are the controllers."),
        "nodes" => json!({
            "type": "object",
            "description": "What holds for single nodes, by name.",
            "propertyNames": { "pattern": format!("^{}-(0|[1-9][0-9]*)$", role.word()) },
            "additionalProperties": nullable(closed(group::NODE_KEYS, of_node)),
        }),
        _ => of_node(key),
    };
    json!({ "anyOf": [number(1, most), closed(group::keys(role), of)], "description": what })
}

fn of_node(key: &str) -> Value {
    match key {
        "version" => version(),
        "heap" => {
            json!({ "type": "string", "pattern": "^[0-9]+[mMgG]$", "description": "Maximum Java heap: 256m, 1g." })
        }
        "jvm_flags" => {
            json!({ "type": "array", "items": { "type": "string" }, "description": "Flags for Java, after ours." })
        }
        "port" => told(number(1024, 65535), "A fixed port for clients."),
        "env" => settings("Environment variables."),
        _ => settings("Settings of server.properties or zoo.cfg."),
    }
}

/// A full version, or the beginning of one. YAML reads 3.9 as a number.
fn version() -> Value {
    let mut known: Vec<String> = SUPPORTED.iter().map(|one| one.version.to_owned()).collect();
    for full in SUPPORTED {
        let parts: Vec<&str> = full.version.split('.').collect();
        known.extend((1..parts.len()).map(|length| parts[..length].join(".")));
    }
    known.sort();
    known.dedup();
    let numbers = known.iter().filter_map(|text| text.parse::<f64>().ok()).map(|number| json!(number));
    let mut all: Vec<Value> = known.iter().map(|text| json!(text)).collect();
    all.extend(numbers);
    json!({ "enum": all, "description": "A version of Kafka; 3.9 is the newest that begins so." })
}

/// An object with these keys and no others.
fn closed(keys: &[&str], of: impl Fn(&str) -> Value) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), of(key))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// `velib-stations:` alone takes all defaults.
fn nullable(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn settings(what: &str) -> Value {
    json!({
        "type": "object",
        "additionalProperties": { "type": ["string", "number", "boolean"] },
        "description": what,
    })
}

fn text(what: &str) -> Value {
    json!({ "type": "string", "description": what })
}

fn number(least: u32, most: u32) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

fn told(mut schema: Value, what: &str) -> Value {
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".into(), json!(what));
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::parse;

    fn fits(text: &str) -> bool {
        let value: Value = serde_yaml::from_str(text).unwrap();
        jsonschema::validator_for(&schema()).unwrap().is_valid(&value)
    }

    #[test]
    fn every_spec_of_the_project_fits() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("clusters");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            assert!(fits(&std::fs::read_to_string(&path).unwrap()), "{}", path.display());
        }
        assert!(fits(crate::spec::DEFAULT_YAML) && fits(crate::spec::SMALLEST_YAML));
    }

    #[test]
    fn what_the_checks_refuse_for_its_shape_the_schema_refuses_too() {
        for text in [
            "brokrs: 3\n",
            "brokers: 0\n",
            "brokers: 101\n",
            "brokers: { cuont: 3 }\n",
            "brokers: { heap: 256 }\n",
            "brokers: { nodes: { zookeeper-1: {} } }\n",
            "zookeeper: { ids: [1] }\n",
            "zookeeper: 8\n",
            "kafka: { version: 2.7 }\n",
            "kafka: 3.9\n",
            "profile: quick\n",
            "port_base: 80\n",
            "topics: { t: { partitions: 0 } }\n",
            "topics: [t]\n",
        ] {
            assert!(parse(text, "a.yaml").is_err(), "{text}");
            assert!(!fits(text), "{text}");
        }
    }

    #[test]
    fn what_the_checks_take_the_schema_takes() {
        for text in [
            "brokers: 3\n",
            "kafka: { version: 3.9 }\ncontrollers: { count: 3, combined: true }\nbrokers: { count: 3 }\n",
            "kafka: { version: '4.2.1' }\nbrokers: { count: 2, nodes: { broker-1: { version: 4, heap: 1g, port: 19092 } } }\n",
            "topics:\n  t:\n  u: { config: { retention.ms: 1, preallocate: true } }\n",
            "zookeeper: { count: 1, env: { TZ: UTC }, jvm_flags: ['-Xss1m'] }\nbrokers: { ids: [0, 2] }\n",
        ] {
            assert!(parse(text, "a.yaml").is_ok(), "{text}");
            assert!(fits(text), "{text}");
        }
    }
}
