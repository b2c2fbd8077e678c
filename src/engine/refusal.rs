//! Why an operation on topics or groups was not done, as a command tells it.

use crate::admin::AdminError;
use crate::bench::BenchError;
use crate::client::consumer::ConsumeError;
use crate::client::producer::ProduceError;
use crate::client::topic::TopicError;
use crate::engine::suggest;
use crate::error::{ExitCode, Failure};
use crate::model::topic_partition::TopicPartition;
use crate::spec::versions;

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        let failure = |code| Failure::new(code, error.to_string());
        match &error {
            AdminError::UnknownTopic { user: Some(user), .. } => failure(ExitCode::Usage).hint(theirs(user)),
            AdminError::UnknownTopic { known, .. } if known.is_empty() => {
                failure(ExitCode::Usage).hint("it has none; `cluster topic create NAME` makes one")
            }
            AdminError::UnknownTopic { wanted, known, .. } => {
                let first = wanted.first().map(String::as_str).unwrap_or_default();
                failure(ExitCode::Usage).hint(suggest::hint(first, suggest::TOPICS, known))
            }
            AdminError::UnknownGroup { known, told_all: false, .. } if known.is_empty() => {
                failure(ExitCode::Usage).hint("`cluster group list` says which brokers do not tell of theirs")
            }
            AdminError::UnknownGroup { known, .. } if known.is_empty() => {
                failure(ExitCode::Usage).hint("it has none; a group is there once a consumer has joined it")
            }
            AdminError::UnknownGroup { wanted, known, .. } => {
                let first = wanted.first().map(String::as_str).unwrap_or_default();
                failure(ExitCode::Usage).hint(suggest::hint(first, suggest::GROUPS, known))
            }
            AdminError::HasMembers { group, .. } => failure(ExitCode::Busy).hint(format!(
                "end these clients first; one that was killed leaves when its session times out, which \
                 `cluster group describe {group}` shows"
            )),
            AdminError::UnknownName { wanted, known, .. } => {
                failure(ExitCode::Usage).hint(suggest::hint(wanted, suggest::NODES_AND_TOPICS, known))
            }
            AdminError::Exists(topic) => failure(ExitCode::Usage).hint(format!(
                "`--if-not-exists` takes it as it is; `cluster topic alter {topic}` changes it"
            )),
            AdminError::Invalid { remedy, .. } => failure(ExitCode::Usage).hint(remedy),
            AdminError::Busy { remedy, .. } => failure(ExitCode::Busy).hint(remedy),
            AdminError::BadPlan { remedy, .. } => failure(ExitCode::BadInput).hint(remedy),
            AdminError::Local { remedy, .. } => failure(ExitCode::Failed).hint(remedy),
            AdminError::Cancelled => failure(ExitCode::Failed),
            AdminError::Unsupported { .. } => failure(ExitCode::Environment)
                .hint(format!("take `kafka: {{ version: {} }}` in the spec", versions::DEFAULT)),
            AdminError::Denied { .. } => {
                failure(ExitCode::Denied).hint("`cluster acl list USER` shows what they may do")
            }
            AdminError::Kafka { .. } => failure(ExitCode::Failed),
            AdminError::Unreachable { .. } => {
                failure(ExitCode::Failed).hint("`cluster status` shows which nodes are down")
            }
            AdminError::Timeout { .. } => failure(ExitCode::TimedOut)
                .hint("Kafka may still do it; `cluster topic describe` and `cluster status` show how it is"),
        }
    }
}

fn theirs(user: &str) -> String {
    format!("`cluster acl list {user}` shows what they may do")
}

impl From<TopicError> for Failure {
    fn from(error: TopicError) -> Self {
        let failure = |code| Failure::new(code, error.to_string());
        match &error {
            TopicError::UnknownTopic { user: Some(user), .. } => failure(ExitCode::Usage).hint(theirs(user)),
            TopicError::UnknownTopic { topic, known, .. } => {
                let create = format!("`cluster topic create {topic}` makes it");
                failure(ExitCode::Usage).hint(match known.is_empty() {
                    true => create,
                    false => format!("{}; {create}", suggest::hint(topic, suggest::TOPICS, known)),
                })
            }
            TopicError::UnknownPartition { .. } => failure(ExitCode::Usage),
            TopicError::Unreachable { .. } => {
                failure(ExitCode::Failed).hint("`cluster status` shows which nodes are down")
            }
        }
    }
}

