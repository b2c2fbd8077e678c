use super::*;
use crate::model::outcome::OutcomeKind;
use crate::model::signal::Signal;

const B0: NodeName = NodeName { role: Role::Broker, id: 0 };
const B1: NodeName = NodeName { role: Role::Broker, id: 1 };

fn outcome(summary: Summary, results: Vec<NodeResult>) -> Outcome {
    let nodes = (0..).map(NodeName::broker).zip(results);
    let nodes = nodes.map(|(node, result)| NodeOutcome::new(node, result)).collect();
    Outcome { result: OutcomeKind::Done, summary, nodes }
}

fn kill(after_ms: Option<u64>, failover: Option<FailoverResult>) -> NodeResult {
    NodeResult::Killed { signal: Signal::KILL, after_ms, failover }
}

/// Every shape of a result.
fn results() -> Vec<NodeResult> {
    let in_order = Stop::InOrder { after_ms: 412 };
    let lost = FailoverResult::Failed { why: "no quorum serves".into() };
    vec![
        NodeResult::Ready { after_ms: None },
        NodeResult::Ready { after_ms: Some(3449) },
        NodeResult::AlreadyRunning,
        NodeResult::StaysDown { by: KeptDown::Killed },
        NodeResult::StaysDown { by: KeptDown::Stopped },
        NodeResult::Failed { reason: None },
        NodeResult::Failed { reason: Some(Reason::NotReady { why: "exit code 1".into() }) },
        NodeResult::Stopped(in_order),
        NodeResult::Stopped(Stop::WithoutQuorum { after_ms: 9 }),
        NodeResult::Stopped(Stop::Forced { after_ms: 5000 }),
        NodeResult::Stopped(Stop::Killed { signal: Signal::QUIT, after_ms: 7 }),
        NodeResult::Stopped(Stop::ByItself),
        kill(None, None),
        kill(Some(8), Some(FailoverResult::Done)),
        kill(Some(8), Some(lost)),
        NodeResult::StillThere { signal: Signal::TERM },
        NodeResult::AlreadyDown { stays_down: false, failover: None },
        NodeResult::AlreadyDown { stays_down: true, failover: Some(FailoverResult::Done) },
        NodeResult::Gone,
        NodeResult::Restarted { stop: in_order, ready_after_ms: 3000 },
        NodeResult::Restarted { stop: Stop::WasDown, ready_after_ms: 3000 },
        NodeResult::Sent { signal: Signal::CONT },
        NodeResult::Paused,
        NodeResult::AlreadyPaused,
        NodeResult::NothingToPause,
        NodeResult::Resumed,
        NodeResult::NotPaused,
        NodeResult::NothingToResume,
        NodeResult::Joined { after_ms: 1234 },
        NodeResult::AlreadyMember,
        NodeResult::Forgotten,
        NodeResult::NoMember,
        NodeResult::Left { stop: in_order, kept_data: true, dir: "/velib/broker-2".into() },
        NodeResult::Left { stop: Stop::WasDown, kept_data: false, dir: "/velib/broker-2".into() },
    ]
}

