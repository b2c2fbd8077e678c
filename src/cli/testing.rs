//! Commands run against an engine that does what a test says.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use clap::Parser;
use serde_json::json;

use super::Cli;
use super::context::Context;
use super::engine::Engine;
use crate::admin::group::{DeletedGroups, GroupList, GroupsDescription, Reset, ResetPlan};
use crate::admin::moves::{Move, MoveProgress, Moved, OnProgress, Proposal, Wanted};
use crate::admin::quorum::Quorum;
use crate::admin::{
    Alteration, Altered, ConfigRequest, Configs, Created, Deleted, Description, Election, Listed,
    TopicRequest,
};
use crate::api::message::{Reply, Request};
use crate::client::bench::Order as BenchOrder;
use crate::dist::{FetchProgress, Holding};
use crate::engine::cache::{self, Cleared, Kept, Warmed};
use crate::engine::consume::read::{self, Sink};
use crate::engine::doctor::Finding;
use crate::engine::ephemeral::Ephemeral;
use crate::engine::membership::{Leaving, Retired, Scaled};
use crate::engine::produce::feed::{Ended, OnTalk, Order};
use crate::engine::session::{OnReply, Supervisor};
use crate::engine::source::{Chosen, Mistakes, Preparation, Source};
use crate::engine::{bench, prepare};
use crate::error::{End, ExitCode, Failure};
use crate::model::action::Action;
use crate::model::outcome::{NodeOutcome, Outcome, OutcomeKind, Summary};
use crate::model::status::Status;
use crate::output::cluster::samples;
use crate::output::screen::Screen;
use crate::output::screen::recorded::{Closed, Record};
use crate::paths::{ClusterDir, Folders};
use crate::plan::model::Plan;
use crate::spec::model::{KafkaSpec, NodeGroup, Profile, RestartPolicy, Spec};
use crate::view::explain::Explanation;
use crate::wire::records::StoredRecord;

/// A home with clusters, and the answers that are to come. Clones share all of it.
#[derive(Clone)]
pub struct Fake {
    home: Rc<tempfile::TempDir>,
    script: Rc<RefCell<Script>>,
}

#[derive(Default)]
struct Script {
    cached: Vec<Holding>,
    found: Vec<Finding>,
    running: Vec<String>,
    replies: Vec<Reply>,
    /// Without one, the supervisor never answers.
    outcome: Option<Result<Outcome, Failure>>,
    statuses: VecDeque<Result<Status, Failure>>,
    requests: Vec<Action>,
    prepared: Vec<(Chosen, Preparation)>,
    replaced_by: Vec<String>,
    scaled: Option<Result<Scaled, Failure>>,
    retires: Option<Result<Retired, Failure>>,
    retired: Option<Leaving>,
    /// Without it, topics may be deleted.
    may_delete: Option<Result<(), Failure>>,
    admin: Option<Admin>,
    topic_requests: Vec<TopicRequest>,
    deleted: Vec<Vec<String>>,
    groups: Option<Groups>,
    resets: Vec<Reset>,
    /// Plans that were carried out.
    reset: Vec<ResetPlan>,
    orders: Vec<Order>,
    reads: Vec<read::Order>,
    benches: Vec<BenchOrder>,
    config_requests: Vec<ConfigRequest>,
    proposal: Option<Result<Proposal, Failure>>,
    progress: Vec<MoveProgress>,
    /// Without one, a move never ends.
    moved: Option<Result<Moved, Failure>>,
    /// What was wanted, and what was carried out with which throttle.
    wanted: Vec<Wanted>,
    carried_out: Vec<(Vec<Move>, Option<u64>)>,
}

/// What becomes of an operation on topics.
pub enum Admin {
    Created(Result<Created, Failure>),
    Listed(Result<Vec<Listed>, Failure>),
    Described(Result<Description, Failure>),
    Altered(Result<Altered, Failure>),
    MayDelete(Result<(), Failure>),
    Deleted(Result<Deleted, Failure>),
    Elected(Result<Vec<Election>, Failure>),
    Benched(Box<Result<bench::Ended, Failure>>),
    Produced(Result<Ended, Failure>),
    Explained(Result<Explanation, Failure>),
    Quorum(Result<Quorum, Failure>),
    Configs(Result<Configs, Failure>),
    /// The records of partition 0 first.
    Consumed(Vec<StoredRecord>, Result<read::Ended, Failure>),
}

/// What becomes of an operation on groups.
pub enum Groups {
    Listed(GroupList),
    Described(GroupsDescription),
    Planned(Result<ResetPlan, Failure>),
    /// Those that may be deleted are.
    MayDelete(Result<(), Failure>),
}

