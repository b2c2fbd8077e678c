//! What brokers have on their disks.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;

use super::{ASK, Admin};
use crate::wire::log_dirs::{self, Folder};

/// The log folders of brokers, as they tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Disks {
    /// By broker; of those that told.
    pub brokers: BTreeMap<i32, Vec<Folder>>,
    /// What could not be learnt and why, a line each.
    pub unknown: Vec<String>,
}

impl Admin {
    /// Asks every broker at once, for [`ASK`].
    pub(crate) async fn disks(&self) -> Disks {
        let asked = self
            .pool
            .endpoints()
            .brokers
            .iter()
            .map(async |(id, address)| (*id, log_dirs::folders(&self.pool, *address, ASK).await));
        let mut disks = Disks::default();
        for (id, answer) in join_all(asked).await {
            match answer {
                Ok(folders) => drop(disks.brokers.insert(id, folders)),
                Err(error) => disks.unknown.push(format!("log folders of broker-{id}: {error}")),
            }
        }
        disks
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::error::ResponseError;
    use kafka_protocol::messages::ApiKey;
    use kafka_protocol::messages::DescribeLogDirsResponse;
    use kafka_protocol::messages::describe_log_dirs_response::{
        DescribeLogDirsPartition, DescribeLogDirsResult, DescribeLogDirsTopic,
    };

    use super::super::testing::admin;
    use super::*;
    use crate::wire::answers::{text, topic_name};
    use crate::wire::fake::{Damage, FakeBroker, Reply, body};

    async fn told(key: ApiKey) -> Disks {
        let handler = move |_, asked, version| {
            if asked != key {
                return Reply::Close;
            }
            let partition = |size| DescribeLogDirsPartition::default().with_partition_size(size);
            let topic = DescribeLogDirsTopic::default()
                .with_name(topic_name("bikes"))
                .with_partitions(vec![partition(30), partition(12)]);
            let folder = |path| DescribeLogDirsResult::default().with_log_dir(text(path));
            let broken = folder("/b").with_error_code(ResponseError::KafkaStorageError.code());
            let folders = vec![folder("/a").with_topics(vec![topic]), broken];
            Reply::Body(body(&DescribeLogDirsResponse::default().with_results(folders), version))
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        admin(&broker).disks().await
    }

    #[tokio::test]
    async fn every_folder_is_told_and_one_that_cannot_be_read_says_so() {
        let disks = told(ApiKey::DescribeLogDirs).await;
        let folders = &disks.brokers[&0];
        assert_eq!((folders[0].path.as_str(), folders[0].size_bytes, folders[0].replicas), ("/a", 42, 2));
        assert_eq!(folders[0].error, None);
        assert_eq!(folders[1].error.as_deref(), Some("KafkaStorageError"));
        assert_eq!(disks.unknown, Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_broker_that_does_not_answer_is_told_with_the_reason() {
        let disks = told(ApiKey::Fetch).await;
        assert!(disks.brokers.is_empty());
        assert!(disks.unknown[0].starts_with("log folders of broker-0: "), "{:?}", disks.unknown);
    }
}
