//! One cluster for all tests that only look: started by the first of them, gone with the process.

use std::sync::OnceLock;

use super::cluster::Cluster;
use super::specs;

/// 1 ZooKeeper server and 2 brokers. Nobody may change it.
pub(crate) fn cluster() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(|| {
        let topics = "topics: { bikes: { partitions: 4, replication_factor: 2, config: { retention.ms: 86400000 } } }\n";
        let mut cluster = Cluster::up(&specs::sized("shared", 1, 2, topics));
        cluster.home_mut().release_slot();
        cluster
    })
}
