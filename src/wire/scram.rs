//! AlterUserScramCredentials and DescribeUserScramCredentials (KIP-554): what brokers know of passwords, while they run.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, TryGetError};
use kafka_protocol::messages::alter_user_scram_credentials_request::{
    ScramCredentialDeletion, ScramCredentialUpsertion,
};
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

/// Gives each user this credential, whether they had one or not, and takes it from those of `gone`, who have one. An
/// answer for each that was refused.
pub(crate) async fn alter(
    pool: &Pool,
    broker: SocketAddr,
    credentials: &[Upsertion],
    gone: &[String],
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
    let deletions = gone
        .iter()
        .map(|user| ScramCredentialDeletion::default().with_name(text(user)).with_mechanism(SHA_512));
    let request = AlterUserScramCredentialsRequest::default()
        .with_upsertions(upsertions.collect())
        .with_deletions(deletions.collect());
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

/// Everybody who has a credential of SCRAM-SHA-512, with its iterations.
pub(crate) async fn users(
    pool: &Pool,
    broker: SocketAddr,
    deadline: Duration,
) -> Result<BTreeMap<String, i32>, KafkaError> {
    // Null: all of them. And no tagged fields.
    let body = [0, 0];
    let answer = pool.call_flexible(broker, ApiKey::DescribeUserScramCredentials, &body, deadline).await?;
    read_users(answer).map_err(garbage)?
}

pub(super) fn read_users(
    mut answer: Answer,
) -> Result<Result<BTreeMap<String, i32>, KafkaError>, TryGetError> {
    answer.try_get_i32()?; // How long we were throttled, in ms.
    let (code, message) = (answer.try_get_i16()?, string(&mut answer)?);
    if let Err(error) = KafkaError::check(code, message.as_deref()) {
        return Ok(Err(error));
    }
    let users = array(&mut answer, |answer| {
        let user = string(answer)?.unwrap_or_default();
        answer.try_get_i16()?; // Error code.
        string(answer)?;
        let mechanisms = array(answer, |answer| {
            let (mechanism, iterations) = (answer.try_get_i8()?, answer.try_get_i32()?);
            skip_tags(answer)?;
            Ok((mechanism, iterations))
        })?;
        skip_tags(answer)?;
        Ok((user, mechanisms.into_iter().find(|(mechanism, _)| *mechanism == SHA_512)))
    })?;
    Ok(Ok(users.into_iter().filter_map(|(user, own)| Some((user, own?.1))).collect()))
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use kafka_protocol::messages::alter_user_scram_credentials_response::AlterUserScramCredentialsResult;
    use kafka_protocol::messages::describe_user_scram_credentials_response::{
        CredentialInfo, DescribeUserScramCredentialsResult,
    };
    use kafka_protocol::messages::{AlterUserScramCredentialsResponse, DescribeUserScramCredentialsResponse};
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
        let refused =
            alter(&broker.pool(), broker.address, &[one], &[], Duration::from_secs(20)).await.unwrap();
        let told: Vec<_> = refused.iter().map(|(user, error)| format!("{user}: {error}")).collect();
        assert_eq!(told, ["bob: UnacceptableCredential: because"]);
    }

    #[test]
    fn users_are_those_with_a_credential_of_this_mechanism() {
        let of = |user: &str, mechanism| {
            DescribeUserScramCredentialsResult::default().with_user(text(user)).with_credential_infos(vec![
                CredentialInfo::default().with_mechanism(mechanism).with_iterations(4096),
            ])
        };
        let mut bytes = BytesMut::new();
        DescribeUserScramCredentialsResponse::default()
            .with_results(vec![of("bob", 2), of("old", 1), of("alice", 2)])
            .encode(&mut bytes, 0)
            .unwrap();
        let users = read_users(Answer(bytes.freeze())).unwrap().unwrap();
        assert_eq!(users, [("alice".to_owned(), 4096), ("bob".to_owned(), 4096)].into());
    }
}
