//! The promises of `cluster`, shown on real Kafka and ZooKeeper through the program itself.
//!
//! `common` runs it in a home of its own and leaves nothing behind; `cases` has a file per promise.

mod cases;
mod common;

use std::fs;
use std::path::Path;

#[test]
fn every_file_of_tests_is_compiled_or_has_its_origin_named() {
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
    let common = fs::read_dir(root.join("common")).unwrap();
    let common: Vec<String> =
        common.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    for package in fs::read_dir(root.join("vendor")).unwrap().map(Result::unwrap) {
        let name = package.file_name().into_string().unwrap();
        let path = format!("tests/vendor/{name}/");
        assert!(common.iter().any(|text| text.contains(&path)), "{path} is not read by tests/common");
        let about = fs::read_to_string(package.path().join("README.md")).unwrap();
        for file in fs::read_dir(package.path()).unwrap() {
            let file = file.unwrap().file_name().into_string().unwrap();
            assert!(file == "README.md" || about.contains(&file), "{path}README.md does not name {file}");
        }
    }
    let beside: Vec<_> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["main.rs", "cases", "common", "vendor"].contains(&name.as_str()))
        .collect();
    assert!(beside.is_empty(), "tests/ has files that no build reads: {beside:?}");
}
