//! One cluster of a test: commands for it, and what is seen of it.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Deref;
use std::path::Path;

use cluster::inside::{ClusterDir, Plan};
use cluster::model::event::Entry;
use cluster::model::ids::NodeName;
use cluster::model::status::{NodeState, NodeStatus, Status};

use super::home::TestHome;
use super::kafka::Client;
use super::procs::Process;
use super::run::{Run, Running};
use super::{journal, until};

#[derive(Debug)]
pub(crate) struct Cluster {
    home: TestHome,
    pub name: String,
    /// Path of its spec.
    pub spec: String,
}

impl Deref for Cluster {
    type Target = TestHome;

    fn deref(&self) -> &TestHome {
        &self.home
    }
}

impl Cluster {
    /// Not started yet.
    pub(crate) fn new(home: TestHome, spec: &str) -> Self {
        let name =
            spec.lines().find_map(|line| line.strip_prefix("name: ")).expect("a spec with a name").to_owned();
        let spec = home.write(&format!("{name}.yaml"), spec);
        Cluster { home, name, spec }
    }

    /// In a home of its own, and usable.
    #[track_caller]
    pub(crate) fn up(spec: &str) -> Self {
        Cluster::up_with(spec, &[])
    }

    /// The same with further words of the command line.
    #[track_caller]
    pub(crate) fn up_with(spec: &str, words: &[&str]) -> Self {
        let cluster = Cluster::new(TestHome::with_cluster(), spec);
        cluster.cluster(&[&["up", &cluster.spec][..], words].concat()).ok();
        cluster
    }

    /// One of clusters/.
    #[track_caller]
    pub(crate) fn up_example(file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("clusters").join(file);
        Cluster::up(&fs::read_to_string(path).unwrap())
    }

    pub(crate) fn home_mut(&mut self) -> &mut TestHome {
        &mut self.home
    }

    /// A command for this cluster.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.begin(arguments).finish()
    }

    pub(crate) fn begin(&self, arguments: &[&str]) -> Running {
        self.start(&[&["-c", &self.name], arguments].concat())
    }

    pub(crate) fn dir(&self) -> ClusterDir {
        ClusterDir(self.state().join(&self.name))
    }

    pub(crate) fn plan(&self) -> Plan {
        serde_json::from_slice(&fs::read(self.dir().plan()).unwrap()).unwrap()
    }

    #[track_caller]
    pub(crate) fn status(&self) -> Status {
        let run = self.run(&["status", "--json"]).ok();
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"))
    }

    #[track_caller]
    pub(crate) fn node(&self, name: &str) -> NodeStatus {
        node_of(&self.status(), name)
    }

    #[track_caller]
    pub(crate) fn pid(&self, name: &str) -> u32 {
        self.node(name).pid.unwrap_or_else(|| panic!("{name} has no pid"))
    }

    #[track_caller]
    pub(crate) fn process(&self, name: &str) -> Process {
        Process::with_pid(self.pid(name)).unwrap()
    }

    #[track_caller]
    pub(crate) fn until_status<T>(&self, what: &str, look: impl Fn(&Status) -> Option<T>) -> T {
        until(what, || look(&self.status()))
    }

    #[track_caller]
    pub(crate) fn until_state(&self, name: &str, state: NodeState) {
        self.until_status(&format!("{name} {state:?}"), |status| {
            (node_of(status, name).state == state).then_some(())
        });
    }

    /// The whole journal, as it is on disk.
    pub(crate) fn journal(&self) -> Vec<Entry> {
        journal::read(&self.dir().events())
    }

    #[track_caller]
    pub(crate) fn until_event<T>(&self, what: &str, look: impl Fn(&Entry) -> Option<T>) -> T {
        until(what, || self.journal().iter().find_map(&look))
    }

    pub(crate) fn supervisor(&self) -> Option<Process> {
        let dir = self.dir().0.into_os_string().into_string().unwrap();
        self.processes().into_iter().find(|process| process.is_supervisor() && process.argv.contains(&dir))
    }

    /// SIGKILL to the supervisor, and it is gone.
    #[track_caller]
    pub(crate) fn kill_supervisor(&self) {
        let supervisor = self.supervisor().expect("a supervisor");
        supervisor.sigkill();
        until("the supervisor's end", || (!supervisor.is_alive()).then_some(()));
    }

    /// Live processes of each node of the plan, as the system shows them.
    pub(crate) fn node_processes(&self) -> BTreeMap<NodeName, Vec<Process>> {
        let Ok(bytes) = fs::read(self.dir().plan()) else { return BTreeMap::new() };
        let plan: Plan = serde_json::from_slice(&bytes).unwrap();
        let alive = self.processes();
        let of_node = |argv: &[String]| {
            alive
                .iter()
                .filter(|process| process.is_java() && process.argv.starts_with(argv))
                .cloned()
                .collect()
        };
        plan.nodes.iter().map(|node| (node.name, of_node(&node.argv))).collect()
    }

    /// Pids of the nodes that run.
    pub(crate) fn pids(&self) -> BTreeMap<NodeName, u32> {
        self.status().nodes.iter().filter_map(|node| Some((node.node, node.pid?))).collect()
    }

    pub(crate) fn client(&self) -> Client {
        Client::of(&self.plan())
    }

    /// The arguments by which kcat connects.
    #[track_caller]
    pub(crate) fn for_kcat(&self) -> Vec<String> {
        let properties = self.run(&["env", "--format", "librdkafka"]).ok().out;
        properties.lines().flat_map(|line| ["-X".to_owned(), line.to_owned()]).collect()
    }

    /// Takes it down; no process is left.
    #[track_caller]
    pub(crate) fn down(&self) {
        self.run(&["down"]).ok();
        self.assert_nothing_runs();
    }

    #[track_caller]
    pub(crate) fn assert_nothing_runs(&self) {
        let nodes: Vec<_> = self.processes().into_iter().filter(Process::is_java).collect();
        assert!(nodes.is_empty(), "nodes are left: {nodes:?}");
        // It answers before it ends.
        until("the supervisor's end", || self.processes().is_empty().then_some(()));
    }
}

impl Drop for Cluster {
    /// What a failed test leaves is worth reading before it goes.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let dir = self.dir();
            for path in [dir.supervisor_log(), dir.events()] {
                let text = fs::read_to_string(&path).unwrap_or_default();
                let lines: Vec<_> = text.lines().collect();
                let tail = lines[lines.len().saturating_sub(30)..].iter();
                let tail: String = tail.map(|line| format!("{line:.300}\n")).collect();
                eprintln!("--- {}\n{tail}", path.display());
            }
        }
    }
}

#[track_caller]
pub(crate) fn node_of(status: &Status, name: &str) -> NodeStatus {
    let found = status.nodes.iter().find(|node| node.node.to_string() == name);
    found.unwrap_or_else(|| panic!("status has no {name}")).clone()
}
