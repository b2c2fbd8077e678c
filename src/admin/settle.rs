//! Waiting until every live broker tells clients what was done.

use futures_util::future::join_all;

use super::error::Setback;
use super::{ASK, Admin};
use crate::wire::KafkaError;
use crate::wire::metadata;
use crate::wire::metadata::{Metadata, Topics};

impl Admin {
    /// Asks every broker once; an error while one that lives does not tell what `is_so` wants yet.
    ///
    /// A broker whose port is closed is dead. One that does not answer counts as alive as long as
    /// another lists it.
    pub(super) async fn everywhere(
        &self,
        topics: Topics<'_>,
        is_so: impl Fn(&Metadata) -> Result<(), String>,
    ) -> Result<Vec<Metadata>, Setback> {
        let brokers = &self.pool.endpoints().brokers;
        let asked = brokers
            .iter()
            .map(async |(id, address)| (*id, metadata::ask(&self.pool, *address, topics, ASK).await));
        let mut answers = Vec::new();
        let mut silent = Vec::new();
        for (id, answer) in join_all(asked).await {
            match answer {
                Ok(metadata) => {
                    is_so(&metadata).map_err(|reason| Setback::Passing(format!("broker-{id}: {reason}")))?;
                    answers.push(metadata);
                }
                Err(KafkaError::Refused) => {}
                Err(error) => silent.push((id, error)),
            }
        }
        if answers.is_empty() {
            return Err(Setback::Passing("no broker answers".to_owned()));
        }
        let is_listed = |id: i32| answers.iter().any(|metadata| metadata.live_brokers.contains(&id));
        match silent.into_iter().find(|(id, _)| is_listed(*id)) {
            Some((id, error)) => Err(Setback::Passing(format!("broker-{id}: {error}"))),
            None => Ok(answers),
        }
    }
}