#[test]
fn every_result_has_its_words_and_says_whether_anything_changed() {
    let line = |result: NodeResult| {
        let outcome = NodeOutcome::new(B0, result);
        format!("{} {}\n", if outcome.is_unchanged() { "=" } else { "*" }, outcome.result)
    };
    insta::assert_snapshot!(results().into_iter().map(line).collect::<String>(), @r#"
    * ready
    * ready after 3.4 s
    = already running
    = killed; stays down until `cluster start`
    = stopped; stays down until `cluster start`
    * it ended
    * exit code 1
    * stopped in order after 412 ms
    * stopped after 9 ms, not waiting for a quorum that is gone
    * did not stop in order; killed with SIGKILL after 5.0 s
    * killed with SIGQUIT after 7 ms
    * ended by itself
    * killed with SIGKILL
    * killed with SIGKILL, gone after 8 ms; the cluster was told
    * killed with SIGKILL, gone after 8 ms; the cluster could not be told, and will wait for its session to end: no quorum serves
    * sent SIGTERM; its process is still there
    = already down
    = already down; stays down; the cluster was told
    = gone
    * stopped in order after 412 ms, ready again after 3.0 s
    * was down, ready again after 3.0 s
    * sent SIGCONT
    * paused
    = already paused
    = is down
    * resumed
    = was not paused
    = is down; `cluster start` starts it
    * joined, ready after 1.2 s
    = a member already
    * no longer a member
    = no member already
    * stopped in order after 412 ms; no longer a member, its data is kept in /velib/broker-2
    * was down; no longer a member, its data is deleted from /velib/broker-2
    "#);
}

#[test]
fn every_result_is_read_back_as_it_is_written() {
    let written: Vec<String> =
        results().iter().map(|result| serde_json::to_string(result).unwrap()).collect();
    let read: Vec<NodeResult> = written.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
    assert_eq!(read, results());
    insta::assert_snapshot!(written.join("\n"), @r#"
    {"kind":"ready"}
    {"kind":"ready","after_ms":3449}
    {"kind":"already-running"}
    {"kind":"stays-down","by":"killed"}
    {"kind":"stays-down","by":"stopped"}
    {"kind":"failed","why":null}
    {"kind":"failed","why":"exit code 1","reason":{"kind":"not-ready","why":"exit code 1"}}
    {"kind":"stopped","how":"in-order","after_ms":412}
    {"kind":"stopped","how":"without-quorum","after_ms":9}
    {"kind":"stopped","how":"forced","after_ms":5000}
    {"kind":"stopped","how":"killed","signal":"SIGQUIT","after_ms":7}
    {"kind":"stopped","how":"by-itself"}
    {"kind":"killed","signal":"SIGKILL","after_ms":null}
    {"kind":"killed","signal":"SIGKILL","after_ms":8,"failover":{"kind":"done"}}
    {"kind":"killed","signal":"SIGKILL","after_ms":8,"failover":{"kind":"failed","why":"no quorum serves"}}
    {"kind":"still-there","signal":"SIGTERM"}
    {"kind":"already-down","stays_down":false}
    {"kind":"already-down","stays_down":true,"failover":{"kind":"done"}}
    {"kind":"gone"}
    {"kind":"restarted","stop":{"how":"in-order","after_ms":412},"ready_after_ms":3000}
    {"kind":"restarted","stop":{"how":"was-down"},"ready_after_ms":3000}
    {"kind":"sent","signal":"SIGCONT"}
    {"kind":"paused"}
    {"kind":"already-paused"}
    {"kind":"nothing-to-pause"}
    {"kind":"resumed"}
    {"kind":"not-paused"}
    {"kind":"nothing-to-resume"}
    {"kind":"joined","after_ms":1234}
    {"kind":"already-member"}
    {"kind":"forgotten"}
    {"kind":"no-member"}
    {"kind":"left","stop":{"how":"in-order","after_ms":412},"kept_data":true,"dir":"/velib/broker-2"}
    {"kind":"left","stop":{"how":"was-down"},"kept_data":false,"dir":"/velib/broker-2"}
    "#);
}

#[test]
fn the_message_counts_and_names_the_nodes_that_it_is_about() {
    let killed = |signal| NodeResult::Stopped(Stop::Killed { signal, after_ms: 7 });
    let forced = NodeResult::Stopped(Stop::Forced { after_ms: 5000 });
    let failed = |why: &str| NodeResult::Failed { reason: Some(Reason::NotReady { why: why.into() }) };
    let (paused, was_paused) = (NodeResult::Paused, NodeResult::AlreadyPaused);
    let restarted = NodeResult::Restarted { stop: Stop::ByItself, ready_after_ms: 1000 };
    let stays = NodeResult::StaysDown { by: KeptDown::Killed };
    let absent = |why| Summary::OutOfIsr { topic: "t".into(), partition: 0, broker: B1, why };
    for (outcome, message) in [
        (outcome(Summary::Nodes, vec![]), "nothing to do"),
        (outcome(Summary::Nodes, vec![paused.clone()]), "broker-0: paused"),
        (
            outcome(Summary::Down, vec![forced, killed(Signal::KILL), killed(Signal::QUIT)]),
            "down; 2 of 3 nodes had to be killed",
        ),
        (
            outcome(Summary::NotUp, vec![restarted, failed("exit code 1"), failed("x")]),
            "broker-1, broker-2 did not come up: exit code 1",
        ),
        (outcome(Summary::Paused, vec![was_paused.clone(), paused]), "paused broker-1"),
        (outcome(Summary::Paused, vec![was_paused]), "paused no node"),
        (
            outcome(Summary::Usable { after_ms: 1249 }, vec![stays, NodeResult::AlreadyRunning]),
            "usable after 1.2 s; kept down: broker-0 (`cluster start`)",
        ),
        (
            outcome(absent(Absence::Paused), vec![]),
            "t/0 lacks broker-1 in its ISR, which is paused; `cluster resume broker-1` lets it go on",
        ),
        (
            outcome(absent(Absence::KeptDown), vec![]),
            "t/0 lacks broker-1 in its ISR, which is kept down; `cluster start broker-1` starts it",
        ),
        (
            outcome(Summary::NotRestarted { nodes: vec![B1, B0] }, vec![]),
            "nobody waits for it any more; not restarted: broker-1, broker-0",
        ),
    ] {
        assert_eq!(outcome.message(), message);
        let json = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<Outcome>(&json).unwrap(), outcome, "over the socket");
    }
}

#[test]
fn a_refusal_says_what_would_break_or_whom_nobody_found() {
    let lost = || vec![B0, B1];
    let partitions = |count| (0..count).map(|number| TopicPartition::new("t", number)).collect::<Vec<_>>();
    let harms = [
        Harm::NoQuorum { lost: lost(), role: Role::ZooKeeper, live: 1, voters: 3, needed: 2 },
        Harm::NoQuorum { lost: lost(), role: Role::Controller, live: 1, voters: 3, needed: 2 },
        Harm::NoBroker { lost: lost() },
        Harm::Partitions { lost: lost(), offline: partitions(1), below_min_isr: partitions(0) },
        Harm::Partitions { lost: lost(), offline: partitions(2), below_min_isr: partitions(7) },
    ];
    let (topic, partition) = (|| "t".to_owned(), 3);
    let nobody = [
        NobodyMeant::NoController,
        NobodyMeant::NoZooKeeper,
        NobodyMeant::NoZooKeeperLeader,
        NobodyMeant::TopicsUnknown,
        NobodyMeant::NoTopic { topic: topic() },
        NobodyMeant::NoPartition { topic: topic(), partition, last: 2 },
        NobodyMeant::NoLeader { topic: topic(), partition },
        NobodyMeant::NoFollower { topic: topic(), partition },
        NobodyMeant::NoneUp { role: Role::Controller },
    ];
    let plan = |busy| Summary::OtherPlan { path: "/velib/plan.json".into(), busy };
    let rest = [plan(None), plan(Some(B1)), Summary::WasNotRunning { cluster: "velib".into() }];
    let summaries = harms.map(|harm| Summary::Harm { harm }).into_iter();
    let summaries = summaries.chain(nobody.map(|why| Summary::NobodyMeant { why })).chain(rest);
    let line = |summary: Summary| {
        let outcome = Outcome::of(OutcomeKind::Refused, summary);
        let json = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<Outcome>(&json).unwrap(), outcome, "over the socket");
        outcome.message()
    };
    insta::assert_snapshot!(summaries.map(line).collect::<Vec<_>>().join("\n"), @r"
    without broker-0, broker-1 the ZooKeeper quorum would be lost: 1 of 3 servers would be up, 2 are needed
    without broker-0, broker-1 the quorum of controllers would be lost: 1 of 3 controllers would be up, 2 are needed
    without broker-0, broker-1 no broker would be up
    losing broker-0, broker-1 would take t/0 offline
    losing broker-0, broker-1 would take t/0,1 offline and take t/0-6 below min ISR, refusing acks=all
    nobody could tell who the controller is
    this cluster has no ZooKeeper; `controller` leads its quorum
    no ZooKeeper server says that it leads
    no broker could tell of topics
    there is no topic t
    topic t has no partition 3; its partitions are 0 to 2
    t/3 has no leader
    t/3 has no follower that is up
    no controller is up to choose from
    /velib/plan.json is not the plan that runs: somebody has changed or removed it; `cluster down` and then `cluster up` carry it out
    /velib/plan.json is not the plan that runs (broker-1 runs and is not in it): somebody has changed or removed it; `cluster down` and then `cluster up` carry it out
    velib was not running
    ");
}
