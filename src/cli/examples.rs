//! Command lines to copy, for the long help and the man pages.

/// Of which command, the line, and what it does.
type Example = (&'static str, &'static str, &'static str);

const EXAMPLES: &[Example] = &[
    (
        "up",
        "cluster up",
        "The cluster of ./cluster.yaml; without that file 3 ZooKeeper servers and 3 brokers.",
    ),
    ("up", "cluster up velib.yaml --timeout 2m", "Another spec, and no longer than two minutes."),
    ("status", "cluster status --watch", "Nodes, topics and the verdict, drawn anew as they change."),
    ("status", "cluster status --wait healthy --timeout 30s", "For scripts: until every replica is in sync."),
    (
        "status",
        "cluster status --topic velib-stations --json",
        "Leaders and ISR of one topic, for a program.",
    ),
    ("down", "cluster down", "Everything stops in order; the next `up` goes on with the data."),
    ("down", "cluster down velib --delete --yes", "Another cluster, with its data, without a question."),
    ("list", "cluster list --json", "Every cluster of this user, for a program."),
    ("ui", "cluster ui --read-only", "The page for somebody who may look and not touch."),
    ("env", "eval \"$(cluster env)\"", "This shell's programs find the brokers in KAFKA_BOOTSTRAP_SERVERS."),
    ("run", "cluster run -- cargo test", "A cluster of its own for a test, gone when it ends."),
    (
        "user add",
        "cluster user add carol",
        "One more who is let in; `cluster env --user carol` tells them how.",
    ),
    (
        "user password",
        "cluster user password carol --password-stdin",
        "The password that is typed, or comes from a file.",
    ),
    (
        "acl add",
        "cluster acl add carol read,write topic:velib-*",
        "Every topic whose name begins with velib-.",
    ),
    ("acl add", "cluster acl add '*' delete topic:* --deny", "Nobody deletes topics, but `cluster` itself."),
    ("acl check", "cluster acl check carol write velib-stations", "Whether she may, and by which ACL."),
    ("certs", "cluster certs", "Who has a certificate, and until when."),
    (
        "certs rotate",
        "cluster certs rotate --lifetime 90d",
        "New ones for everybody, nodes one after the other.",
    ),
    (
        "certs expire",
        "cluster certs expire broker-1",
        "See what an expired certificate does, once it starts again.",
    ),
    ("kill", "cluster kill broker-0", "SIGKILL: nothing is told to anybody."),
    (
        "kill",
        "cluster kill leader:velib-stations/3 --after 10s --restart-after 30s",
        "Whoever leads this partition in ten seconds, for half a minute.",
    ),
    ("start", "cluster start --all", "Whatever was killed or stopped."),
    ("stop", "cluster stop broker-0", "An orderly stop: it hands over what it leads first."),
    (
        "restart",
        "cluster restart --all --rolling",
        "One after the other, each when the one before is in sync.",
    ),
    ("pause", "cluster pause controller", "The controller is there and does not answer."),
    ("resume", "cluster resume --all", "All go on."),
    ("logs", "cluster logs -f --level warn", "What any node warns of, as it comes."),
    ("logs", "cluster logs broker-0 --since 10m --grep 'Leader'", "Of one node, the entries with that word."),
    ("events", "cluster events -f", "What is asked, what processes do and what Kafka does about it."),
    ("events", "cluster events broker-0 -n 10", "The last ten that are about one node."),
    ("why", "cluster why", "What is wrong with the cluster, and what helps."),
    ("why", "cluster why velib-stations/3", "Why one partition is as it is."),
    ("topic create", "cluster topic create bikes --partitions 6 --replication-factor 3", "A topic."),
    ("topic alter", "cluster topic alter bikes --config retention.ms=60000", "One setting of a topic."),
    ("topic describe", "cluster topic describe bikes", "Leaders, replicas and ISR of each partition."),
    ("produce", "seq 10 | cluster produce bikes", "A message for each line."),
    ("produce", "cluster produce bikes --key-separator :", "Lines of key:value, typed until Ctrl-D."),
    ("consume", "cluster consume bikes --from-beginning --until-end", "All that is there, and no more."),
    (
        "consume",
        "cluster consume bikes --group readers",
        "As a member of a group, which remembers how far it was.",
    ),
    (
        "group reset",
        "cluster group reset readers --topic bikes --to earliest --dry-run",
        "What would change.",
    ),
    (
        "config",
        "cluster config broker-0",
        "Settings in force that are not Kafka's defaults, and their origins.",
    ),
    (
        "describe quorum",
        "cluster describe quorum",
        "Who leads the metadata quorum, and how far the others are.",
    ),
    ("explain", "cluster explain bikes", "Which brokers may fail, and what it would do to this topic."),
    (
        "bench produce",
        "cluster bench produce --rate 1000 --duration 10s",
        "Latencies at a thousand a second.",
    ),
    ("scale", "cluster scale brokers 4", "Brokers join until there are four."),
    ("decommission", "cluster decommission broker-3", "Its replicas move away, then it leaves."),
    ("rebalance", "cluster rebalance --dry-run", "Which replicas would move where."),
    ("elect", "cluster elect preferred", "Leaders are where the assignment wants them."),
    ("init", "cluster init --example velib", "./cluster.yaml of the article about Velib stations."),
    ("init", "cluster init --kafka 4.3 --brokers 5 --yes", "A new spec, without questions."),
    ("validate", "cluster validate velib.yaml", "Every mistake, each with its line."),
    ("plan", "cluster plan", "Ports, folders and every setting with its origin."),
    ("render", "cluster render velib.yaml -o out", "The config files, to read or to take elsewhere."),
    ("schema", "cluster schema > cluster.schema.json", "For an editor."),
    ("exec", "cluster exec kafka-topics --describe", "A tool of Kafka's own, connected."),
    ("doctor", "cluster doctor --fix", "What stands in the way, mended where that is safe."),
    ("cache warm", "cluster cache warm velib.yaml", "Fetch what a spec needs, while there is a network."),
    ("completions", "cluster completions fish | source", "For this shell, in fish."),
    ("man", "cluster man ~/.local/share/man/man1", "Then `man cluster-kill`."),
];

/// The lines of a command and what each does. `path`: its words behind `cluster`, such as `topic create`.
pub(super) fn of(path: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    EXAMPLES.iter().filter(move |(command, _, _)| *command == path).map(|(_, line, what)| (*line, *what))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_example_parses_and_is_of_its_command() {
        for (path, line, _) in EXAMPLES {
            let ours = line.find("cluster ").map(|at| &line[at..]).unwrap();
            let ours = ours.split([')', '|', '>']).next().unwrap().trim();
            assert!(ours.starts_with(&format!("cluster {path}")), "{path}: {line}");
            if let Err(error) = Cli::try_parse_from(ours.split(' ')) {
                panic!("{line}: {error}");
            }
            let words = path.split(' ');
            let cluster = Cli::command();
            let found = words.clone().try_fold(&cluster, |command, word| command.find_subcommand(word));
            assert!(found.is_some(), "{path}");
        }
    }
}
