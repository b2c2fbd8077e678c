//! Kafka distributions and Java: find, fetch, verify.
//!
//! [`find_java`] and [`locate_kafka`] only look; [`fetch_kafka`] brings what is missing into the
//! cache: from the official Apache archive (`archive`), else with Maven (`maven`). Nothing
//! outside the cache is written, and nothing in it looks complete before it is verified.

mod archive;
mod artifacts;
mod cache;
mod checksums;
mod class_data;
mod class_file;
mod dump;
mod error;
mod fetch;
mod holdings;
mod host;
mod java;
mod locate;
mod maven;
mod progress;
pub(crate) mod tools;
mod unlinked;
mod unpack;

#[cfg(test)]
pub(crate) mod testing;

pub(crate) use checksums::checksums;
pub(crate) use class_data::{class_data, drop_changed, make_class_data};
pub(crate) use error::{DistError, check_cache};
pub use fetch::fetch_kafka;
pub(crate) use holdings::{Holding, Kind, holdings, remove};
pub use host::HostEnv;
pub(crate) use host::is_executable;
pub(crate) use java::check_java;
pub use java::find_java;
pub use locate::locate_kafka;
pub(crate) use locate::{Located, scripts_home};
pub(crate) use progress::FetchProgress;
