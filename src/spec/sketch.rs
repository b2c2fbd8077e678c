//! A new spec with the reason beside each line, for somebody who goes on from there.

use super::versions::Coordination;

/// What a new spec is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sketch {
    pub name: String,
    /// As it is to be written: `3.9`.
    pub kafka: String,
    /// How many ZooKeeper servers or controllers.
    pub coordinators: u16,
    pub coordination: Coordination,
    /// The first brokers are the controllers.
    pub combined: bool,
    pub brokers: u16,
    pub topics: Vec<Topic>,
}

/// A topic of a new spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    pub name: String,
    pub partitions: u32,
    pub replication_factor: u16,
}

impl Sketch {
    /// The YAML, which may still not hold: whoever writes it checks it.
    pub(crate) fn text(&self) -> String {
        let Sketch { name, kafka, coordinators, brokers, .. } = self;
        let bears = (coordinators.saturating_sub(1)) / 2;
        let (what, role) = match self.coordination {
            Coordination::ZooKeeper => (
                "# The servers that keep what the brokers must agree on. A majority has to live:",
                format!("zookeeper: {coordinators}"),
            ),
            Coordination::Kraft => (
                "# The controllers keep what the brokers must agree on. A majority has to live:",
                match self.combined {
                    true => format!(
                        "controllers: {{ count: {coordinators}, combined: true }} # the first brokers are they"
                    ),
                    false => format!("controllers: {coordinators}"),
                },
            ),
        };
        let may_fail = match bears {
            0 => "none of them may be down.".to_owned(),
            1 => "one of them may be down.".to_owned(),
            more => format!("{more} of them may be down."),
        };
        let mut text = format!(
            "# `cluster up` brings it up, `cluster plan` shows every setting and where it comes from.\n\
             name: {name}\n\n\
             # A full version, or the newest that begins so.\n\
             kafka: {{ version: {kafka} }}\n\n\
             {what}\n\
             # {may_fail}\n\
             {role}\n\n\
             # They store messages and speak with clients: broker-0 and so on. More that can be said of them:\n\
             #   heap: 512m\n\
             #   config: {{ log.retention.hours: 24 }}\n\
             #   nodes: {{ broker-0: {{ port: 19092 }} }}\n\
             brokers:\n  count: {brokers}\n"
        );
        match self.topics.as_slice() {
            [] => text.push_str(
                "\n# Topics that exist when `up` returns:\n\
                 # topics:\n#   bikes: { partitions: 6, replication_factor: 2 }\n",
            ),
            topics => {
                text.push_str("\n# They exist when `up` returns.\ntopics:\n");
                for Topic { name, partitions, replication_factor } in topics {
                    text.push_str(&format!(
                        "  {name}: {{ partitions: {partitions}, replication_factor: {replication_factor} }}\n"
                    ));
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::parse;

    fn sketch(coordination: Coordination, combined: bool, kafka: &str) -> Sketch {
        let topic = Topic { name: "bikes".into(), partitions: 6, replication_factor: 2 };
        Sketch {
            name: "velib".into(),
            kafka: kafka.into(),
            coordinators: 3,
            coordination,
            combined,
            brokers: 4,
            topics: vec![topic],
        }
    }

    #[test]
    fn a_sketch_reads_back_as_what_was_asked_for() {
        for (coordination, combined, kafka) in [
            (Coordination::ZooKeeper, false, "3.9"),
            (Coordination::Kraft, false, "3.9"),
            (Coordination::Kraft, true, "4"),
        ] {
            let wanted = sketch(coordination, combined, kafka);
            let spec = parse(&wanted.text(), "any.yaml").unwrap_or_else(|errors| panic!("{errors}"));
            assert_eq!((spec.name.as_str(), spec.brokers.count), ("velib", 4));
            assert_eq!((spec.coordination(), spec.combined), (coordination, combined));
            assert_eq!(spec.zookeeper.count + spec.controllers.count, 3);
            assert_eq!(spec.topics["bikes"].partitions, 6);
        }
        let none = Sketch { topics: Vec::new(), ..sketch(Coordination::ZooKeeper, false, "3.9") };
        assert!(parse(&none.text(), "any.yaml").unwrap().topics.is_empty());
    }
}
