use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use super::*;
use crate::model::action::Action;
use crate::model::cause::Cause;
use crate::model::exit::Exit;
use crate::model::ids::{NodeName, Role};
use crate::model::outcome::{
    Absence, FailoverResult, KeptDown, NodeOutcome, NodeResult, OutcomeKind, Stop, Summary,
};
use crate::model::reason::{Holder, LastWords, Reason};
use crate::model::refusal::{Harm, NobodyMeant};
use crate::model::signal::Signal;
use crate::model::topic_partition::TopicPartition;
use crate::output::events::samples;
use crate::page::words;

/// Where sentences are said.
const SOURCES: &[&str] =
    &[include_str!("french.rs"), include_str!("french_events.rs"), include_str!("came.rs")];

/// What is in it up to where it ends, cut at the commas and semicolons that are not inside of anything.
fn arguments(call: &str) -> Vec<&str> {
    let (mut depth, mut from, mut found) = (0, 0, Vec::new());
    for (at, c) in call.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => {
                found.push(call[from..at].trim());
                return found;
            }
            ')' | ']' | '}' => depth -= 1,
            ',' | ';' if depth == 0 => {
                found.push(call[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// The sentences that can be said, by their keys: the holes that are filled in each.
fn sentences() -> BTreeMap<String, BTreeSet<String>> {
    let calls =
        SOURCES.iter().flat_map(|source| ["say!(", "say_of!("].map(|call| source.split(call).skip(1)));
    let sentence = |call: &str| {
        let arguments = arguments(call);
        let at = arguments.iter().position(|argument| argument.starts_with('"'))?;
        let counted = (at == 1).then_some("n");
        let name = |argument: &&str| argument.split('=').next().unwrap_or_default().trim().to_owned();
        let filled = arguments[at + 1..].iter().map(name).filter(|name| !name.is_empty());
        Some((arguments[at].trim_matches('"').to_owned(), filled.chain(counted.map(str::to_owned)).collect()))
    };
    calls.flatten().filter_map(sentence).collect()
}

/// The same of the texts: those that depend on a number are one.
fn texts(value: &serde_json::Value, path: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    let holes = |text: &str| -> Vec<String> {
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
    };
    match value {
        serde_json::Value::String(text) => {
            drop(found.insert(path.to_owned(), holes(text).into_iter().collect()))
        }
        serde_json::Value::Object(map) if map.contains_key("other") => {
            let forms = map.values().filter_map(|text| text.as_str());
            let all = forms.flat_map(holes).chain(iter::once("n".to_owned()));
            found.insert(path.to_owned(), all.collect());
        }
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                texts(value, &format!("{path}{}{key}", if path.is_empty() { "" } else { "." }), found);
            }
        }
        other => panic!("{path} is no text: {other}"),
    }
}

#[test]
fn every_sentence_that_can_be_said_has_its_french_with_the_same_holes_and_no_other_is_kept() {
    let engine = Lang::Fr.texts().get_attr("engine").unwrap();
    let mut french = BTreeMap::new();
    texts(&serde_json::to_value(engine).unwrap(), "", &mut french);
    let said = sentences();
    assert!(said.len() > 100, "{said:?}");
    for (key, holes) in &said {
        assert_eq!(french.get(key), Some(holes), "{key}");
    }
    let dead: Vec<_> = french.keys().filter(|key| !said.contains_key(*key)).collect();
    assert!(dead.is_empty(), "nobody says {dead:?}");
}

const B0: NodeName = NodeName { role: Role::Broker, id: 0 };

fn of(summary: Summary, results: Vec<NodeResult>) -> Outcome {
    let nodes = (0..).map(NodeName::broker).zip(results);
    let nodes = nodes.map(|(node, result)| NodeOutcome::new(node, result)).collect();
    Outcome { result: OutcomeKind::Done, summary, nodes }
}

fn french(summary: Summary, results: Vec<NodeResult>) -> String {
    words::outcome(Lang::Fr, &of(summary, results)).plain().replace('\u{a0}', " ")
}

#[test]
fn english_is_what_the_command_line_says() {
    let outcome = of(Summary::Nodes, vec![NodeResult::Paused]);
    assert_eq!(words::outcome(Lang::En, &outcome), Said::from("broker-0: paused"));
}

#[test]
fn answers_read_as_french() {
    let killed = |failover| NodeResult::Killed { signal: Signal::KILL, after_ms: Some(2), failover };
    let failed = |why: &str| NodeResult::Failed { reason: Some(Reason::NotReady { why: why.into() }) };
    let in_order = Stop::InOrder { after_ms: 3449 };
    let forced = NodeResult::Stopped(Stop::Forced { after_ms: 5000 });
    let lost = FailoverResult::Failed { why: "no quorum serves".into() };
    let kept = NodeResult::StaysDown { by: KeptDown::Killed };
    let absent = |why| Summary::OutOfIsr { topic: "t".into(), partition: 3, broker: B0, why };
    let lines = [
        french(Summary::Nodes, vec![]),
        french(Summary::Nodes, vec![NodeResult::Paused, killed(None), killed(Some(lost))]),
        french(Summary::Nodes, vec![NodeResult::Restarted { stop: in_order, ready_after_ms: 61_000 }]),
        french(Summary::Usable { after_ms: 4100 }, vec![NodeResult::Ready { after_ms: None }, kept]),
        french(Summary::Down, vec![forced.clone(), NodeResult::Stopped(in_order)]),
        french(Summary::Down, vec![forced.clone(), forced]),
        french(Summary::NotUp, vec![failed("exit code 1")]),
        french(Summary::NotUp, vec![failed("exit code 1"), NodeResult::Failed { reason: None }]),
        french(Summary::Paused, vec![NodeResult::AlreadyPaused]),
        french(Summary::Paused, vec![NodeResult::Paused]),
        french(Summary::Resumed, vec![NodeResult::Resumed, NodeResult::Resumed]),
        french(Summary::Joined { after_ms: 9000 }, vec![NodeResult::Joined { after_ms: 8000 }]),
        french(absent(Absence::Policy), vec![]),
        french(absent(Absence::CrashLoop), vec![]),
        french(Summary::words("disk full"), vec![]),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r#"
    rien à faire
    broker-0 : suspendu ; broker-1 : tué par SIGKILL, terminé après 2 ms ; broker-2 : tué par SIGKILL, terminé après 2 ms ; le cluster n’a pas pu en être informé, et attendra la fin de sa session : no quorum serves
    broker-0 : arrêté en ordre après 3,4 s, de nouveau prêt après 1 min 1 s
    utilisable après 4,1 s ; restent arrêtés : broker-1 (`cluster start`)
    arrêté ; il a fallu tuer 1 nœud sur 2
    arrêté ; il a fallu tuer 2 nœuds sur 2
    broker-0 n’a pas démarré : exit code 1
    broker-0, broker-1 n’ont pas démarré : exit code 1
    aucun nœud n’a été suspendu
    broker-0 est suspendu
    broker-0, broker-1 ont repris
    broker-0 a rejoint le cluster, utilisable après 9,0 s
    l’ISR de t/3 n’a pas broker-0, qui s’est terminé, et la politique de redémarrage le laisse ainsi ; `cluster start broker-0` le démarre
    l’ISR de t/3 n’a pas broker-0, qui a été abandonné, à force de tomber ; `cluster start broker-0` le démarre, `cluster logs broker-0` dit pourquoi il s’est terminé
    disk full
    "#);
}

#[test]
fn how_a_restart_in_turn_ended_is_told_with_what_was_asked_in_the_readers_language() {
    let action = Action::Restart { nodes: vec![B0], force: false, rolling: true };
    let restarted = NodeResult::Restarted { stop: Stop::InOrder { after_ms: 900 }, ready_after_ms: 2000 };
    let came = Came::Answer(action, of(Summary::Nodes, vec![restarted]));
    assert_eq!(
        came.told(Lang::En),
        Said::from(
            "restart broker-0 --rolling: broker-0: stopped in order after 900 ms, ready again after 2.0 s"
        )
    );
    assert_eq!(
        came.told(Lang::Fr),
        Said::from(
            "restart broker-0 --rolling\u{a0}: broker-0\u{a0}: arrêté en ordre après 900\u{a0}ms, de nouveau prêt après 2,0\u{a0}s"
        )
    );
    assert_eq!(Came::Words("no broker answers\n".into()).told(Lang::Fr), Said::theirs("no broker answers"));
}

#[test]
fn refusals_read_as_french() {
    let partitions = |of: std::ops::Range<i32>| of.map(|p| TopicPartition::new("t", p)).collect::<Vec<_>>();
    let harms = [
        Harm::NoQuorum {
            lost: vec![NodeName::zookeeper(1)],
            role: Role::ZooKeeper,
            live: 0,
            voters: 1,
            needed: 1,
        },
        Harm::NoQuorum { lost: vec![B0], role: Role::Broker, live: 1, voters: 3, needed: 2 },
        Harm::NoBroker { lost: vec![B0, NodeName::broker(1)] },
        Harm::Partitions { lost: vec![B0], offline: partitions(0..1), below_min_isr: partitions(1..8) },
        Harm::Partitions { lost: vec![B0], offline: partitions(0..6), below_min_isr: vec![] },
    ];
    let nobody = [
        NobodyMeant::NoPartition { topic: "t".into(), partition: 9, last: 2 },
        NobodyMeant::NoneUp { role: Role::Controller },
    ];
    let harms = harms.into_iter().map(|harm| Summary::Harm { harm });
    let nobody = nobody.into_iter().map(|why| Summary::NobodyMeant { why });
    let lines: Vec<String> = harms.chain(nobody).map(|summary| french(summary, vec![])).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    sans zookeeper-1, le quorum des serveurs ZooKeeper serait perdu : il en faut 1 en marche sur 1, il en resterait 0
    sans broker-0, le quorum des contrôleurs serait perdu : il en faut 2 en marche sur 3, il en resterait 1
    sans broker-0, broker-1, aucun broker ne serait en marche
    sans broker-0 : t/0 n’aurait plus de leader et t/1-7 passeraient sous l’ISR minimal et refuseraient acks=all
    sans broker-0 : t/0-5 n’auraient plus de leader
    le topic t n’a pas de partition 9 ; ses partitions vont de 0 à 2
    il n’y a aucun contrôleur en marche à choisir
    "#);
}

#[test]
fn reasons_read_as_french_and_quote_in_english() {
    let why = || "BindException: Address already in use".to_owned();
    let reasons = [
        Reason::PortTaken {
            port: 9092,
            holder: Some(Holder { pid: 7, command: "nc -l 9092".into(), cluster: None }),
        },
        Reason::CannotRun { program: "/opt/java".into(), why: why() },
        Reason::Ended { exit: Exit::Code(143) },
        Reason::Ended { exit: Exit::Code(1) },
        Reason::Ended { exit: Exit::Signal(9) },
        Reason::Ended { exit: Exit::Unseen },
        Reason::OutOfMemoryKill { limit_bytes: Some(420 << 20) },
        Reason::OutOfMemoryKill { limit_bytes: None },
        Reason::LastWords(LastWords { cause: Some(Cause::PortTaken), quote: why() }),
        Reason::LastWords(LastWords { cause: None, quote: why() }),
        Reason::StaysDown { by: KeptDown::Stopped },
    ];
    let failed = |reason| of(Summary::Nodes, vec![NodeResult::Failed { reason: Some(reason) }]);
    let said = reasons.map(|reason| words::outcome(Lang::Fr, &failed(reason)));
    let lines = said.each_ref().map(|said| said.plain().replace('\u{a0}', " "));
    insta::assert_snapshot!(lines.join("\n"), @r#"
    broker-0 : son port 9092 est pris par le processus 7 (nc -l 9092)
    broker-0 : /opt/java n’a pas pu être lancé : BindException: Address already in use
    broker-0 : il s’est terminé : code de sortie 143 (SIGTERM)
    broker-0 : il s’est terminé : code de sortie 1
    broker-0 : tué par un SIGKILL que personne de ce programme n’a envoyé
    broker-0 : il s’est terminé : fin inconnue (aucun superviseur ne veillait)
    broker-0 : tué par le noyau, qui n’avait plus de mémoire (la limite du cgroup est de 420 Mio)
    broker-0 : tué par le noyau, qui n’avait plus de mémoire
    broker-0 : son port est pris ; terminez le processus qui l’a, ou donnez au nœud un autre `port` dans la spec (BindException: Address already in use)
    broker-0 : BindException: Address already in use
    broker-0 : arrêté ; le reste jusqu’à `cluster start`
    "#);
    let quoted = serde_json::to_string(&said[8]).unwrap();
    assert!(
        quoted.contains(r#"(<span lang=\"en\">BindException: Address already in use</span>)"#),
        "{quoted}"
    );
}

#[test]
fn the_journal_reads_as_french() {
    let line = |event| words::event(Lang::Fr, &event).plain().replace('\u{a0}', " ").replace('\n', "|");
    let lines = samples::all().into_iter().map(line);
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    superviseur 0.1.0 démarré, pid 4600
    demandé : up, par cluster up (pid 4599)
    ajouté au cluster
    retiré du cluster
    démarré, pid 4701
    repris, toujours en marche avec le pid 4700
    n’a pas pu démarrer : no such file: /opt/java
    enregistrement retiré, puisque son processus n’est plus là (/brokers/ids/0, /controller)
    processus en vie après 1 ms
    port ouvert après 812 ms
    répond dans son protocole après 1,0 s
    enregistré après 1,3 s
    connaît le contrôleur et tous les brokers en vie après 1,9 s
    répliques dans l’ISR après 2,0 s
    prêt après 2,0 s
    enregistré
    broker-0 est le contrôleur
    zookeeper-2 est le leader de ZooKeeper, après zookeeper-1
    topic velib-stations créé : 10 partitions, facteur de réplication 2, comme le dit la spec
    topic velib-stations réglé comme le dit la spec : retention.ms=86400000
    le topic velib-stations n’est pas comme le dit la spec : 12 partitions, the spec says 10
    utilisateurs ajoutés : alice, bob ; retirés : carol, comme le dit la spec
    ACL ajoutées : alice: allow read topic:velib-* ; retirées : bob: allow read topic:velib-*, carol: allow read topic:velib-*, comme le dit la spec
    utilisable après 4,1 s
    réponse : usable
    demandé : kill broker-0 --signal SIGKILL, par cluster kill (pid 4711)
    SIGKILL envoyé au pid 4700 par l’opérateur
    terminé : SIGKILL, 2 ms après le signal
    n’est plus enregistré, 6,1 s après la fin de son processus
    n’est plus enregistré
    broker-1 est le contrôleur, après broker-0
    plus de contrôleur, c’était broker-0
    7 partitions ont changé de leader (velib-stations/0-6 0→1), 0 hors ligne
    1 partition a changé de leader (velib-stations/3 0→aucun), 1 hors ligne
    l’ISR de 2 partitions s’est réduit à [1] (velib-stations/0,2) ; l’ISR d’une partition s’est réduit à [2] (velib-stations/1)
    l’ISR d’une partition s’est étendu à [1,0] (velib-stations/0)
    terminé : code de sortie 1, sans que personne ne l’ait demandé
    terminé : SIGKILL, sans que personne ne l’ait demandé : tué par le noyau, qui n’avait plus de mémoire (la limite du cgroup est de 420 Mio)
    redémarrage 1 immédiat
    redémarrage 2 dans 2,0 s
    abandonné jusqu’à `start`, 5 fins en 1 min : ERROR Fatal error||  at kafka.Kafka|
    abandonné jusqu’à `start`, 5 fins en 1 min
    n’est plus prêt, attend une réponse : no answer within 500 ms
    suspendu
    a repris
    topic old supprimé
    refusé : it would lose the quorum
    réponse, pas fait : broker-0 did not come up
    problème : failed to write state.json: disk full
    superviseur arrêté, pid 4600
    "#);
    let english = samples::all().iter().all(|event| words::event(Lang::En, event) == Said::from(what(event)));
    assert!(english);
}

#[test]
fn an_answer_of_the_journal_is_told_from_its_value_and_quoted_where_there_are_words_only() {
    let line = |event| serde_json::to_string(&words::event(Lang::Fr, &event)).unwrap().replace('\u{a0}', " ");
    let paused = of(Summary::Paused, vec![NodeResult::Paused]);
    let refusal = of(Summary::Harm { harm: Harm::NoBroker { lost: vec![B0] } }, vec![]);
    let lines = [Some(paused), None].into_iter().zip([Some(refusal), None]).flat_map(|(outcome, refusal)| {
        let (request, message) = (1, "in English".to_owned());
        [
            line(Event::Answered { request, ok: true, message: message.clone(), outcome: outcome.clone() }),
            line(Event::Answered { request, ok: false, message: message.clone(), outcome }),
            line(Event::Refused { request, message, outcome: refusal }),
        ]
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    "réponse : broker-0 est suspendu"
    "réponse, pas fait : broker-0 est suspendu"
    "refusé : sans broker-0, aucun broker ne serait en marche"
    "réponse : <span lang=\"en\">in English</span>"
    "réponse, pas fait : <span lang=\"en\">in English</span>"
    "refusé : <span lang=\"en\">in English</span>"
    "#);
}

#[test]
fn whom_a_request_meant_is_said_and_who_asked() {
    let asked = |action: &str, by: &str| {
        let event = Event::Asked { request: 1, action: action.into(), by: by.into(), asked: None };
        words::event(Lang::Fr, &event).plain().replace('\u{a0}', " ")
    };
    assert_eq!(asked("up", "cluster up (pid 7)"), "demandé : up, par cluster up (pid 7)");
    let pause = "pause leader:t/0, that is broker-1";
    assert_eq!(asked(pause, "the page"), "demandé : pause leader:t/0, c’est-à-dire broker-1, par la page");
}
