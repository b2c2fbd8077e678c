use std::collections::BTreeMap;

use clap::{Args, ValueEnum};

use super::context::Context;
use super::names::Names;
use crate::dist::scripts_home;
use crate::engine::login;
use crate::engine::ops::{FolderOps, NodeOps};
use crate::engine::{clusters, suggest};
use crate::error::{End, ExitCode, Failure};
use crate::output::shell;
use crate::plan::connection::{Connection, java_properties, librdkafka_properties, through, variables_of};
use crate::plan::model::Plan;

/// Print what connects programs to a cluster, as variables for `eval "$(cluster env)"`
///
/// KAFKA_BOOTSTRAP_SERVERS, BOOTSTRAP_SERVERS, ZOOKEEPER_CONNECT or KAFKA_BOOTSTRAP_CONTROLLERS, CLUSTER_NAME,
/// CLUSTER_HOME, KAFKA_HOME when the distribution has Kafka's scripts, and of a secured cluster where its CA and keys
/// lie. A cluster that is down keeps its ports, so it has them too.
#[derive(Debug, Args)]
pub(super) struct EnvCommand {
    /// Connect to a secured cluster as this user; without it as this program does
    #[arg(long, value_name = "NAME", add = Names::Users)]
    user: Option<String>,

    /// By one of the spec's `listeners`, as containers and other machines connect
    #[arg(long, value_name = "NAME", add = Names::Listeners)]
    listener: Option<String>,

    /// How to print it
    #[arg(long, value_enum, default_value_t, conflicts_with = "json")]
    format: Format,

    /// The variables as a JSON object, as `--format json`
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Variables, exported
    #[default]
    Shell,
    /// A file for Kafka's own clients
    Properties,
    /// A file for librdkafka: `kcat -F FILE`
    Librdkafka,
    /// Variables, as a JSON object
    Json,
}

impl EnvCommand {
    pub(super) fn run<E: NodeOps + FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let found = cx.chosen()?;
        let plan = cx.engine.stored_plan(&found.dir)?;
        let login = login::of(&plan, self.user.as_deref())?;
        if found.supervisor.is_none() {
            cx.screen.warn(format!("{}; nothing listens there yet", clusters::not_running(&found.name)));
        }
        let mut connection = Connection::of(&plan, &login);
        if let Some(name) = &self.listener {
            connection.bootstrap_servers = through(&plan, name).ok_or_else(|| no_listener(&plan, name))?;
            // They listen on loopback alone.
            (connection.bootstrap_controllers, connection.zookeeper_connect) = (None, None);
        }
        let variables = variables_of(&plan, connection.clone(), scripts_home(&plan.kafka));
        let text = match (self.json, self.format) {
            (true, _) | (_, Format::Json) => {
                cx.screen.json(&variables.into_iter().collect::<BTreeMap<_, _>>())?;
                return Ok(ExitCode::Ok);
            }
            (_, Format::Shell) => shell::exports(&variables),
            (_, Format::Properties) => java_properties(&connection),
            (_, Format::Librdkafka) => librdkafka_properties(&connection),
        };
        cx.screen.bytes(text.as_bytes())?;
        Ok(ExitCode::Ok)
    }
}

fn no_listener(plan: &Plan, name: &str) -> Failure {
    let known: Vec<String> = plan.listeners.keys().cloned().collect();
    let hint = match known.is_empty() {
        true => "its spec has no `listeners`".to_owned(),
        false => suggest::hint(name, suggest::LISTENERS, &known),
    };
    Failure::new(ExitCode::Usage, format!("{} has no listener {name}", plan.name)).hint(hint)
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::error::ExitCode;

    #[test]
    fn the_variables_are_exports_for_a_shell_or_a_flat_object() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.running(&["velib"]);
        let ran = run(fake.again(), "env");
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Ok, ""));
        assert_eq!(
            ran.out.replace(&*fake.home().to_string_lossy(), "HOME"),
            "export KAFKA_BOOTSTRAP_SERVERS='127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002'\n\
             export BOOTSTRAP_SERVERS='127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002'\n\
             export ZOOKEEPER_CONNECT='127.0.0.1:20001,127.0.0.1:20002,127.0.0.1:20003'\n\
             export CLUSTER_NAME='velib'\n\
             export CLUSTER_HOME='HOME'\n"
        );
        let json: serde_json::Value = serde_json::from_str(&run(fake, "env --json").out).unwrap();
        assert_eq!(json["CLUSTER_NAME"], "velib");
        assert_eq!(json.as_object().unwrap().len(), 5);
    }

    #[test]
    fn a_cluster_that_is_down_has_its_variables_and_a_word_about_it() {
        let ran = run(Fake::with_clusters(&["velib"]), "env");
        assert_eq!(ran.code, ExitCode::Ok);
        assert!(ran.out.contains("export CLUSTER_NAME='velib'\n"), "{}", ran.out);
        assert_eq!(ran.err, "warning: the cluster velib is not running; nothing listens there yet\n");
    }

    #[test]
    fn without_a_cluster_nothing_is_printed_that_a_shell_could_run() {
        let ran = run(Fake::with_clusters(&[]), "env");
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::NotRunning, ""));
    }
}
