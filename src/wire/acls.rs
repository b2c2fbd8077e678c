//! DescribeAcls, CreateAcls and DeleteAcls (KIP-140; patterns, KIP-290).

use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::create_acls_request::AclCreation;
use kafka_protocol::messages::delete_acls_request::DeleteAclsFilter;
use kafka_protocol::messages::{CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest};

use super::answers::text;
use super::error::KafkaError;
use super::pool::Pool;
use crate::model::acl::{Acl, Operation, Pattern, Permission, Resource, ResourceType};

/// `ResourceType.ANY`, and that of pattern, operation and permission.
const ANY: i8 = 1;

/// Every ACL that a broker knows. What a later Kafka has come to know, and we do not, is left out.
pub(crate) async fn describe(
    pool: &Pool,
    broker: SocketAddr,
    deadline: Duration,
) -> Result<Vec<Acl>, KafkaError> {
    let request = DescribeAclsRequest::default()
        .with_resource_type_filter(ANY)
        .with_resource_name_filter(None)
        .with_pattern_type_filter(ANY)
        .with_principal_filter(None)
        .with_host_filter(None)
        .with_operation(ANY)
        .with_permission_type(ANY);
    let answer = pool.call(broker, &request, deadline).await?;
    KafkaError::check(answer.error_code, answer.error_message.as_deref())?;
    let mut acls = Vec::new();
    for resource in answer.resources {
        let (kind, pattern) =
            (ResourceType::of_code(resource.resource_type), Pattern::of_code(resource.pattern_type));
        let Some((kind, pattern)) = kind.zip(pattern) else { continue };
        let name = resource.resource_name.to_string();
        acls.extend(resource.acls.into_iter().filter_map(|acl| {
            Some(Acl {
                principal: acl.principal.to_string(),
                permission: Permission::of_code(acl.permission_type)?,
                operation: Operation::of_code(acl.operation)?,
                resource: Resource { kind, pattern, name: name.clone() },
                host: acl.host.to_string(),
            })
        }));
    }
    acls.sort();
    Ok(acls)
}

/// Adds these; one that is there already stays.
///
/// # Errors
///
/// The first that was refused: others may have been added.
pub(crate) async fn create(
    pool: &Pool,
    broker: SocketAddr,
    acls: &[Acl],
    deadline: Duration,
) -> Result<(), KafkaError> {
    let creation = |acl: &Acl| {
        AclCreation::default()
            .with_resource_type(acl.resource.kind.code())
            .with_resource_name(text(&acl.resource.name))
            .with_resource_pattern_type(acl.resource.pattern.code())
            .with_principal(text(&acl.principal))
            .with_host(text(&acl.host))
            .with_operation(acl.operation.code())
            .with_permission_type(acl.permission.code())
    };
    let request = CreateAclsRequest::default().with_creations(acls.iter().map(creation).collect());
    let answer = pool.call(broker, &request, deadline).await?;
    answer
        .results
        .iter()
        .try_for_each(|result| KafkaError::check(result.error_code, result.error_message.as_deref()))
}

/// Removes these; one that is not there is no mistake.
///
/// # Errors
///
/// The first that was refused: others may have been removed.
pub(crate) async fn delete(
    pool: &Pool,
    broker: SocketAddr,
    acls: &[Acl],
    deadline: Duration,
) -> Result<(), KafkaError> {
    let filter = |acl: &Acl| {
        DeleteAclsFilter::default()
            .with_resource_type_filter(acl.resource.kind.code())
            .with_resource_name_filter(Some(text(&acl.resource.name)))
            .with_pattern_type_filter(acl.resource.pattern.code())
            .with_principal_filter(Some(text(&acl.principal)))
            .with_host_filter(Some(text(&acl.host)))
            .with_operation(acl.operation.code())
            .with_permission_type(acl.permission.code())
    };
    let request = DeleteAclsRequest::default().with_filters(acls.iter().map(filter).collect());
    let answer = pool.call(broker, &request, deadline).await?;
    answer.filter_results.iter().try_for_each(|result| {
        KafkaError::check(result.error_code, result.error_message.as_deref())?;
        let each = result.matching_acls.iter();
        each.clone().try_for_each(|acl| KafkaError::check(acl.error_code, acl.error_message.as_deref()))
    })
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::create_acls_response::AclCreationResult;
    use kafka_protocol::messages::describe_acls_response::{AclDescription, DescribeAclsResource};
    use kafka_protocol::messages::{ApiKey, CreateAclsResponse, DescribeAclsResponse};

    use super::*;
    use crate::wire::fake::{Damage, FakeBroker, Reply, body};

    const DEADLINE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn what_a_later_kafka_knows_is_left_out_and_the_rest_read() {
        let one = |principal: &str, operation| {
            AclDescription::default()
                .with_principal(text(principal))
                .with_host(text("*"))
                .with_operation(operation)
                .with_permission_type(3)
        };
        let of = |kind, name: &str, acls| {
            DescribeAclsResource::default()
                .with_resource_type(kind)
                .with_resource_name(text(name))
                .with_pattern_type(4)
                .with_acls(acls)
        };
        let resources = vec![
            of(2, "velib-", vec![one("User:bob", 4), one("User:alice", 3), one("User:alice", 99)]),
            of(98, "x", vec![one("User:alice", 3)]),
        ];
        let answer = DescribeAclsResponse::default().with_resources(resources);
        let handler = move |_, key, version| match key {
            ApiKey::DescribeAcls => Reply::Body(body(&answer, version)),
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let told = describe(&broker.pool(), broker.address, DEADLINE).await.unwrap();
        let told: Vec<String> = told.iter().map(Acl::to_string).collect();
        assert_eq!(told, ["alice: allow read topic:velib-*", "bob: allow write topic:velib-*"]);
    }

    #[tokio::test]
    async fn one_that_is_refused_is_an_error_with_the_brokers_words() {
        let result = |code| {
            AclCreationResult::default()
                .with_error_code(code)
                .with_error_message((code != 0).then(|| text("because")))
        };
        let answer = CreateAclsResponse::default().with_results(vec![result(0), result(42)]);
        let handler = move |_, key, version| match key {
            ApiKey::CreateAcls => Reply::Body(body(&answer, version)),
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let error = create(&broker.pool(), broker.address, &[], DEADLINE).await.unwrap_err();
        assert_eq!(error.to_string(), "InvalidRequest: because");
    }
}
