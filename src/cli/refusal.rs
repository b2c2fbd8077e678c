//! Why an operation on topics was not done, as a command tells it.

use super::suggest;
use crate::admin::AdminError;
use crate::error::{ExitCode, Failure};
use crate::spec::versions;

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        let failure = |code| Failure::new(code, error.to_string());
        match &error {
            AdminError::UnknownTopic { known, .. } if known.is_empty() => {
                failure(ExitCode::Usage).hint("it has none; `cluster topic create NAME` makes one")
            }
            AdminError::UnknownTopic { wanted, known, .. } => {
                let first = wanted.first().map(String::as_str).unwrap_or_default();
                failure(ExitCode::Usage).hint(suggest::hint(first, "topics", known))
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
            AdminError::Kafka { .. } => failure(ExitCode::Failed),
            AdminError::Unreachable { .. } => {
                failure(ExitCode::Failed).hint("`cluster status` shows which nodes are down")
            }
            AdminError::Timeout { .. } => failure(ExitCode::TimedOut)
                .hint("Kafka may still do it; `cluster topic describe` and `cluster status` show how it is"),
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
            Failure::from(AdminError::UnknownTopic { cluster: "demo".to_owned(), wanted, known })
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
