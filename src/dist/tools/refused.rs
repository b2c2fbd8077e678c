//! Scripts of Kafka's bin that have no place beside a cluster, and what does their work here.

use super::is_meant;

/// A script that is not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Of the script, without `.sh`.
    pub name: &'static str,
    /// Why not, as the rest of a sentence that begins with the name.
    pub why: &'static str,
    /// What to do instead.
    pub instead: &'static str,
}

const START: (&str, &str) = (
    "starts a node, which the cluster's supervisor does",
    "`cluster up` starts a cluster, `cluster start NODE` one of its nodes",
);
const STOP: (&str, &str) = (
    "would stop the Kafka of every cluster of this machine",
    "`cluster stop NODE` stops a node, `cluster down` the cluster",
);
const TEST: (&str, &str) = (
    "starts a quorum without brokers, for tests of Kafka itself",
    "`cluster up` starts a cluster; `cluster exec metadata-quorum describe --status` tells of its quorum",
);

/// Of any version: which of them a version has makes no difference to who is asked to do without.
pub(super) const REFUSED: &[Refused] = &[
    Refused {
        name: "kafka-run-class",
        why: "runs whatever class it is given; `exec` knows each tool by its name",
        instead: "name the tool, as in `cluster exec kafka-topics --list`; for another class: \
                  `java -cp` with `kafka.classpath` of the cluster's plan.json",
    },
    refused("kafka-server-start", START),
    refused("kafka-server-stop", STOP),
    refused("test-kraft-server-start", TEST),
    refused("test-raft-server-start", TEST),
    Refused {
        name: "trogdor",
        why: "tests clusters by agents of its own, whose parts are in no jar of a broker",
        instead: "`cluster bench` measures, and `cluster kill` and the like make faults; trogdor itself is run with \
                  its script in an unpacked distribution",
    },
    refused("zookeeper-server-start", START),
    refused("zookeeper-server-stop", STOP),
];

const fn refused(name: &'static str, (why, instead): (&'static str, &'static str)) -> Refused {
    Refused { name, why, instead }
}

/// The script that `word` names, with or without `kafka-` in front and `.sh` behind, if it is refused.
pub(crate) fn find_refused(word: &str) -> Option<&'static Refused> {
    REFUSED.iter().find(|script| is_meant(script.name, word))
}
