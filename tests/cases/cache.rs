//! `cluster cache`: what is warmed is used, what is used is kept, what is not used goes.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::home::{TestHome, learn_ports};
use crate::common::run::{Run, Running};
use crate::common::{java, shared, specs};

#[test]
fn what_is_warmed_is_used_and_kept_until_nothing_runs_on_it() {
    let kafka = shared::cluster().plan().kafka.home;
    let home = TestHome::with_cluster();
    // Nobody else's archives are at stake.
    let cache = home.root().join("cache");
    let single = specs::single("warm");
    let mut lines: Vec<&str> = single.lines().filter(|line| !line.starts_with("kafka:")).collect();
    let line = format!("kafka: {{ home: {} }}\n", kafka.display());
    lines.push(&line);
    let text = lines.join("\n");
    let spec = home.write("warm.yaml", text);
    let run = |arguments: &[&str]| -> Run {
        let mut command = home.command(arguments);
        command.env("CLUSTER_CACHE", &cache);
        Running::start(command).finish()
    };
    let json = |arguments: &[&str]| -> Value { serde_json::from_str(&run(arguments).ok().out).unwrap() };

    run(&["cache", "list"]).ok().says("nothing is cached");
    let warmed = json(&["cache", "warm", &spec, "--json"]);
    assert_eq!((&warmed[0]["fetched"], &warmed[0]["archive_made"]), (&false.into(), &true.into()));
    let archive = PathBuf::from(warmed[0]["archive"].as_str().unwrap());
    assert!(archive.starts_with(&cache) && archive.is_file());
    run(&["cache", "warm", &spec]).ok().says("there already, ");

    learn_ports(&cache);
    let up = run(&["up", &spec]).ok();
    assert!(!up.to_string().contains("making a class-data archive"), "{up}");
    let list = json(&["cache", "list", "--json"]);
    let entry = &list["entries"][0];
    assert_eq!((&entry["kind"], &entry["used_by"][0]), (&"archive".into(), &"warm".into()));
    assert_eq!(entry["path"].as_str().map(Path::new), Some(archive.as_path()));
    assert!(entry["last_used"].is_string());

    run(&["cache", "clear", "--yes"]).ok().says("the cluster warm runs on it");
    assert!(archive.is_file());
    run(&["down"]).ok();
    run(&["cache", "clear"]).exits(2).says("give `--yes`");
    run(&["cache", "clear", "--archives", "--yes"]).ok().says("freed");
    assert!(!archive.exists());
    run(&["cache", "list"]).ok().says("nothing is cached");
}

#[test]
fn a_java_that_cannot_make_an_archive_says_why() {
    let kafka = shared::cluster().plan().kafka.home;
    let home = TestHome::new();
    let java = java::home_with(&home, "case \"$*\" in *-Xshare:dump*) echo no room left; exit 1;; esac");
    let text = format!("java: {java}\nkafka: {{ home: {} }}\n", kafka.display());
    let spec = home.write("broken.yaml", text);
    let mut command = home.command(&["cache", "warm", &spec]);
    command.env("CLUSTER_CACHE", home.root().join("cache"));
    Running::start(command).finish().exits(6).says("no room left");
}
