//! Data flows one way: the drawing of docs/architecture.md is what the code does, and inside a folder, too, no file
//! stands above and below another.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// A module by its segments: `crate::wire::pool` is `wire`, `pool`.
type Module = Vec<String>;
type Edges = BTreeSet<(String, String)>;

/// What the tests of every floor may use.
const TESTING: &str = "testing";

/// As many files may know each other: a part and what it is taken apart into.
const PAIR: usize = 2;

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

/// What one file says of others.
#[derive(Default)]
struct Code {
    module: Module,
    /// What only tests have counts.
    with_tests: bool,
    /// Paths as they are written.
    paths: Vec<Vec<String>>,
    /// What others find here under a name, and where it is: `pub use`.
    exports: BTreeMap<String, Vec<String>>,
    /// Modules below that only tests have.
    of_tests: Vec<String>,
    /// How many modules of this file's own stand round what is read.
    depth: usize,
}

impl Code {
    fn uses(&mut self, mut path: Vec<String>) {
        for _ in 0..self.depth {
            match &path[..] {
                [first, second, ..] if first == "super" && second == "super" => drop(path.remove(0)),
                [first, ..] if first == "super" => path[0] = "self".to_owned(),
                _ => {}
            }
        }
        self.paths.push(path);
    }
}

fn is_of_tests(attributes: &[syn::Attribute]) -> bool {
    let is_test = |of: &syn::Attribute| of.parse_args::<syn::Ident>().is_ok_and(|word| word == "test");
    attributes.iter().any(|of| of.path().is_ident("cfg") && is_test(of))
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Each path of a tree of imports, with the name that it has here.
fn leaves(tree: &syn::UseTree, before: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
    match tree {
        syn::UseTree::Path(path) => leaves(&path.tree, &with(&path.ident), found),
        syn::UseTree::Name(name) if name.ident == "self" => {
            found.push((before.last().cloned().unwrap_or_default(), before.to_vec()));
        }
        syn::UseTree::Name(name) => found.push((name.ident.to_string(), with(&name.ident))),
        syn::UseTree::Rename(name) => found.push((name.rename.to_string(), with(&name.ident))),
        syn::UseTree::Glob(_) => found.push((String::new(), before.to_vec())),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, before, found)),
    }
}

