//! What the tests, benches and fuzz targets of this package look at beside the vocabulary of [`crate::model`]. Nobody
//! else can rely on it.

pub use crate::admin::ensure::ensure_topics;
pub use crate::dist::tools::main_classes;
pub use crate::dist::{HostEnv, fetch_kafka, find_java, locate_kafka};
pub use crate::observe::probe::{Expectation, probe};
pub use crate::output::fetch::FetchBar;
pub use crate::output::outcome::Report;
pub use crate::paths::ClusterDir;
pub use crate::plan::endpoints::Endpoints;
pub use crate::plan::format::Format;
pub use crate::plan::logging_flag;
pub use crate::plan::memory::Need;
pub use crate::plan::model::{JavaPlan, KafkaPlan, NodePlan, Origin, Plan, TopicPlan};
pub use crate::plan::properties::parse as parse_properties;
pub use crate::plan::version::at_least;
pub use crate::process::Identity;
pub use crate::process::signal::signal;
pub use crate::process::usage::usage;
pub use crate::render::format_storage;
pub use crate::spec::defaults::of as known_settings;
pub use crate::spec::model::KafkaSpec;
pub use crate::spec::versions::{Coordination, SUPPORTED, supports};
pub use crate::view::why::Why;
pub use crate::wire::KafkaError;
pub use crate::wire::decoders::{ALL as DECODERS, Decoder};
pub use crate::wire::features::features;
pub use crate::wire::groups::find_coordinator::find_coordinator;
pub use crate::wire::groups::offset_commit::{NOBODY, commit_offsets};
pub use crate::wire::metadata::{Topics, ask as ask_metadata};
pub use crate::wire::pool::Pool;
pub use crate::wire::produce::produce_once;
