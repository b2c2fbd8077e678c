//! What an operator does to topics and groups of a running cluster, or asks of them: requests put together, with what has to be
//! known before and waited for after. `check` and the assembly of answers are pure.

pub(crate) mod acls;
pub(crate) mod alter;
mod check;
mod config;
mod create;
mod creation;
mod delete;
mod describe;
mod disks;
mod elect;
pub(crate) mod ensure;
mod error;
mod explain;
pub(crate) mod given;
pub(crate) mod group;
mod leave;
mod look;
pub(crate) mod moves;
pub(crate) mod quorum;
mod retry;
mod settle;
pub(crate) mod users;

pub(crate) use acls::ChangedAcl;
pub(crate) use alter::{Alteration, Altered};
pub(crate) use config::{ConfigRequest, Configs};
pub(crate) use create::{Created, TopicRequest};
pub(crate) use delete::Deleted;
pub(crate) use describe::{Description, PartitionDescription, TopicDescription};
pub(crate) use disks::Disks;
pub(crate) use elect::{Elected, Election};
pub(crate) use error::AdminError;
pub(crate) use leave::{Obstacle, held, may_leave};
pub(crate) use look::Listed;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::observe::dynamic;
use crate::observe::dynamic::{DynamicError, Entity};
use crate::observe::memory::Memory;
use crate::observe::survey::MinIsr;
use crate::plan::endpoints::Endpoints;
use crate::plan::model::Plan;
use crate::wire::pool::Pool;
use crate::zookeeper::session::ZkHandle;

/// One request to a controller, which may wait for every broker.
const REQUEST: Duration = Duration::from_secs(5);
/// One question, to whoever may be dead: `describe` asks twice, and takes less than 2 s.
const ASK: Duration = Duration::from_millis(800);
/// A whole operation: long enough for a controller to be elected after the last one died, which takes
/// a ZooKeeper session's timeout (18 s in Kafka 3.9).
const PATIENCE: Duration = Duration::from_secs(30);

/// One running cluster, as its operator reaches it. Opens nothing by itself.
#[derive(Debug)]
pub(crate) struct Admin {
    plan: Plan,
    pool: Pool,
    memory: Memory,
    zookeeper: Option<ZkHandle>,
    min_isr: MinIsr,
}

impl Admin {
    pub(crate) fn of(plan: Plan) -> Self {
        let endpoints = Endpoints::of(&plan);
        Admin {
            pool: Pool::new(&endpoints),
            memory: Memory::default(),
            zookeeper: ZkHandle::of(&endpoints),
            min_isr: MinIsr::of(&plan),
            plan,
        }
    }

    /// What was set of these while they ran, see [`dynamic::settings`].
    async fn dynamic(&self, entities: &[Entity]) -> Result<Vec<BTreeMap<String, String>>, DynamicError> {
        dynamic::settings(&self.pool, self.zookeeper.as_ref(), entities, &[], ASK).await
    }

    fn version(&self) -> Option<&str> {
        Some(&self.plan.kafka.version)
    }
}

#[cfg(test)]
mod testing {
    //! An [`Admin`] of a broker that a test plays.

    use super::*;
    use crate::plan::samples;
    use crate::wire::fake::FakeBroker;

    pub(super) fn admin(broker: &FakeBroker) -> Admin {
        let plan = samples::plan("/x".as_ref(), "velib");
        Admin {
            min_isr: MinIsr::of(&plan),
            plan,
            pool: broker.pool(),
            memory: Memory::default(),
            zookeeper: None,
        }
    }

    #[test]
    fn everything_may_run_as_a_task_of_its_own() {
        fn is_send<F: Future + Send>(_: F) {}
        let zookeeper = [(1, "127.0.0.1:1".parse().unwrap())].into();
        let endpoints = crate::plan::endpoints::Endpoints { zookeeper, ..Default::default() };
        let pool = crate::wire::pool::Pool::new(&endpoints);
        let zookeeper = crate::zookeeper::session::ZkHandle::of(&endpoints).unwrap();
        let memory = crate::observe::memory::Memory::default();
        let min_isr = crate::observe::survey::MinIsr::default();
        is_send(crate::observe::survey::survey(&endpoints, &pool, &memory, Some(&zookeeper), &min_isr, ASK));
        is_send(crate::admin::ensure::ensure_topics(&[], &pool, ASK));
        is_send(crate::observe::writable::writable(&[], &pool, ASK));
        is_send(zookeeper.clear_registration(0, ASK));
    }
}