impl<'ast> Visit<'ast> for Code {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            item if self.with_tests || !is_of_tests(attributes(item)) => visit::visit_item(self, item),
            syn::Item::Mod(module) => self.of_tests.push(module.ident.to_string()),
            _ => {}
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.depth += 1;
        visit::visit_item_mod(self, module);
        self.depth -= 1;
    }

    fn visit_impl_item_fn(&mut self, method: &'ast syn::ImplItemFn) {
        if self.with_tests || !is_of_tests(&method.attrs) {
            visit::visit_impl_item_fn(self, method);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut found = Vec::new();
        leaves(&item.tree, &[], &mut found);
        match item.vis {
            syn::Visibility::Inherited => found.into_iter().for_each(|(_, path)| self.uses(path)),
            _ => self.exports.extend(found),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.uses(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    /// Who may see something is not who uses it.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    /// The paths in what a macro is given, as far as they begin with a word of the language.
    fn visit_macro(&mut self, one: &'ast syn::Macro) {
        let text = one.tokens.to_string().replace(' ', "");
        for start in ["crate::", "super::"] {
            let rest = text.match_indices(start).map(|(at, _)| &text[at..]);
            for rest in rest {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
                self.uses(rest[..end.unwrap_or(rest.len())].split("::").map(str::to_owned).collect());
            }
        }
        visit::visit_macro(self, one);
    }
}

fn read(module: Module, text: &str, with_tests: bool) -> Code {
    let mut code = Code { module, with_tests, ..Code::default() };
    code.visit_file(&syn::parse_file(text).unwrap());
    code
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

/// The program's files, with or without what only tests have.
struct House(BTreeMap<Module, Code>);

impl House {
    fn of(files: impl IntoIterator<Item = (Module, String)>, with_tests: bool) -> Self {
        let mut house: BTreeMap<_, _> = files
            .into_iter()
            .map(|(module, text)| (module.clone(), read(module, &text, with_tests)))
            .collect();
        let below = |code: &Code| {
            let of_tests =
                code.of_tests.iter().map(|name| [&code.module[..], std::slice::from_ref(name)].concat());
            of_tests.collect::<Vec<_>>()
        };
        let of_tests: Vec<Module> = house.values().flat_map(below).collect();
        house.retain(|module, _| !of_tests.iter().any(|test| module.starts_with(test)));
        House(house)
    }

    fn built(with_tests: bool) -> Self {
        let src = root().join("src");
        let mut files = Vec::new();
        sources(&src, &mut files);
        let files = files.into_iter().filter(|path| !path.ends_with("main.rs")).map(|path| {
            let inside = path.strip_prefix(&src).unwrap().with_extension("");
            let mut module: Module = inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            module.pop_if(|name| name == "mod" || name == "lib");
            (module, fs::read_to_string(path).unwrap())
        });
        House::of(files, with_tests)
    }

    /// Where a path leads to that stands in this file: a module and the names that are in it.
    fn absolute(&self, code: &Code, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([&code.module, rest].concat()),
            "super" => {
                let up = path.iter().take_while(|name| *name == "super").count();
                let above = code.module.len().checked_sub(up)?;
                Some([&code.module[..above], &path[up..]].concat())
            }
            _ => {
                let inside = [&code.module, path].concat();
                self.0.contains_key(&inside[..=code.module.len()]).then_some(inside)
            }
        }
    }

    /// The file that has what a path names, through what others export.
    fn home(&self, path: &[String]) -> Option<&Module> {
        let (module, code) = (0..=path.len()).rev().find_map(|end| self.0.get_key_value(&path[..end]))?;
        let rest = &path[module.len()..];
        let exported = rest.first().and_then(|name| code.exports.get(name));
        match exported.and_then(|export| self.absolute(code, export)) {
            Some(further) => self.home(&[&further, &rest[1..]].concat()),
            None => Some(module),
        }
    }

    /// Which file uses which. What a file only hands on (`pub use`) it does not use.
    fn edges(&self) -> BTreeSet<(&Module, &Module)> {
        let mut edges = BTreeSet::new();
        for (module, code) in &self.0 {
            let absolute = code.paths.iter().filter_map(|path| self.absolute(code, path));
            let used = absolute.filter_map(|path| self.home(&path)).filter(|used| *used != module);
            edges.extend(used.map(|used| (module, used)));
        }
        edges
    }

    /// Which folder names which, with a file that does.
    fn folders(&self) -> BTreeMap<(String, String), String> {
        let mut edges = BTreeMap::new();
        for (module, code) in &self.0 {
            let named = code.paths.iter().chain(code.exports.values());
            for path in named.filter_map(|path| self.absolute(code, path)) {
                if let (Some(folder), Some(other)) = (module.first(), path.first())
                    && folder != other
                {
                    edges.entry((folder.clone(), other.clone())).or_insert_with(|| module.join("/"));
                }
            }
        }
        edges
    }

    /// Files of a folder each of which is used by the next, and the last by the first.
    fn circles(&self) -> Vec<Vec<String>> {
        let edges = self.edges();
        let reached = |from: &Module| {
            let (mut seen, mut left) = (BTreeSet::new(), vec![from.clone()]);
            while let Some(next) = left.pop() {
                let uses = edges.iter().filter(|(user, _)| **user == next).map(|(_, used)| *used);
                left.extend(uses.filter(|used| seen.insert(*used)).cloned());
            }
            seen
        };
        let all: BTreeMap<_, _> = self.0.keys().map(|module| (module, reached(module))).collect();
        let circle = |one: &Module| -> Vec<&Module> {
            let both = |other: &&&Module| all[one].contains(**other) && all[**other].contains(one);
            all.keys().filter(both).copied().collect()
        };
        let circles: BTreeSet<_> = self.0.keys().map(circle).filter(|circle| circle.len() > PAIR).collect();
        circles
            .into_iter()
            .map(|circle| circle.into_iter().map(|module| module.join("/")).collect())
            .collect()
    }
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
    let used = House::built(false).folders();
    assert!(used.len() > 50, "the code was not read: {used:?}");
    for ((folder, other), file) in &used {
        assert!(
            allowed.contains(&(folder.clone(), other.clone())),
            "src/{file} uses {other}, and docs/architecture.md does not have {folder} use it"
        );
    }
    let idle: Vec<_> = allowed.iter().filter(|edge| !used.contains_key(*edge)).collect();
    assert!(idle.is_empty(), "drawn, and used by nobody: {idle:?}");
}

#[test]
fn no_test_of_a_folder_needs_what_stands_above_it() {
    let above: Vec<String> = drawing().into_iter().map(|(folder, _)| folder).collect();
    let floor = |folder: &String| above.iter().position(|other| other == folder);
    let used = House::built(true).folders();
    assert!(used.contains_key(&("host".to_owned(), TESTING.to_owned())), "tests were not read: {used:?}");
    for ((folder, other), file) in used.iter().filter(|((_, other), _)| other != TESTING) {
        assert!(floor(other) < floor(folder), "src/{file} uses {other} of a floor above");
    }
}

#[test]
fn no_more_than_two_files_of_a_folder_know_each_other_in_a_circle() {
    let house = House::built(false);
    let circles = house.circles();
    let inside = |module: &Module| circles.iter().flatten().any(|file| *file == module.join("/"));
    let edges = house.edges().into_iter().filter(|(user, used)| inside(user) && inside(used));
    let edges: Vec<_> =
        edges.map(|(user, used)| format!("{} uses {}", user.join("/"), used.join("/"))).collect();
    assert!(circles.is_empty(), "{circles:#?}\n{}", edges.join("\n"));
}

#[test]
fn a_circle_is_found_however_a_file_is_named() {
    let file = |name: &str, text: &str| (name.split('/').map(str::to_owned).collect(), text.to_owned());
    let with = |last: &str| {
        let c = format!("{last}\n#[cfg(test)]\nmod tests {{\n    use super::a::A;\n}}\n");
        let files = [
            file("x", "mod a;\nmod b;\nmod c;\npub use a::A;\n#[cfg(test)]\nmod fake;\n"),
            file("x/a", "use super::b::{B, self};\n"),
            file("x/b", "fn b() -> crate::x::c::C { todo!() }\n"),
            file("x/c", &c),
            file("x/fake", "use super::a::A;\n"),
        ];
        House::of(files, false).circles()
    };
    assert!(with("// use super::a;\nfn f() {}").is_empty());
    let circle = vec![vec!["x/a".to_owned(), "x/b".to_owned(), "x/c".to_owned()]];
    for used in ["use super::a::A;", "use crate::x::A as B;", "fn f() { println!(\"{}\", super::A::NAME); }"]
    {
        assert_eq!(with(used), circle, "{used}");
    }
}
