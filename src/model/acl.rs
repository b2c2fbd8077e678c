//! Access control lists: who may do what with which resource (KIP-11; patterns, KIP-290), in Kafka's words.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whom a list is of when it is of everybody.
pub(crate) const EVERYBODY: &str = "*";

/// The one resource of the type cluster (`Resource.CLUSTER_NAME`).
const CLUSTER: &str = "kafka-cluster";

/// What is to be allowed or denied to somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Acl {
    /// Whom it is about: `User:alice`, and `User:*` for everybody.
    pub principal: String,
    /// Whether it allows or denies.
    pub permission: Permission,
    /// What it allows or denies to do.
    pub operation: Operation,
    /// With what.
    #[serde(flatten)]
    pub resource: Resource,
    /// From which address; `*` for all.
    pub host: String,
}

/// The principal of a user (`KafkaPrincipal`).
pub(crate) fn principal(user: &str) -> String {
    format!("User:{user}")
}

impl Acl {
    /// Whom it is about, as users are called.
    pub(crate) fn user(&self) -> &str {
        self.principal.strip_prefix("User:").unwrap_or(&self.principal)
    }
}

impl fmt::Display for Acl {
    /// `alice: allow write topic:velib-*`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Acl { permission, operation, resource, host, .. } = self;
        write!(f, "{}: {permission} {operation} {resource}", self.user())?;
        if host == EVERYBODY { Ok(()) } else { write!(f, " from {host}") }
    }
}

/// One resource, or all whose name begins so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Resource {
    /// Of which type.
    #[serde(rename = "resource")]
    pub kind: ResourceType,
    /// How `name` is meant.
    pub pattern: Pattern,
    /// A whole name, the beginning of one, or `*` for all of the type.
    pub name: String,
}

impl Resource {
    /// `velib-*` is whatever begins with `velib-`, `*` everything, anything else a name.
    ///
    /// # Errors
    ///
    /// A `*` stands elsewhere than at the end, or there is nothing; the text says what is wrong with the name.
    pub(crate) fn named(kind: ResourceType, text: &str) -> Result<Self, &'static str> {
        let (pattern, name) = match text.strip_suffix('*') {
            _ if text.is_empty() => return Err("is empty"),
            Some(beginning) if beginning.contains('*') => return Err("has more than one `*`"),
            None if text.contains('*') => return Err("has a `*` elsewhere than at its end"),
            None | Some("") => (Pattern::Literal, text),
            Some(beginning) => (Pattern::Prefixed, beginning),
        };
        Ok(Resource { kind, pattern, name: name.to_owned() })
    }

    /// The cluster itself.
    pub(crate) fn cluster() -> Self {
        Resource { kind: ResourceType::Cluster, pattern: Pattern::Literal, name: CLUSTER.to_owned() }
    }

    /// Whether what is of this type and name is meant, too (`StandardAuthorizerData`).
    pub(crate) fn covers(&self, kind: ResourceType, name: &str) -> bool {
        let matches = match self.pattern {
            Pattern::Literal => self.name == name || self.name == EVERYBODY,
            Pattern::Prefixed => name.starts_with(&self.name),
        };
        self.kind == kind && matches
    }
}

impl fmt::Display for Resource {
    /// As [`Resource::from_str`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Resource { kind, pattern, name } = self;
        match pattern {
            _ if *self == Resource::cluster() => f.write_str("cluster"),
            Pattern::Literal => write!(f, "{kind}:{name}"),
            Pattern::Prefixed => write!(f, "{kind}:{name}*"),
        }
    }
}

impl FromStr for Resource {
    type Err = String;

    /// `topic:velib-*`, `group:riders`, `transactional-id:*`, `cluster`; without a type it is a topic.
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = match text.split_once(':') {
            None if text == ResourceType::Cluster.word() => return Ok(Resource::cluster()),
            None => (ResourceType::Topic, text),
            Some((word, name)) => {
                let kind = ResourceType::ALL.into_iter().find(|kind| kind.word() == word);
                let types = ResourceType::ALL.map(ResourceType::word).join(", ");
                (kind.ok_or_else(|| format!("`{word}` is no type of resource; they are: {types}"))?, name)
            }
        };
        if kind == ResourceType::Cluster {
            return Err("there is one cluster, which is written `cluster`".to_owned());
        }
        Resource::named(kind, name)
            .map_err(|fault| format!("the name `{name}` {fault}; resources look like topic:velib-*"))
    }
}

