//! Where the keys and certificates of a secured cluster lie. The plan holds their paths and no secret.

use std::path::{Path, PathBuf};

pub(crate) use crate::spec::model::PROGRAM;

/// The folder of a cluster's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFolder(PathBuf);

impl KeyFolder {
    /// That of the cluster in this folder.
    pub(crate) fn of_cluster(dir: &Path) -> Self {
        KeyFolder(dir.join("security"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The certificate of the CA: what whoever connects has to trust.
    pub(crate) fn ca(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    /// The key of the CA, with which later certificates are signed.
    pub(crate) fn ca_key(&self) -> PathBuf {
        self.0.join("ca.key")
    }

    /// Key, certificate and CA of a node, a user or the program itself, in one file: a key store of type PEM, as
    /// Kafka has it since 2.7 (KIP-651).
    pub(crate) fn of(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.pem"))
    }

    /// The password of a user, where clients show one.
    pub(crate) fn password(&self, user: &str) -> PathBuf {
        self.0.join(format!("{user}.password"))
    }

    /// What brokers know of passwords, as JAAS has it.
    pub(crate) fn jaas(&self) -> PathBuf {
        self.0.join("brokers.jaas")
    }

    /// What Kafka's own clients and tools take as a file of properties to connect as this user.
    pub(crate) fn client_properties(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.properties"))
    }
}
