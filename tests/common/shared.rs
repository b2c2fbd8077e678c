//! One cluster for all tests that only look: started by the first of them, gone with the process. And one for the tests
//! of a file, which is gone with the last of them: idle brokers take time from whoever comes after.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

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

/// A cluster for the tests of one file.
pub(crate) struct OfFile(Mutex<Weak<Cluster>>);

impl OfFile {
    pub(crate) const fn new() -> Self {
        OfFile(Mutex::new(Weak::new()))
    }

    /// 1 ZooKeeper server and 2 brokers, of which nobody may stop any. It lives as long as somebody has it.
    pub(crate) fn get(&self, name: &str) -> Arc<Cluster> {
        let mut cluster = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = cluster.upgrade() {
            return there;
        }
        let mut started = Cluster::up(&specs::sized(name, 1, 2, ""));
        started.home_mut().release_slot();
        let started = Arc::new(started);
        *cluster = Arc::downgrade(&started);
        started
    }
}
