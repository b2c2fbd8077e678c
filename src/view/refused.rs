//! Clients whom a broker refused, by the words of its log: `Selector` of those who have not shown who they are, and
//! `kafka.authorizer.logger` of those who may not do what they would.

use std::sync::LazyLock;

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::acl::{Operation, ResourceType};

/// As many different ones are told, those of last first.
const MOST: usize = 5;

/// What was refused to somebody, once or again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedClient {
    /// A user, where the broker knows who it was; else the address of the client.
    pub client: String,
    /// What was refused, and why: in Kafka's words, or as an ACL has it.
    pub what: String,
    /// What may be wrong with the client; `None`: no ACL allows it.
    pub hint: Option<String>,
    /// How often since the broker was started, as far as its log goes back.
    pub times: u64,
    /// When it was last, as the log has it: local time.
    pub last: String,
}

/// `Failed authentication with /127.0.0.1 (channelId=127.0.0.1:19092-127.0.0.1:48084-0-0) (SSL handshake failed)`;
/// versions before 3.3 have no channel.
static UNKNOWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\[([^\],]+)[^\]]*\] .*Failed authentication with \S*/([0-9a-fA-F.:]+) (?:\(channelId=[^)]*\) )?\((.*?)\) \(")
        .ok()
});

/// `Principal = User:bob is Denied operation = READ from host = 127.0.0.1 on resource = Topic:LITERAL:bikes for`.
static DENIED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\[([^\],]+)[^\]]*\] .*Principal = User:(.*?) is Denied operation = (\w+) from host = \S+ on resource = (\w+):LITERAL:(.*?) for request")
        .ok()
});

/// Each with how often, the last one first.
pub(crate) fn refused(log: &str) -> Vec<RefusedClient> {
    let mut found: Vec<RefusedClient> = Vec::new();
    for line in log.lines() {
        let Some(one) = one(line) else { continue };
        let known = found.iter().position(|known| (&known.client, &known.what) == (&one.client, &one.what));
        let times = known.map_or(0, |at| found.remove(at).times);
        found.push(RefusedClient { times: times + 1, ..one });
    }
    found.reverse();
    found.truncate(MOST);
    found
}

fn one(line: &str) -> Option<RefusedClient> {
    if line.contains("Failed authentication with") {
        let found = UNKNOWN.as_ref()?.captures(line)?;
        let what = found[3].to_owned();
        let hint = Some(hint(&what).to_owned());
        return Some(RefusedClient {
            client: found[2].to_owned(),
            what,
            hint,
            times: 1,
            last: found[1].to_owned(),
        });
    }
    if !line.contains("is Denied") {
        return None;
    }
    let found = DENIED.as_ref()?.captures(line)?;
    let operation = Operation::parsed(&found[3]).map_or(found[3].to_lowercase(), |known| known.to_string());
    let plain = |word: &str| word.replace('-', "").to_lowercase();
    let kind = ResourceType::ALL.into_iter().find(|kind| plain(kind.word()) == plain(&found[4]));
    let resource = match kind {
        Some(ResourceType::Cluster) => "cluster".to_owned(),
        Some(kind) => format!("{kind}:{}", &found[5]),
        None => format!("{}:{}", &found[4], &found[5]),
    };
    let what = format!("{operation} {resource}");
    Some(RefusedClient { client: found[2].to_owned(), what, hint: None, times: 1, last: found[1].to_owned() })
}

fn hint(what: &str) -> &'static str {
    match what {
        _ if what.contains("handshake failed") => {
            "it speaks plain text, trusts another CA, or shows no certificate of this cluster's"
        }
        _ if what.contains("credentials") || what.contains("username or password") => {
            "a wrong password, or a user whom the cluster does not know"
        }
        _ => "`cluster env --user NAME` prints what a client needs",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
[2026-12-01 02:44:56,094] INFO Successfully logged in. (org.apache.kafka.common.security.authenticator.AbstractLogin)
[2026-12-01 02:44:59,051] INFO [SocketServer listenerType=BROKER, nodeId=0] Failed authentication with /127.0.0.1 (channelId=127.0.0.1:19092-127.0.0.1:48084-0-0) (SSL handshake failed) (org.apache.kafka.common.network.Selector)
[2026-12-01 02:45:04,269] INFO [SocketServer listenerType=BROKER, nodeId=0] Failed authentication with /127.0.0.1 (channelId=127.0.0.1:19092-127.0.0.1:48124-0-2) (Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512) (org.apache.kafka.common.network.Selector)
[2026-12-01 02:45:08,909] INFO [SocketServer listenerType=BROKER, nodeId=0] Failed authentication with host.example/10.0.0.9 (SSL handshake failed) (org.apache.kafka.common.network.Selector)
[2026-12-01 02:45:19,088] INFO Principal = User:alice is Denied operation = DESCRIBE_CONFIGS from host = 127.0.0.1 on resource = Cluster:LITERAL:kafka-cluster for request = DescribeConfigs with resourceRefCount = 1 based on rule DefaultDeny (kafka.authorizer.logger)
[2026-12-01 02:45:20,059] INFO Principal = User:bob is Denied operation = DESCRIBE from host = 127.0.0.1 on resource = Topic:LITERAL:velib-a for request = Metadata with resourceRefCount = 1 based on rule DefaultDeny (kafka.authorizer.logger)
[2026-12-01 02:45:21,100] INFO [SocketServer listenerType=BROKER, nodeId=0] Failed authentication with /127.0.0.1 (channelId=x) (SSL handshake failed) (org.apache.kafka.common.network.Selector)
";

    #[test]
    fn clients_are_told_by_what_was_refused_how_often_and_the_last_first() {
        let told: Vec<String> = refused(LOG)
            .iter()
            .map(|one| format!("{}: {}, {} at {}", one.client, one.what, one.times, one.last))
            .collect();
        assert_eq!(
            told,
            [
                "127.0.0.1: SSL handshake failed, 2 at 2026-12-01 02:45:21",
                "bob: describe topic:velib-a, 1 at 2026-12-01 02:45:20",
                "alice: describe-configs cluster, 1 at 2026-12-01 02:45:19",
                "10.0.0.9: SSL handshake failed, 1 at 2026-12-01 02:45:08",
                "127.0.0.1: Authentication failed during authentication due to invalid credentials with SASL \
                 mechanism SCRAM-SHA-512, 1 at 2026-12-01 02:45:04",
            ]
        );
        let hints: Vec<bool> = refused(LOG).iter().map(|one| one.hint.is_some()).collect();
        assert_eq!(hints, [true, false, false, true, true]);
    }

    #[test]
    fn other_lines_are_none() {
        assert_eq!(refused("nonsense\n[x] INFO Failed authentication with\n[] is Denied\n"), []);
    }
}