impl Fake {
    /// Each with the plan of [`samples::plan`].
    pub fn with_clusters(names: &[&str]) -> Self {
        let fake = Fake { home: Rc::new(tempfile::tempdir().unwrap()), script: Rc::default() };
        for name in names {
            let plan = fake.plan(name);
            fs::create_dir(&plan.dir).unwrap();
            fs::write(ClusterDir(plan.dir.clone()).plan(), serde_json::to_vec(&plan).unwrap()).unwrap();
        }
        fake
    }

    /// The same, for another run.
    pub fn again(&self) -> Self {
        self.clone()
    }

    pub fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    pub fn plan(&self, name: &str) -> Plan {
        samples::plan(self.home.path(), name)
    }

    pub fn running(&self, names: &[&str]) {
        self.script.borrow_mut().running = names.iter().map(|name| (*name).to_owned()).collect();
    }

    pub fn reply(&self, reply: Reply) {
        self.script.borrow_mut().replies.push(reply);
    }

    pub fn answer(&self, result: OutcomeKind, message: &str, nodes: Vec<NodeOutcome>) {
        self.script.borrow_mut().outcome =
            Some(Ok(Outcome { result, summary: Summary::words(message), nodes }));
    }

    pub fn fail(&self, failure: Failure) {
        self.script.borrow_mut().outcome = Some(Err(failure));
    }

    pub fn found(&self, findings: Vec<Finding>) {
        self.script.borrow_mut().found = findings;
    }

    pub fn cached(&self, holdings: Vec<Holding>) {
        self.script.borrow_mut().cached = holdings;
    }

    pub fn scaled(&self, scaled: Result<Scaled, Failure>) {
        self.script.borrow_mut().scaled = Some(scaled);
    }

    pub fn retires(&self, retired: Result<Retired, Failure>) {
        self.script.borrow_mut().retires = Some(retired);
    }

    /// The broker that was asked to leave, once it could.
    pub fn retired(&self) -> Option<Leaving> {
        self.script.borrow().retired.clone()
    }

    pub fn statuses(&self, statuses: impl IntoIterator<Item = Result<Status, Failure>>) {
        self.script.borrow_mut().statuses.extend(statuses);
    }

    pub fn admin(&self, answer: Admin) {
        let mut script = self.script.borrow_mut();
        match answer {
            Admin::MayDelete(may) => script.may_delete = Some(may),
            answer => script.admin = Some(answer),
        }
    }

    pub fn groups(&self, answer: Groups) {
        self.script.borrow_mut().groups = Some(answer);
    }

    /// Resets that were asked for.
    pub fn resets(&self) -> Vec<Reset> {
        self.script.borrow().resets.clone()
    }

    /// Resets that were carried out.
    pub fn reset(&self) -> Vec<ResetPlan> {
        self.script.borrow().reset.clone()
    }

    fn scripted_groups(&self) -> Groups {
        self.script.borrow_mut().groups.take().expect("an operation on groups is scripted")
    }

    pub fn topic_requests(&self) -> Vec<TopicRequest> {
        self.script.borrow().topic_requests.clone()
    }

    pub fn deleted(&self) -> Vec<Vec<String>> {
        self.script.borrow().deleted.clone()
    }

    pub fn orders(&self) -> Vec<Order> {
        self.script.borrow().orders.clone()
    }

    pub fn config_requests(&self) -> Vec<ConfigRequest> {
        self.script.borrow().config_requests.clone()
    }

    pub fn proposal(&self, proposal: Result<Proposal, Failure>) {
        self.script.borrow_mut().proposal = Some(proposal);
    }

    pub fn moved(&self, progress: Vec<MoveProgress>, moved: Result<Moved, Failure>) {
        let mut script = self.script.borrow_mut();
        (script.progress, script.moved) = (progress, Some(moved));
    }

    pub fn wanted_moves(&self) -> Vec<Wanted> {
        self.script.borrow().wanted.clone()
    }

    pub fn carried_out(&self) -> Vec<(Vec<Move>, Option<u64>)> {
        self.script.borrow().carried_out.clone()
    }

    fn scripted(&self) -> Admin {
        self.script.borrow_mut().admin.take().expect("an operation on topics is scripted")
    }

    /// What was asked of `bench`.
    pub fn benches(&self) -> Vec<BenchOrder> {
        self.script.borrow().benches.clone()
    }

    /// What was asked of `consume`.
    pub fn reads(&self) -> Vec<read::Order> {
        self.script.borrow().reads.clone()
    }

