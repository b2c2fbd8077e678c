//! What is wanted of the cluster as a whole.

/// What the cluster as a whole is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Goal {
    Up,
    Down,
}
