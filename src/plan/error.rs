//! Why a plan cannot be made.

use std::path::PathBuf;

use crate::error::{ExitCode, Failure};
use crate::host::HostError;
use crate::model::ids::NodeName;
use crate::model::reason::Holder;
use crate::plan::templates::TemplateError;

/// Why a spec that is right in itself gives no plan on this host.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The cluster's folder has a character that Kafka cannot read in a path.
    #[error("the cluster's folder {} cannot be used: {why}", dir.display())]
    Folder { dir: PathBuf, why: &'static str },
    /// A template of the user leaves out, or changes, a line that the cluster cannot run without.
    #[error(
        "the template {} does not give {node} the line `{key}={value}`{}",
        template.display(),
        found.as_ref().map(|found| format!(" but `{key}={found}`")).unwrap_or_default()
    )]
    TemplateLost { template: PathBuf, node: NodeName, key: String, value: String, found: Option<String> },
    /// A port that is fixed, or kept from before, is used by a process outside the cluster.
    #[error(
        "port {port} of {node} is taken by {}",
        holder.as_ref().map_or("a process of another user".to_owned(), Holder::to_string)
    )]
    PortTaken {
        port: u16,
        node: NodeName,
        holder: Option<Holder>,
        /// Where the cluster's folder is.
        home: PathBuf,
    },
    /// Two nodes would listen on the same port.
    #[error("port {port} is wanted by both {a} and {b}")]
    PortClash { port: u16, a: NodeName, b: NodeName },
    #[error("port_base {base} leaves no port for {node}: it would be {wanted}, above 65535")]
    PortRange { base: u16, node: NodeName, wanted: u32 },
    #[error("no free port is left on 127.0.0.1 for {node}")]
    NoFreePort { node: NodeName },
    /// The spec has settings for a broker that is none of the cluster's.
    #[error("the spec has settings for {node}, and the brokers of the cluster are {}", names(members))]
    NotAMember { node: NodeName, members: Vec<NodeName> },
    /// The caller did not look for a version that a node of the spec names.
    #[error("kafka {version}, which a node names, was not looked for")]
    NoKafka { version: String },
    /// The caller allocated no ports for a node of the spec.
    #[error("no ports are allocated for {node}")]
    NoPorts { node: NodeName },
    #[error(transparent)]
    Host(#[from] HostError),
}

fn names(nodes: &[NodeName]) -> String {
    nodes.iter().map(NodeName::to_string).collect::<Vec<_>>().join(", ")
}

impl PlanError {
    fn code(&self) -> ExitCode {
        match self {
            PlanError::Template(_)
            | PlanError::Folder { .. }
            | PlanError::TemplateLost { .. }
            | PlanError::PortClash { .. }
            | PlanError::NotAMember { .. }
            | PlanError::PortRange { .. } => ExitCode::BadInput,
            PlanError::PortTaken { .. } | PlanError::NoFreePort { .. } => ExitCode::Busy,
            PlanError::NoKafka { .. } | PlanError::NoPorts { .. } | PlanError::Host(_) => ExitCode::Failed,
        }
    }

    /// What to do next, as one imperative sentence.
    fn hint(&self) -> Option<String> {
        Some(match self {
            PlanError::Template(error) => return error.hint(),
            PlanError::Folder { .. } => {
                "set CLUSTER_HOME (for `cluster run` CLUSTER_CACHE) to a folder with a plainer name".into()
            }
            PlanError::TemplateLost { key, .. } => {
                format!("print the setting in the template: {{{{ lines[\"{key}\"] }}}}")
            }
            PlanError::PortTaken { holder: Some(holder), home, .. } => {
                // A node that is ended is started again by its supervisor.
                let end = holder.down(home).unwrap_or_else(|| format!("stop process {}", holder.pid));
                format!("{end}, or give other ports in the spec (port, port_base)")
            }
            PlanError::PortTaken { holder: None, .. } => {
                "give other ports in the spec (port, port_base)".into()
            }
            PlanError::PortClash { a, .. } => format!("give {a} another port in the spec"),
            PlanError::PortRange { .. } => "choose a port_base below 65000".into(),
            PlanError::NotAMember { node, members } => {
                let ids: Vec<String> = members.iter().map(|member| member.id.to_string()).collect();
                format!("name the brokers in the spec (`ids: [{}]`), and remove {node}", ids.join(", "))
            }
            PlanError::NoFreePort { .. } => "delete clusters that are no longer needed".into(),
            PlanError::NoKafka { .. } => {
                "`up` of a spec that names it, while the cluster is down, fetches it".into()
            }
            PlanError::NoPorts { .. } | PlanError::Host(_) => return None,
        })
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        let failure = Failure::new(error.code(), error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
