//! The page for programs: its OpenAPI document is true, and what is asked wrongly is told so.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use cluster::model::event::Event;
use cluster::model::status::NodeState;
use serde_json::{Value, json};

use super::groups::produce;
use crate::common::cluster::Cluster;
use crate::common::home::cache;
use crate::common::run::Running;
use crate::common::ui::Ui;
use crate::common::{shared, specs};

/// Asks, and holds every answer against the document.
struct Program {
    ui: Ui,
    base: String,
    document: Value,
    asked: BTreeSet<String>,
}

impl Program {
    fn of(cluster: &Cluster) -> Self {
        let ui = Ui::of(cluster, &[]);
        let (code, document) = ui.ask("GET /api/v1/openapi.json", "");
        assert_eq!(code, 200);
        Program { ui, base: format!("/api/v1/clusters/{}", cluster.name), document, asked: BTreeSet::new() }
    }

    /// An operation by its name in the document, with what stands for the names in its path and its query.
    #[track_caller]
    fn ask(&mut self, id: &str, names: &[&str], query: &str, body: Value) -> (u16, Value) {
        let paths = self.document["paths"].as_object().unwrap();
        let named = |(path, methods): (&String, &Value)| {
            let found = methods.as_object().unwrap().iter().find(|(_, one)| one["operationId"] == id)?;
            Some((path.clone(), found.0.to_uppercase(), found.1.clone()))
        };
        let (path, method, operation) = paths.iter().find_map(named).unwrap_or_else(|| panic!("no {id}"));
        let mut path = path.replace("{cluster}", self.base.rsplit('/').next().unwrap());
        for name in names {
            let (from, to) = (path.find('{').unwrap(), path.find('}').unwrap());
            path.replace_range(from..=to, name);
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (code, answer) = self.ui.ask(&format!("{method} {path}{query}"), &body);
        let response = if code == 200 { "200" } else { "default" };
        let schema = &operation["responses"][response]["content"]["application/json"]["schema"];
        self.hold(id, schema, &answer);
        if code == 200 {
            self.asked.insert(id.to_owned());
        }
        (code, answer)
    }

    /// What is told and what the document says are the same: no field is missing and none is more.
    #[track_caller]
    fn hold(&self, id: &str, schema: &Value, answer: &Value) {
        let mut components = self.document["components"].clone();
        for schema in components["schemas"].as_object_mut().unwrap().values_mut() {
            if schema["type"] == "object" {
                schema["unevaluatedProperties"] = json!(false);
            }
        }
        let mut whole = schema.clone();
        whole["components"] = components;
        let validator = jsonschema::validator_for(&whole).unwrap();
        let wrong: Vec<_> = validator.iter_errors(answer).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{id}: {wrong:#?} in {answer:#}");
        if let Some(fields) = answer.as_object().filter(|_| id != "watch") {
            let one_more =
                fields.iter().map(|(key, value)| (key.as_str(), value.clone())).chain([("x", json!(1))]);
            assert!(!validator.is_valid(&one_more.collect()), "{id}: the document takes any field");
        }
    }

    #[track_caller]
    fn done(&mut self, id: &str, names: &[&str], body: Value) -> Value {
        let (code, answer) = self.ask(id, names, "", body);
        assert_eq!(code, 200, "{id}: {answer:#}");
        answer
    }
}

/// What is told to whoever watches, until it has this text.
fn hears(stream: &mut TcpStream, heard: &mut String, text: &str) {
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    while !heard.contains(text) {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).unwrap_or_else(|error| panic!("{error} before {text} in {heard}"));
        assert!(read > 0, "it ended before {text} in {heard}");
        heard.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
}

#[test]
fn a_program_can_look_and_change_and_every_answer_is_as_the_openapi_document_says() {
    let topics = "topics: { bikes: { partitions: 2, replication_factor: 1 } }\n";
    let cluster = Cluster::up(&specs::sized("page-api", 1, 2, topics));
    produce(&cluster, 0, 5);
    cluster.run(&["consume", "bikes", "--group", "night / riders", "--from-beginning", "-n", "3"]).ok();
    let mut program = Program::of(&cluster);
    let mut heard = String::new();
    let mut watch = TcpStream::connect(("127.0.0.1", program.ui.port)).unwrap();
    let head = format!("Host: localhost:{}\r\nAuthorization: Bearer {}", program.ui.port, program.ui.token);
    write!(watch, "GET {}/watch HTTP/1.1\r\n{head}\r\n\r\n", program.base).unwrap();
    hears(&mut watch, &mut heard, "event: status");
    assert!(!heard.contains("event: event"), "what was there before is not told: {heard}");

    let listed = program.done("clusters", &[], Value::Null);
    assert_eq!((&listed[0]["name"], &listed[0]["running"]), (&json!(cluster.name), &json!(true)));
    let status = program.done("status", &[], Value::Null);
    assert_eq!(status["verdict"]["state"], "healthy");
    let (_, one) = program.ask("status", &[], "?topic=bikes", Value::Null);
    assert_eq!(one["topics"].as_object().unwrap().len(), 1);

    let created = program.done("createTopic", &[], json!({ "name": "trips", "partitions": 1 }));
    assert_eq!(created["partitions"], 1);
    let altered = json!({ "partitions": 3, "set": { "retention.ms": "1000" } });
    assert_eq!(program.done("alterTopic", &["trips"], altered)["partitions"]["after"], 3);
    let listed = program.done("topics", &[], Value::Null);
    assert_eq!(listed.as_array().unwrap().len(), 3, "{listed:#}");
    assert_eq!(program.done("topic", &["trips"], Value::Null)["topics"][0]["partition_count"], 3);
    let config = program.done("topicConfig", &["trips"], Value::Null);
    let settings = config["settings"].as_array().unwrap();
    assert!(settings.iter().any(|one| one["key"] == "retention.ms" && one["value"] == "1000"), "{config:#}");
    assert_eq!(program.done("explain", &["bikes"], Value::Null)["brokers_may_fail"], 0);
    program.done("electTopic", &["bikes"], Value::Null);
    program.done("elect", &[], Value::Null);
    assert_eq!(program.done("deleteTopic", &["trips"], Value::Null)["deleted"][0], "trips");

    let sent = json!({ "key": "7", "value_base64": "/w==", "headers": [["city", "Lyon"]], "partition": 1, "timestamp": 1000 });
    let landed = program.done("send", &["bikes"], sent);
    assert_eq!(landed["partition"], 1);
    let offset = landed["offset"].as_i64().unwrap();
    let (_, page) =
        program.ask("messages", &["bikes"], &format!("?partition=1&offset={offset}"), Value::Null);
    let message = &page["messages"][0];
    assert_eq!((&message["key"], &message["value_base64"]), (&json!("7"), &json!("/w==")), "{page:#}");
    assert_eq!((&message["headers"], &message["timestamp"]), (&json!([["city", "Lyon"]]), &json!(1000)));
    assert_eq!(program.done("messages", &["bikes"], Value::Null)["messages"].as_array().unwrap().len(), 6);

    let replicas = &program.done("topic", &["bikes"], Value::Null)["topics"][0]["partitions"][0]["replicas"];
    let other = if *replicas == json!([0]) { 1 } else { 0 };
    program.done("proposeMoves", &[], json!({ "topics": ["bikes"] }));
    let plan =
        json!({ "version": 1, "partitions": [{ "topic": "bikes", "partition": 0, "replicas": [other] }] });
    let moved = program.done("move", &[], json!({ "plan": plan }));
    assert_eq!((&moved["result"], &moved["moves"][0]["after"]), (&json!("moved"), &json!([other])));
    assert_eq!(program.done("moves", &[], Value::Null)["is_running"], false);
    assert_eq!(program.done("cancelMoves", &[], Value::Null)["result"], "nothing");

    let group = "night%20%2F%20riders";
    assert_eq!(program.done("groups", &[], Value::Null)["groups"][0]["group"], "night / riders");
    let described = program.done("group", &[group], Value::Null);
    assert_eq!(described["groups"][0]["group"], "night / riders");
    let plan = program.done("resetGroup", &[group], json!({ "to": "latest", "dry_run": true }));
    assert_eq!(plan["done"], false);
    let reset =
        program.done("resetGroup", &[group], json!({ "to": { "offset": 0 }, "topics": { "bikes": [0] } }));
    assert_eq!((&reset["done"], &reset["partitions"][0]["after"]), (&json!(true), &json!(0)));
    program.done("deleteGroup", &[group], Value::Null);
    program.done("nodeConfig", &["broker-0"], Value::Null);
    program.done("disks", &[], Value::Null);

    let paused = program.done("act", &[], json!({ "action": "pause", "nodes": ["broker-0"], "force": true }));
    assert_eq!((&paused["result"], &paused["nodes"][0]["node"]), (&json!("done"), &json!("broker-0")));
    hears(&mut watch, &mut heard, "\"event\":\"paused\"");
    cluster.until_state("broker-0", NodeState::Paused);
    program.done("act", &[], json!({ "action": "resume", "nodes": ["broker-0"] }));
    hears(&mut watch, &mut heard, "\"event\":\"resumed\"");
    let events = program.done("events", &[], Value::Null);
    let last = events.as_array().unwrap().last().unwrap()["seq"].as_u64().unwrap();
    let (_, later) = program.ask("events", &[], &format!("?after={}&limit=1", last - 2), Value::Null);
    assert_eq!((later.as_array().unwrap().len(), later[0]["seq"].as_u64()), (1, Some(last - 1)));
    let by_page = |event: &Event| matches!(event, Event::Asked { by, .. } if by == "the page");
    assert_eq!(cluster.journal().iter().filter(|entry| by_page(&entry.event)).count(), 2);

    // A command that names the cache from where it stands starts a supervisor, which stands elsewhere.
    cluster.kill_supervisor();
    let mut command = cluster.command(&["status"]);
    let cache = cache();
    command.current_dir(cache.parent().unwrap()).env("CLUSTER_CACHE", cache.file_name().unwrap());
    Running::start(command).finish().ok();
    let environment = std::fs::read(format!("/proc/{}/environ", cluster.supervisor().unwrap().pid)).unwrap();
    let told = format!("CLUSTER_CACHE={}", cache.display());
    assert!(environment.split(|byte| *byte == 0).any(|one| one == told.as_bytes()), "no {told}");
    let scaled = program.done("scale", &[], json!({ "brokers": 3 }));
    assert_eq!((&scaled["brokers"], &scaled["added"]), (&json!(3), &json!(["broker-2"])), "{scaled:#}");
    assert!(scaled["usable_after_ms"].is_u64(), "{scaled:#}");
    cluster.until_state("broker-2", NodeState::Ready);
    let (code, held) = program.ask("decommission", &["broker-1"], "", Value::Null);
    assert!(code == 400 && held["message"].as_str().unwrap().contains("holds replicas of"), "{held:#}");
    let folder = cluster.dir().path().join("broker-2");
    assert!(folder.is_dir());
    let left = program.done("decommission", &["broker-2"], Value::Null);
    assert_eq!(
        (&left["nodes"][0]["node"], &left["nodes"][0]["result"]["kind"]),
        (&json!("broker-2"), &json!("left"))
    );
    assert!(!folder.exists());
    assert_eq!(cluster.status().nodes.len(), 3, "a coordinator and two brokers");
    assert_eq!(
        cluster.journal().iter().filter(|entry| by_page(&entry.event)).count(),
        5,
        "scale, stop, forget"
    );

    let (code, told) = program.ask("quorum", &[], "", Value::Null);
    let is_kraft = specs::coordinator(1).to_string().starts_with("controller");
    assert_eq!(code, if is_kraft { 200 } else { 400 }, "{told:#}");

    // The answer comes whole before the page goes with its cluster, and who watches is told why nothing follows.
    let mut watch = TcpStream::connect(("127.0.0.1", program.ui.port)).unwrap();
    write!(watch, "GET {}/watch HTTP/1.1\r\n{head}\r\n\r\n", program.base).unwrap();
    let mut last = String::new();
    hears(&mut watch, &mut last, "event: status");
    let down = program.done("down", &[], Value::Null);
    assert_eq!((&down["result"], down["nodes"].as_array().unwrap().len()), (&json!("done"), 3), "{down:#}");
    hears(&mut watch, &mut last, "event: down");
    hears(&mut watch, &mut last, "was taken down");
    assert!(!last.contains("event: lost"), "it is not lost but down: {last}");
    cluster.assert_nothing_runs();
    assert!(matches!(cluster.journal().last().unwrap().event, Event::SupervisorStopped { .. }));
    heard.push_str(&last);

    // Of what was told, each line is what the document says.
    let seen = &program.document["paths"]["/api/v1/clusters/{cluster}/watch"]["get"]["responses"]["200"]["content"]
        ["text/event-stream"]["schema"];
    let lines = heard.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok());
    let lines: Vec<Value> = lines.collect();
    assert!(lines.len() > 5);
    lines.iter().for_each(|line| program.hold("watch", seen, line));

    let of_document = program.document["paths"].as_object().unwrap().values();
    let all = of_document.flat_map(|methods| methods.as_object().unwrap().values());
    for id in all.map(|operation| operation["operationId"].as_str().unwrap()) {
        assert!(program.asked.contains(id) || ["watch", "quorum"].contains(&id), "{id} was never asked");
    }
}

#[test]
fn a_program_that_asks_wrongly_is_told_what_is_wrong_and_changes_nothing() {
    let cluster = shared::cluster();
    let mut program = Program::of(cluster);
    let base = program.base.clone();
    for (line, body, code, why) in [
        (format!("GET {base}/no-such"), "", 404, "openapi.json"),
        ("GET /api/v1/clusters/nobody/status".to_owned(), "", 404, "no cluster `nobody`"),
        (format!("GET {base}/status?topics=bikes"), "", 400, "unknown field `topics`"),
        (format!("GET {base}/status?topic=x&limit=1"), "", 400, "unknown field `limit`"),
        (format!("GET {base}/topics/nobody"), "", 400, "nobody"),
        (format!("POST {base}/topics"), "{", 400, "body"),
        (format!("POST {base}/topics"), r#"{"name":"x","partition":3}"#, 400, "unknown field `partition`"),
        (format!("POST {base}/topics"), r#"{"name":"bikes"}"#, 400, "exists already"),
        (
            format!("POST {base}/topics"),
            r#"{"name":"x","assignment":[[0]],"partitions":1}"#,
            400,
            "in the place of",
        ),
        (
            format!("PATCH {base}/topics/bikes"),
            r#"{"set":{"retention.ms":"1"},"delete":["retention.ms"]}"#,
            400,
            "to be set and to be deleted",
        ),
        (format!("GET {base}/topics/bikes/messages?offset=1&time_ms=1"), "", 400, "at most one of"),
        (format!("POST {base}/topics/bikes/messages"), r#"{"key":"7"}"#, 400, "no `value`"),
        (format!("POST {base}/moves"), r#"{"plan":{"version":2,"partitions":[]}}"#, 400, "version 2"),
        (format!("POST {base}/actions"), r#"{"action":"kill","nodes":["broker-9"]}"#, 400, "broker-9"),
        (format!("POST {base}/actions"), r#"{"action":"kill","nodes":["<b>"]}"#, 400, "<b>"),
        (format!("POST {base}/scale"), r#"{"brokers":101}"#, 400, "1 to 100"),
        (format!("POST {base}/scale"), r#"{"brokers":1}"#, 400, "are fewer"),
        (format!("DELETE {base}/nodes/broker-9"), "", 400, "no broker `broker-9`"),
        (format!("DELETE {base}/nodes/broker-0"), "", 400, "without broker-0 there would be"),
        (format!("POST {base}/actions"), r#"{"action":"down","nodes":["broker-0"]}"#, 400, "unknown variant"),
    ] {
        let (was, answer) = program.ui.ask(&line, body);
        let message = answer["message"].as_str().unwrap();
        assert!(was == code && message.contains(why), "{line} {body}: {was} {answer:#}");
    }
    let last = specs::coordinator(1).to_string();
    let (code, refused) = program.ask("act", &[], "", json!({ "action": "kill", "nodes": [last] }));
    assert_eq!((code, &refused["result"]), (409, &json!("refused")), "a guard's answer");
    assert_eq!(program.ui.ask(&format!("POST {base}/topics"), &"x".repeat(100 << 10)).0, 413);

    let look = Ui::of(cluster, &["--read-only"]);
    program.ui.token = look.token;
    let (code, answer) = program.ui.ask(&format!("DELETE {base}/topics/bikes"), "");
    assert_eq!((code, &answer["code"]), (403, &json!("usage")));
    assert_eq!(program.ui.ask(&format!("DELETE {base}/nodes/broker-0"), "").0, 403);
    assert_eq!(program.ui.ask(&format!("POST {base}/scale"), r#"{"brokers":9}"#).0, 403);
    assert_eq!(program.ui.ask(&format!("POST {base}/down"), "").0, 403);
    assert_eq!(program.ask("status", &[], "", Value::Null).0, 200, "it may look");
    program.ui.token = "0".repeat(32);
    let (code, answer) = program.ui.ask(&format!("GET {base}/status"), "");
    assert!(code == 401 && answer["message"].as_str().unwrap().contains("token"), "{answer:#}");
    assert!(cluster.status().topics.unwrap().contains_key("bikes"));
    assert_eq!(cluster.node(&last).state, NodeState::Ready);
}
