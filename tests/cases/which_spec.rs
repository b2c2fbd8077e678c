//! Which spec a command is about that names none, and specs that are no files.

use std::io::Write;

use crate::common::home::TestHome;
use crate::common::run::{Run, Running};

/// A command in the home's folder.
fn there(home: &TestHome, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = home.command(arguments);
    command.current_dir(home.root()).envs(variables.iter().copied());
    Running::start(command).finish()
}

#[test]
fn a_spec_that_init_writes_is_the_one_of_its_folder() {
    let home = TestHome::new();
    there(&home, &["init", "--example", "kraft"], &[])
        .ok()
        .says("wrote cluster.yaml; `cluster up` brings it up");
    there(&home, &["plan"], &[]).ok().says("the spec is cluster.yaml").says("cluster kraft,");
    there(&home, &["validate"], &[]).ok().says("cluster.yaml is valid: kraft");
    // Another folder has none.
    std::fs::create_dir(home.root().join("elsewhere")).unwrap();
    let mut command = home.command(&["validate"]);
    command.current_dir(home.root().join("elsewhere"));
    Running::start(command).finish().exits(2).says("there is no cluster.yaml here").says("cluster init");
    home.write("other.yaml", "name: other\nzookeeper: 1\nbrokers: 2\n");
    let variable = [("CLUSTER_SPEC", "other.yaml")];
    there(&home, &["plan"], &variable).ok().says("the spec is other.yaml").says("cluster other,");
    let named = there(&home, &["plan", "other.yaml"], &[]).ok().says("cluster other,");
    assert!(!named.err.contains("the spec is"), "{named}");
    there(&home, &["plan"], &[("CLUSTER_SPEC", "no.yaml")]).exits(3).says("there is no spec no.yaml");
}

#[test]
fn a_new_spec_of_a_folder_is_called_like_the_folder() {
    let home = TestHome::new();
    let folder = home.root().join("Bike Shop");
    std::fs::create_dir(&folder).unwrap();
    let mut command = home.command(&["init", "--yes"]);
    command.current_dir(&folder);
    Running::start(command).finish().ok();
    let text = std::fs::read_to_string(folder.join("cluster.yaml")).unwrap();
    assert!(text.contains("\nname: bike-shop\n"), "{text}");
}

#[test]
fn a_spec_can_come_over_standard_input() {
    let home = TestHome::new();
    let fed = |arguments: &[&str], text: &str| {
        let (running, mut input) = Running::fed(home.command(arguments));
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        running.finish()
    };
    fed(&["plan", "-"], "name: piped\nzookeeper: 1\nbrokers: 2\n").ok().says("cluster piped,");
    fed(&["validate", "-"], "brokers: 2\n").ok().says("<stdin> is valid: stdin,");
    fed(&["plan", "-"], "brokers: 2\ntopic: {}\n").exits(3).says("<stdin>:2:1").says("did you mean `topics`");
    let wrong = fed(&["plan", "-", "--json"], "brokers: 2\ntopic: {}\n").exits(3);
    let told: serde_json::Value = serde_json::from_str(wrong.err.lines().last().unwrap()).unwrap();
    let told = &told["error"];
    assert_eq!((&told["code"], &told["file"]), (&"bad-input".into(), &"<stdin>".into()), "{wrong}");
    assert_eq!((&told["mistakes"][0]["line"], wrong.out.as_str()), (&2.into(), ""), "{wrong}");
    fed(&["up", "-"], "").exits(3).says("the spec <stdin> is empty");
    assert!(home.processes().is_empty());
}

#[test]
fn a_spec_can_come_out_of_a_pipe_that_is_read_once() {
    let home = TestHome::new();
    let pipe = home.root().join("pipe.yaml");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let running = home.start(&["plan", pipe.to_str().unwrap()]);
    std::fs::write(&pipe, "zookeeper: 1\nbrokers: 1\n").unwrap();
    running.finish().ok().says("cluster pipe,");
}
