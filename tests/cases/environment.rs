//! A machine that cannot run Kafka, and one that can though its folders are unusual.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::home::TestHome;
use crate::common::run::{Run, Running};
use crate::common::{specs, until};

fn up(home: &TestHome, set: &[(&str, &str)]) -> Run {
    let spec = home.write("env.yaml", specs::single("env"));
    let mut command = home.command(&["up", &spec]);
    command.envs(set.iter().copied());
    Running::start(command).finish()
}

#[test]
fn a_java_or_kafka_that_cannot_be_used_is_named() {
    let home = TestHome::new();
    let empty = home.root().join("user").into_os_string().into_string().unwrap();
    up(&home, &[("JAVA_HOME", &empty)]).exits(6).says(&empty);
    up(&home, &[("KAFKA_HOME", &empty)]).exits(6).says(&empty);

    let mut command = home.command(&["up", &home.write("env.yaml", specs::single("env"))]);
    command.env("PATH", &empty).env_remove("JAVA_HOME");
    Running::start(command).finish().exits(6).says("java");
    assert!(home.processes().is_empty());
    assert!(!home.state().join("env").join("plan.json").exists());
}

#[test]
fn a_java_too_old_or_too_new_is_refused_with_those_that_would_do() {
    let home = TestHome::new();
    fs::create_dir_all(home.root().join("java/bin")).unwrap();
    let java = home.root().join("java").into_os_string().into_string().unwrap();
    for (kafka, version, says) in [
        ("3.9.2", "1.7.0_80", "needs java 8 to 25; java 7 was found: version 1.7.0_80"),
        ("3.9.2", "26.0.1", "needs java 8 to 25; java 26 was found: version 26.0.1"),
        ("3.9.0", "24", "needs java 8 to 23; java 24 was found: version 24"),
        ("0.10.2.2", "21.0.2", "needs java 8 to 17; java 21 was found: version 21.0.2"),
    ] {
        // What `java -XshowSettings:properties -version` prints; anything else would be a start of Kafka.
        let script = format!(
            "#!/bin/sh\n[ \"$*\" = '-XshowSettings:properties -version' ] || touch {java}/started\n\
             printf 'Property settings:\\n    java.version = {version}\\n\\n' >&2\n"
        );
        fs::set_permissions(home.write("java/bin/java", script), fs::Permissions::from_mode(0o755)).unwrap();
        let spec = home.write("old.yaml", format!("kafka: {{ version: {kafka} }}\n"));
        let mut command = home.command(&["up", &spec]);
        command.env("JAVA_HOME", &java);
        let run = Running::start(command).finish().exits(6);
        run.says(&format!("kafka {kafka} {says}")).says(&java).says("JAVA_HOME").says("hint: set `java`");
    }
    assert!(!home.root().join("java/started").exists());
    assert_eq!(fs::read_dir(home.state()).unwrap().count(), 0);
    assert!(home.processes().is_empty());
}

#[test]
fn a_home_that_cannot_be_written_is_named() {
    let home = TestHome::new();
    // A file is in the way: that holds for root too.
    let file = home.write("file", "");
    let inside = format!("{file}/state");
    let run = up(&home, &[("CLUSTER_HOME", &inside)]).says(&file);
    assert!([1, 7].contains(&run.code), "{run}");
    assert!(home.processes().is_empty());
}

#[test]
fn a_home_too_long_for_a_socket_path_simply_works() {
    let home = TestHome::with_cluster();
    let long = home.state().join("d".repeat(120)).join("e".repeat(100));
    fs::create_dir_all(&long).unwrap();
    let long_text = long.to_str().unwrap();
    assert!(long_text.len() > 200);
    let set = [("CLUSTER_HOME", long_text)];
    up(&home, &set).ok();
    let run = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command.envs(set);
        Running::start(command).finish()
    };
    run(&["status"]).ok().says("healthy");
    run(&["kill", "broker-0", "--force"]).ok();
    run(&["start", "broker-0"]).ok();
    run(&["down"]).ok();
    until("everything's end", || home.processes().is_empty().then_some(()));
    assert_eq!(fs::metadata(long.join("env")).unwrap().permissions().mode() & 0o777, 0o700);
}