    pub fn requests(&self) -> Vec<Action> {
        self.script.borrow().requests.clone()
    }

    /// Source and name of each `prepare`.
    pub fn prepared(&self) -> Vec<(Source, Option<String>)> {
        let script = self.script.borrow();
        script.prepared.iter().map(|(chosen, _)| (chosen.source.clone(), chosen.name.clone())).collect()
    }

    pub fn preparations(&self) -> Vec<(Chosen, Preparation)> {
        self.script.borrow().prepared.clone()
    }

    /// The command line of the program that took our place; empty when none did.
    pub fn replaced_by(&self) -> Vec<String> {
        self.script.borrow().replaced_by.clone()
    }
}

impl Engine for Fake {
    fn supervisor(&self, dir: &ClusterDir) -> Result<Option<Supervisor>, Failure> {
        let name = dir.path().file_name().unwrap().to_str().unwrap();
        let runs = self.script.borrow().running.iter().any(|running| running == name);
        Ok(runs.then_some(Supervisor { pid: Some(4600) }))
    }

    async fn act(
        &self,
        _: &ClusterDir,
        request: &Request,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure> {
        let replies = self.script.borrow().replies.clone();
        self.script.borrow_mut().requests.push(request.action.clone());
        replies.into_iter().for_each(on_reply);
        let outcome = self.script.borrow_mut().outcome.take();
        match outcome {
            Some(outcome) => outcome,
            None => std::future::pending().await,
        }
    }

    async fn status(&self, _: &ClusterDir, _: Option<&str>) -> Result<Status, Failure> {
        self.script.borrow_mut().statuses.pop_front().expect("no more statuses are scripted")
    }

    async fn foreground(
        &self,
        plan: &Plan,
        request: &Request,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure> {
        let outcome = self.act(&ClusterDir(plan.dir.clone()), request, &mut *on_reply).await?;
        on_reply(Reply::Done { outcome: outcome.clone() });
        Ok(outcome)
    }

    async fn supervise(&self, _: &ClusterDir) -> Result<(), Failure> {
        Ok(())
    }

    fn spec(&self, source: &Source) -> Result<Spec, Mistakes> {
        if *source == Source::File("wrong.yaml".into()) {
            return Err(Mistakes {
                json: json!({ "file": "wrong.yaml", "mistakes": [] }),
                failure: Failure::new(ExitCode::BadInput, "a mistake in wrong.yaml"),
            });
        }
        let group = NodeGroup { count: 3, ..NodeGroup::default() };
        let mut brokers = group.clone();
        if *source == Source::File("odd.yaml".into()) {
            brokers.settings.config.insert("num.partition".into(), "1".into());
        }
        Ok(Spec {
            name: "velib".into(),
            kafka: KafkaSpec { version: Some("3.9.2".into()), home: None },
            java: None,
            profile: Profile::Fast,
            restart: RestartPolicy::OnFailure,
            port_base: None,
            templates: None,
            zookeeper: group,
            controllers: NodeGroup::default(),
            combined: false,
            brokers,
            topics: Default::default(),
        })
    }

    fn plan(&self, _: &Folders, _: &Chosen) -> Result<Plan, Failure> {
        Ok(Fake::plan(self, "velib"))
    }

    fn prepare(
        &self,
        _: &Folders,
        chosen: &Chosen,
        how: Preparation,
        _: &dyn FetchProgress,
    ) -> Result<Plan, Failure> {
        self.script.borrow_mut().prepared.push((chosen.clone(), how));
        Ok(Fake::plan(self, "velib"))
    }

    fn scale(&self, _: &Folders, _: &ClusterDir, _: u16) -> Result<Scaled, Failure> {
        self.script.borrow_mut().scaled.take().expect("a scale is scripted")
    }

    async fn retire(&self, _: &Folders, _: &ClusterDir, leaving: &Leaving) -> Result<Retired, Failure> {
        self.script.borrow_mut().retired = Some(leaving.clone());
        self.script.borrow_mut().retires.take().expect("a retirement is scripted")
    }

    fn stored_plan(&self, dir: &ClusterDir) -> Result<Plan, Failure> {
        prepare::stored_plan(dir)
    }

    fn render(&self, _: &Plan, out: &Path) -> Result<Vec<PathBuf>, Failure> {
        Ok(vec![out.join("broker-0/config/server.properties")])
    }

    fn checksums(&self, _: &Folders, _: &str, _: &dyn FetchProgress) -> Result<String, Failure> {
        Ok(String::new())
    }

    fn holdings(&self, _: &Folders) -> Result<Vec<Holding>, Failure> {
        Ok(self.script.borrow().cached.clone())
    }

    fn examine(&self, _: &Folders, _: &Source, _: bool) -> Result<Vec<Finding>, Failure> {
        Ok(self.script.borrow().found.clone())
    }

    fn warm(&self, _: &Folders, _: &Source, _: &dyn FetchProgress) -> Result<Vec<Warmed>, Failure> {
        Err(Failure::new(ExitCode::Environment, "no fake fetches anything"))
    }

    fn clear_cache(&self, folders: &Folders, archives_only: bool) -> Result<Cleared, Failure> {
        let (used, removed): (Vec<_>, Vec<_>) = self
            .holdings(folders)?
            .into_iter()
            .filter(|one| cache::is_meant(one, archives_only))
            .partition(|one| !one.used_by.is_empty());
        let freed_bytes = removed.iter().map(|one| one.bytes).sum();
        Ok(Cleared { removed, freed_bytes, kept: used.iter().map(Kept::used).collect() })
    }

    fn delete(&self, dir: &ClusterDir) -> Result<(), Failure> {
        prepare::delete(dir)
    }

    async fn discard(&self, ephemeral: Ephemeral) -> Result<(), Failure> {
        prepare::delete(&ephemeral.dir)
    }

    fn replace(&self, command: Command) -> End {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        self.script.borrow_mut().replaced_by = words.map(|word| word.to_str().unwrap().to_owned()).collect();
        End::Quiet(ExitCode::Ok)
    }

    async fn create_topic(&self, _: &ClusterDir, request: &TopicRequest) -> Result<Created, Failure> {
        self.script.borrow_mut().topic_requests.push(request.clone());
        let Admin::Created(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn topics(&self, _: &ClusterDir) -> Result<Vec<Listed>, Failure> {
        let Admin::Listed(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn describe_topics(&self, _: &ClusterDir, _: Option<&str>) -> Result<Description, Failure> {
        let Admin::Described(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn alter_topic(&self, _: &ClusterDir, _: &Alteration) -> Result<Altered, Failure> {
        let Admin::Altered(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn may_delete_topics(&self, _: &ClusterDir, _: &[String]) -> Result<(), Failure> {
        self.script.borrow_mut().may_delete.take().unwrap_or(Ok(()))
    }

    async fn delete_topics(&self, _: &ClusterDir, topics: &[String]) -> Result<Deleted, Failure> {
        self.script.borrow_mut().deleted.push(topics.to_vec());
        let Admin::Deleted(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn elect_preferred(&self, _: &ClusterDir, _: Option<&str>) -> Result<Vec<Election>, Failure> {
        let Admin::Elected(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn groups(&self, _: &ClusterDir) -> Result<GroupList, Failure> {
        let Groups::Listed(answer) = self.scripted_groups() else { panic!("another operation is scripted") };
        Ok(answer)
    }

    async fn describe_groups(&self, _: &ClusterDir, _: Option<&str>) -> Result<GroupsDescription, Failure> {
        let Groups::Described(answer) = self.scripted_groups() else {
            panic!("another operation is scripted")
        };
        Ok(answer)
    }

    async fn plan_group_reset(&self, _: &ClusterDir, wanted: &Reset) -> Result<ResetPlan, Failure> {
        self.script.borrow_mut().resets.push(wanted.clone());
        let Groups::Planned(answer) = self.scripted_groups() else { panic!("another operation is scripted") };
        answer
    }

    async fn reset_group(&self, _: &ClusterDir, plan: &ResetPlan) -> Result<(), Failure> {
        self.script.borrow_mut().reset.push(plan.clone());
        Ok(())
    }

    async fn may_delete_groups(&self, _: &ClusterDir, _: &[String]) -> Result<(), Failure> {
        match self.script.borrow_mut().groups.take() {
            Some(Groups::MayDelete(may)) => may,
            _ => Ok(()),
        }
    }

    async fn delete_groups(&self, _: &ClusterDir, groups: &[String]) -> Result<DeletedGroups, Failure> {
        self.script.borrow_mut().deleted.push(groups.to_vec());
        Ok(DeletedGroups { deleted: groups.to_vec() })
    }

    async fn consume(
        &self,
        _: &ClusterDir,
        order: &read::Order,
        sink: &mut dyn Sink,
    ) -> Result<read::Ended, End> {
        self.script.borrow_mut().reads.push(order.clone());
        let Admin::Consumed(records, answer) = self.scripted() else {
            panic!("another operation is scripted")
        };
        for record in &records {
            sink.record(0, record)?;
        }
        sink.flush()?;
        Ok(answer?)
    }

    async fn produce(&self, _: &ClusterDir, order: &Order, talk: OnTalk<'_>) -> Result<Ended, Failure> {
        self.script.borrow_mut().orders.push(order.clone());
        let Admin::Produced(answer) = self.scripted() else { panic!("another operation is scripted") };
        talk("broker-1 answers again".to_owned());
        answer
    }

    async fn bench(
        &self,
        _: &ClusterDir,
        order: &BenchOrder,
        _: OnTalk<'_>,
    ) -> Result<bench::Ended, Failure> {
        self.script.borrow_mut().benches.push(order.clone());
        let Admin::Benched(answer) = self.scripted() else { panic!("another operation is scripted") };
        *answer
    }

    async fn quorum(&self, _: &ClusterDir) -> Result<Quorum, Failure> {
        let Admin::Quorum(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn explain_topic(&self, _: &ClusterDir, _: &str) -> Result<Explanation, Failure> {
        let Admin::Explained(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn config(&self, _: &ClusterDir, wanted: &ConfigRequest) -> Result<Configs, Failure> {
        self.script.borrow_mut().config_requests.push(wanted.clone());
        let Admin::Configs(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn propose_moves(&self, _: &ClusterDir, wanted: &Wanted) -> Result<Proposal, Failure> {
        self.script.borrow_mut().wanted.push(wanted.clone());
        self.script.borrow_mut().proposal.take().expect("a proposal is scripted")
    }

    async fn move_replicas(
        &self,
        dir: &ClusterDir,
        moves: &[Move],
        throttle: Option<u64>,
        on_progress: OnProgress<'_>,
    ) -> Result<Moved, Failure> {
        self.script.borrow_mut().carried_out.push((moves.to_vec(), throttle));
        self.watch_moves(dir, on_progress).await
    }

    async fn watch_moves(&self, _: &ClusterDir, on_progress: OnProgress<'_>) -> Result<Moved, Failure> {
        let progress = self.script.borrow().progress.clone();
        progress.iter().for_each(on_progress);
        let moved = self.script.borrow_mut().moved.take();
        match moved {
            Some(moved) => moved,
            None => std::future::pending().await,
        }
    }

    async fn cancel_moves(&self, _: &ClusterDir) -> Result<Moved, Failure> {
        self.script.borrow_mut().moved.take().expect("a cancelled move is scripted")
    }
}

/// A context for one command.
pub fn context<'a>(fake: Fake, screen: &'a mut Screen, cluster: Option<&str>) -> Context<'a, Fake> {
    let folders = Folders { home: fake.home(), cache: fake.home().join("cache") };
    Context { folders, cluster: cluster.map(str::to_owned), engine: fake, screen }
}

/// What a command left behind.
pub struct Ran {
    pub fake: Fake,
    pub code: ExitCode,
    /// The code of a program that it ran.
    pub handed_on: Option<u8>,
    /// Without colours, as `err`.
    pub out: String,
    pub err: String,
}

/// Runs a command line as `main` does. Time is not waited for: it jumps to the next timer.
pub fn run(fake: Fake, line: &str) -> Ran {
    let (screen, out, err) = Screen::recorded();
    run_on(fake, line, screen, out, err)
}

/// The same on a terminal, with somebody who types this when asked.
pub fn run_answering(fake: Fake, line: &str, typed: &str) -> Ran {
    let (screen, out, err) = Screen::recorded();
    run_on(fake, line, screen.typing(typed), out, err)
}

/// The same when nobody reads standard output.
pub fn run_unread(fake: Fake, line: &str) -> Ran {
    let (out, err) = (Record::default(), Record::default());
    run_on(fake, line, Screen::on(Closed, err.clone()), out, err)
}

fn run_on(fake: Fake, line: &str, mut screen: Screen, out: Record, err: Record) -> Ran {
    let words = std::iter::once("cluster").chain(line.split(' '));
    let cli = Cli::try_parse_from(words).unwrap();
    let mut cx = context(fake.clone(), &mut screen, cli.cluster.as_deref());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (code, handed_on) = match runtime.block_on(cli.command.run(&mut cx)) {
        Ok(code) | Err(End::Quiet(code)) => (code, None),
        Err(End::HandedOn(code)) => (ExitCode::Ok, Some(code)),
        Err(End::Failure(failure)) => {
            screen.fail(&failure);
            (failure.code, None)
        }
    };
    Ran { fake, code, handed_on, out: out.text(), err: err.text() }
}
