//! Data flows one way: the drawing of docs/architecture.md is what the code does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Edges = BTreeSet<(String, String)>;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Each folder with those that it may use, from the bottom up.
fn drawing() -> Vec<(String, Vec<String>)> {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, drawing) = page.split_once("```floors\n").expect("a block of floors in docs/architecture.md");
    let (drawing, _) = drawing.split_once("```").unwrap();
    let floor = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        (words.next().expect("a folder"), words.collect())
    };
    drawing.lines().map(floor).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            false => {}
        }
    }
}

/// The code of a file without comments and what only tests have, and the modules beside it that only tests have.
fn code(text: &str) -> (String, Vec<String>) {
    let (mut code, mut tests) = (String::new(), Vec::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            let item = lines.by_ref().find(|line| !line.trim_start().starts_with("#[")).unwrap_or_default();
            if let Some(module) = item.strip_suffix(';').and_then(|item| item.rsplit_once("mod ")) {
                tests.push(module.1.to_owned());
            } else if item.ends_with('{') {
                let indent = item.len() - item.trim_start().len();
                let end = format!("{:indent$}}}", "");
                lines.by_ref().find(|line| *line == end);
            }
        } else if !line.trim_start().starts_with("//") {
            code.push_str(line);
            code.push('\n');
        }
    }
    (code, tests)
}

/// Who uses whom, with a file that does.
fn used() -> BTreeMap<(String, String), PathBuf> {
    let src = root().join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut of_tests = BTreeSet::new();
    let mut read = Vec::new();
    for path in files {
        let (code, tests) = code(&fs::read_to_string(&path).unwrap());
        let is_root = ["mod.rs", "lib.rs"].iter().any(|name| path.ends_with(name));
        let beside = if is_root { path.parent().unwrap().to_owned() } else { path.with_extension("") };
        of_tests.extend(tests.iter().map(|module| beside.join(module)));
        read.push((path, code));
    }
    let mut edges = BTreeMap::new();
    for (path, code) in read {
        let is_of_tests = path.ancestors().any(|part| of_tests.contains(&part.with_extension("")));
        let inside = path.strip_prefix(&src).unwrap();
        let top = Path::new(inside.iter().next().unwrap()).with_extension("");
        let top = top.to_str().unwrap().to_owned();
        if is_of_tests || ["lib", "main"].contains(&top.as_str()) {
            continue;
        }
        assert!(!code.contains("crate::{"), "{} hides what it uses", path.display());
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            if rest[..end] != top {
                edges.entry((top.clone(), rest[..end].to_owned())).or_insert_with(|| inside.to_owned());
            }
        }
    }
    edges
}

#[test]
fn no_folder_uses_one_that_does_not_stand_below_it() {
    let drawing = drawing();
    let mut below = BTreeSet::new();
    let mut allowed = Edges::new();
    for (folder, uses) in &drawing {
        for used in uses {
            assert!(below.contains(used), "{folder} uses {used}, which is not drawn below it");
            allowed.insert((folder.clone(), used.clone()));
        }
        assert!(below.insert(folder.clone()), "{folder} is drawn twice");
    }
    let used = used();
    assert!(used.len() > 50, "the code was not read: {used:?}");
    for ((folder, other), file) in &used {
        assert!(
            allowed.contains(&(folder.clone(), other.clone())),
            "src/{} uses {other}, and docs/architecture.md does not have {folder} use it",
            file.display()
        );
    }
    let idle: Vec<_> = allowed.iter().filter(|edge| !used.contains_key(*edge)).collect();
    assert!(idle.is_empty(), "drawn, and used by nobody: {idle:?}");
}

#[test]
fn what_only_tests_have_is_not_read() {
    let text = "use crate::a;\n#[cfg(test)]\nmod fake;\n// crate::b\n#[cfg(test)]\nmod tests {\n    use crate::c;\n}\nfn f() {}\n";
    assert_eq!(code(text), ("use crate::a;\nfn f() {}\n".to_owned(), vec!["fake".to_owned()]));
}