/// A word of Kafka's, and its number on the wire and in the metadata.
macro_rules! words {
    ($(#[$meta:meta])* $type:ident { $($variant:ident $word:literal $code:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "the words are Kafka's")]
        pub enum $type { $($variant),* }

        impl $type {
            /// In the order of their numbers.
            pub(crate) const ALL: [Self; [$($word),*].len()] = [$(Self::$variant),*];

            /// As people and JSON have it.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// On the wire.
            pub(crate) const fn code(self) -> i8 {
                match self { $(Self::$variant => $code),* }
            }

            /// What a broker says; `None`: what a later Kafka has come to know.
            pub(crate) fn of_code(code: i8) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.code() == code)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words! {
    /// `org.apache.kafka.common.resource.ResourceType`.
    ResourceType {
        Topic "topic" 2,
        Group "group" 3,
        Cluster "cluster" 4,
        TransactionalId "transactional-id" 5,
        DelegationToken "delegation-token" 6,
        User "user" 7,
    }
}

words! {
    /// `org.apache.kafka.common.resource.PatternType`, of those that an ACL can have.
    Pattern {
        Literal "literal" 3,
        Prefixed "prefixed" 4,
    }
}

words! {
    /// `org.apache.kafka.common.acl.AclPermissionType`.
    Permission {
        Deny "deny" 2,
        Allow "allow" 3,
    }
}

words! {
    /// `org.apache.kafka.common.acl.AclOperation`.
    Operation {
        All "all" 2,
        Read "read" 3,
        Write "write" 4,
        Create "create" 5,
        Delete "delete" 6,
        Alter "alter" 7,
        Describe "describe" 8,
        ClusterAction "cluster-action" 9,
        DescribeConfigs "describe-configs" 10,
        AlterConfigs "alter-configs" 11,
        IdempotentWrite "idempotent-write" 12,
        CreateTokens "create-tokens" 13,
        DescribeTokens "describe-tokens" 14,
        TwoPhaseCommit "two-phase-commit" 15,
    }
}

/// `read, write`.
pub(crate) fn words(operations: &[Operation]) -> String {
    operations.iter().map(|operation| operation.word()).collect::<Vec<_>>().join(", ")
}

/// Whether brokers could compare it with the address of a client, which they do as text.
pub(crate) fn is_host(text: &str) -> bool {
    text == EVERYBODY || text.parse::<IpAddr>().is_ok()
}

impl ResourceType {
    /// What can be done with it (`AclEntry.supportedOperations`), and all of that at once.
    pub(crate) fn operations(self) -> &'static [Operation] {
        use Operation::*;
        match self {
            ResourceType::Topic => {
                &[All, Read, Write, Create, Delete, Alter, Describe, DescribeConfigs, AlterConfigs]
            }
            ResourceType::Group => &[All, Read, Delete, Describe, DescribeConfigs, AlterConfigs],
            ResourceType::Cluster => {
                &[All, Create, Alter, Describe, ClusterAction, DescribeConfigs, AlterConfigs, IdempotentWrite]
            }
            ResourceType::TransactionalId => &[All, Write, Describe, TwoPhaseCommit],
            ResourceType::DelegationToken => &[All, Describe],
            ResourceType::User => &[All, CreateTokens, DescribeTokens],
        }
    }
}

impl Operation {
    /// As people write it, in Kafka's spelling (`AlterConfigs`) too.
    pub(crate) fn parsed(text: &str) -> Option<Self> {
        let plain = |word: &str| word.replace(['-', '_'], "").to_ascii_lowercase();
        Operation::ALL.into_iter().find(|operation| plain(operation.word()) == plain(text))
    }

    /// Whoever is allowed this may do that, too; nothing follows from what is denied (`StandardAuthorizerData`).
    pub(crate) fn includes(self, other: Operation) -> bool {
        use Operation::*;
        match other {
            _ if self == All || self == other => true,
            Describe => matches!(self, Read | Write | Delete | Alter),
            DescribeConfigs => self == AlterConfigs,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_read_as_they_are_written() {
        for text in
            ["topic:velib-*", "topic:*", "topic:bikes", "group:riders", "transactional-id:t*", "cluster"]
        {
            assert_eq!(text.parse::<Resource>().unwrap().to_string(), text);
        }
        assert_eq!("bikes".parse::<Resource>().unwrap().to_string(), "topic:bikes");
        let prefixed: Resource = "topic:velib-*".parse().unwrap();
        assert_eq!((prefixed.pattern, prefixed.name.as_str()), (Pattern::Prefixed, "velib-"));
        for (text, why) in [
            ("topic:ve*lib", "elsewhere"),
            ("topic:ve**", "more than one"),
            ("topic:", "is empty"),
            ("tpoic:velib", "no type of resource"),
            ("cluster:x", "one cluster"),
        ] {
            assert!(text.parse::<Resource>().unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn a_pattern_covers_what_kafka_would_have_it_cover() {
        let covers = |text: &str, name| text.parse::<Resource>().unwrap().covers(ResourceType::Topic, name);
        assert!(covers("velib-*", "velib-stations") && covers("velib-*", "velib-") && covers("*", "x"));
        assert!(!covers("velib-*", "velib") && !covers("velib", "velib-stations"));
        assert!(!"group:*".parse::<Resource>().unwrap().covers(ResourceType::Topic, "x"));
    }

    #[test]
    fn operations_are_known_in_both_spellings_and_by_their_numbers() {
        for (text, operation) in [
            ("read", Operation::Read),
            ("AlterConfigs", Operation::AlterConfigs),
            ("alter_configs", Operation::AlterConfigs),
            ("ALL", Operation::All),
        ] {
            assert_eq!(Operation::parsed(text), Some(operation));
        }
        assert_eq!(
            (Operation::parsed("reed"), Operation::of_code(15)),
            (None, Some(Operation::TwoPhaseCommit))
        );
        assert_eq!((Operation::of_code(1), Operation::of_code(99)), (None, None));
        assert!(
            Operation::Write.includes(Operation::Describe) && !Operation::Describe.includes(Operation::Write)
        );
        assert!(!Operation::Read.includes(Operation::DescribeConfigs));
    }

    #[test]
    fn the_words_of_json_are_those_that_people_read() {
        for operation in Operation::ALL {
            assert_eq!(serde_json::to_value(operation).unwrap(), operation.word());
        }
        for kind in ResourceType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }
}