impl From<ProduceError> for Failure {
    fn from(error: ProduceError) -> Self {
        match error {
            ProduceError::Topic(error) => error.into(),
            ProduceError::Lacks { .. } => Failure::new(ExitCode::Environment, error.to_string())
                .hint(format!("take `kafka: {{ version: {} }}` in the spec", versions::DEFAULT)),
        }
    }
}

impl From<ConsumeError> for Failure {
    fn from(error: ConsumeError) -> Self {
        let failure = |code| Failure::new(code, error.to_string());
        match error {
            ConsumeError::Topic(error) => error.into(),
            ConsumeError::OutOfRange { partition: TopicPartition { partition, .. }, .. } => {
                failure(ExitCode::Usage).hint(format!(
                    "`--partition {partition}` takes one partition; `--from-beginning`, `--offset -N` and `--at TIME` suit all"
                ))
            }
            ConsumeError::Unreadable { partition: TopicPartition { partition, .. }, offset, .. } => {
                failure(ExitCode::Failed).hint(format!(
                    "`--partition {partition} --offset N`, with N above {offset}, passes over it"
                ))
            }
            ConsumeError::Gone { .. } | ConsumeError::Refused { .. } => failure(ExitCode::Failed),
        }
    }
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        let text = error.to_string();
        match error {
            BenchError::Admin(error) => error.into(),
            BenchError::Topic(error) => error.into(),
            BenchError::Produce(error) => error.into(),
            BenchError::Consume(error) => error.into(),
            BenchError::Invalid { remedy, .. } => Failure::new(ExitCode::Usage, text).hint(remedy),
            BenchError::NoTool { .. } => {
                Failure::new(ExitCode::Environment, text).hint("leave out `--compare`")
            }
            BenchError::Tool(error) => {
                let failure = Failure::from(error);
                let otherwise = "leave out `--compare`".to_owned();
                let hint =
                    failure.hint.as_ref().map_or(otherwise.clone(), |hint| format!("{otherwise}, or {hint}"));
                failure.hint(hint)
            }
            BenchError::NotPrepared { .. } => {
                Failure::new(ExitCode::Undelivered, text).hint("`cluster status` shows which nodes are down")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_topic_is_told_with_the_nearest_and_all_real_ones() {
        let unknown = |known: &[&str]| {
            let known = known.iter().map(|topic| (*topic).to_owned()).collect();
            let wanted = vec!["velib".to_owned(), "x".to_owned()];
            Failure::from(AdminError::UnknownTopic { cluster: "demo".to_owned(), wanted, user: None, known })
        };
        let failure = unknown(&["docks", "velibs"]);
        assert_eq!(
            (failure.code, failure.message.as_str()),
            (ExitCode::Usage, "demo has no topic `velib`, `x`")
        );
        assert_eq!(failure.hint.unwrap(), "did you mean `velibs`? topics: docks, velibs");
        assert!(unknown(&[]).hint.unwrap().starts_with("it has none"));
    }

    #[test]
    fn a_group_that_is_in_use_or_not_there_is_told_with_the_way_out() {
        let unknown = |known: &[&str], told_all| {
            let known = known.iter().map(|group| (*group).to_owned()).collect();
            let wanted = vec!["rider".to_owned()];
            Failure::from(AdminError::UnknownGroup { cluster: "demo".to_owned(), wanted, known, told_all })
        };
        assert_eq!(unknown(&["riders"], true).hint.unwrap(), "did you mean `riders`? groups: riders");
        assert!(unknown(&[], true).hint.unwrap().starts_with("it has none"));
        assert!(unknown(&[], false).hint.unwrap().contains("group list"), "there may be some");
        let members = vec!["one (127.0.0.1)".to_owned()];
        let failure = Failure::from(AdminError::HasMembers { group: "riders".to_owned(), members });
        assert_eq!(
            (failure.code, failure.message.as_str()),
            (ExitCode::Busy, "group `riders` has members: one (127.0.0.1)")
        );
    }

    #[test]
    fn a_request_that_an_old_broker_lacks_is_named_with_the_version_that_has_it() {
        let failure = Failure::from(AdminError::Unsupported {
            version: "0.10.2.2".to_owned(),
            what: "alter topics",
            api: "CreatePartitions",
            since: "1.0",
        });
        assert_eq!(failure.code, ExitCode::Environment);
        assert_eq!(
            failure.message,
            "Kafka 0.10.2.2 cannot alter topics: its brokers have no CreatePartitions, which came with Kafka 1.0"
        );
    }
}
