//! The promises of `cluster`, shown on real Kafka and ZooKeeper through the program itself.
//!
//! `common` runs it in a home of its own and leaves nothing behind; `cases` has a file per promise.

mod cases;
mod common;

use std::fs;
use std::path::Path;

#[test]
fn every_file_of_tests_is_compiled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for folder in ["cases", "common"] {
        let listed = fs::read_to_string(root.join(folder).join("mod.rs")).unwrap();
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let module = name.strip_suffix(".rs").unwrap_or(&name);
            assert!(
                module == "mod" || listed.lines().any(|line| line.ends_with(&format!("mod {module};"))),
                "tests/{folder}/{name} is not in tests/{folder}/mod.rs"
            );
        }
    }
    let beside: Vec<_> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["main.rs", "cases", "common"].contains(&name.as_str()))
        .collect();
    assert!(beside.is_empty(), "tests/ has files that no build reads: {beside:?}");
}
