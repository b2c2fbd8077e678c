//! AlterUserScramCredentials (KIP-554): what brokers know of passwords, while they run.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, TryGetError};
use kafka_protocol::messages::alter_user_scram_credentials_request::ScramCredentialUpsertion;
use kafka_protocol::messages::{AlterUserScramCredentialsRequest, ApiKey};

use super::answers::text;
use super::compact::{array, encoded, garbage, skip_tags, string};
use super::error::KafkaError;
use super::frame::Answer;
use super::pool::Pool;

/// `ScramMechanism.SCRAM_SHA_512`.
const SHA_512: i8 = 2;

/// The credential that somebody is to have from now on.
#[derive(Clone)]
pub(crate) struct Upsertion {
    pub user: String,
    pub salt: Vec<u8>,
    pub salted_password: Vec<u8>,
    pub iterations: i32,
}

/// Gives each user this credential, whether they had one or not. An answer for each that was refused.
pub(crate) async fn upsert(
    pool: &Pool,
    broker: SocketAddr,
    credentials: &[Upsertion],
    deadline: Duration,
) -> Result<Vec<(String, KafkaError)>, KafkaError> {
    let upsertions = credentials.iter().map(|credential| {
        ScramCredentialUpsertion::default()
            .with_name(text(&credential.user))
            .with_mechanism(SHA_512)
            .with_iterations(credential.iterations)
            .with_salt(credential.salt.clone().into())
            .with_salted_password(credential.salted_password.clone().into())
    });
    let request = AlterUserScramCredentialsRequest::default().with_upsertions(upsertions.collect());
    let body = encoded(&request, 0)?;
    let answer = pool.call_flexible(broker, ApiKey::AlterUserScramCredentials, &body, deadline).await?;
    read(answer).map_err(garbage)
}

pub(super) fn read(mut answer: Answer) -> Result<Vec<(String, KafkaError)>, TryGetError> {
    answer.try_get_i32()?; // How long we were throttled, in ms.
    let results = array(&mut answer, |answer| {
        let user = string(answer)?.unwrap_or_default();
        let code = answer.try_get_i16()?;
        let message = string(answer)?;
        skip_tags(answer)?;
        Ok((user, KafkaError::check(code, message.as_deref())))
    })?;
    Ok(results.into_iter().filter_map(|(user, result)| Some((user, result.err()?))).collect())
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use kafka_protocol::messages::AlterUserScramCredentialsResponse;
    use kafka_protocol::messages::alter_user_scram_credentials_response::AlterUserScramCredentialsResult;
    use kafka_protocol::protocol::Encodable;

    use super::*;
    use crate::wire::fake::{Damage, FakeBroker, Reply};

    #[tokio::test]
    async fn those_that_are_refused_come_back_with_the_reason() {
        let result = |user: &str, code| {
            AlterUserScramCredentialsResult::default()
                .with_user(text(user))
                .with_error_code(code)
                .with_error_message((code != 0).then(|| text("because")))
        };
        let answer = AlterUserScramCredentialsResponse::default()
            .with_results(vec![result("alice", 0), result("bob", 93)]);
        let mut bytes = BytesMut::from(&[0][..]);
        answer.encode(&mut bytes, 0).unwrap();
        let bytes = bytes.freeze();
        let handler = move |_, key, _| match key {
            ApiKey::AlterUserScramCredentials => Reply::Body(bytes.clone()),
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let one =
            Upsertion { user: "alice".into(), salt: vec![1], salted_password: vec![2], iterations: 4096 };
        let refused = upsert(&broker.pool(), broker.address, &[one], Duration::from_secs(20)).await.unwrap();
        let told: Vec<_> = refused.iter().map(|(user, error)| format!("{user}: {error}")).collect();
        assert_eq!(told, ["bob: UnacceptableCredential: because"]);
    }
}
