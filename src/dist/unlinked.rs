//! Which classes an archive would hold without having linked them.
//!
//! A dump verifies and links what it archives, but for class files of Java 5 and older and all that inherits from
//! them (`InstanceKlass::can_be_verified_at_dumptime`): the JVM that maps the archive links those, and writes
//! into their methods' code (`Rewriter`). Where the archive is mapped in place (`-XX:ArchiveRelocationMode=0`) that
//! code is memory which cannot be written, and the JVM dies (SIGSEGV). So such an archive must not have them.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::PathBuf;

use zip::ZipArchive;

use super::class_file::ClassFile;

/// The classes of a class path.
pub(super) struct Jars {
    jars: Vec<ZipArchive<BufReader<File>>>,
    /// Where each class is: the jar, and its entry there. A jar that is asked for what it lacks looks at all it has.
    places: HashMap<String, Vec<(usize, usize)>>,
    known: HashMap<String, Kind>,
}

/// How an archive would hold a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Linked,
    /// Unlinked, and nothing is written when it is linked: an interface without code.
    Unlinked,
    /// Unlinked, and a JVM that links it writes into the archive.
    Written,
}

impl Jars {
    /// What is no jar is passed over, as a JVM does.
    pub(super) fn open(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let open = |path: PathBuf| ZipArchive::new(BufReader::new(File::open(path).ok()?)).ok();
        let jars: Vec<_> = paths.into_iter().filter_map(open).collect();
        let mut places: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (at, jar) in jars.iter().enumerate() {
            for entry in 0..jar.len() {
                let Some(Ok(name)) = jar.name_for_index(entry) else { continue };
                if let Some(class) = name.strip_suffix(".class") {
                    places.entry(class.to_owned()).or_default().push((at, entry));
                }
            }
        }
        Jars { jars, places, known: HashMap::new() }
    }

    /// Of a class by its name, as `org/slf4j/Logger`. Those of the JDK itself are linked. If several jars have
    /// it, the worst counts: in which order a JVM reads a folder is not known.
    pub(super) fn kind(&mut self, name: &str) -> Kind {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        // A class that inherits from itself is no class: the JVM refuses it.
        self.known.insert(name.to_owned(), Kind::Linked);
        let kind = self.read(name).iter().fold(Kind::Linked, |worst, class| match class {
            None => Kind::Written,
            Some(class) if !self.is_unlinked(class) => worst,
            Some(class) if class.has_code => Kind::Written,
            Some(_) if worst == Kind::Written => worst,
            Some(_) => Kind::Unlinked,
        });
        self.known.insert(name.to_owned(), kind);
        kind
    }

    fn is_unlinked(&mut self, class: &ClassFile) -> bool {
        class.is_old || class.parents.iter().any(|parent| self.kind(parent) != Kind::Linked)
    }

    /// The class as each jar has it; `None` where it cannot be read.
    fn read(&mut self, name: &str) -> Vec<Option<ClassFile>> {
        self.files(name).iter().map(|bytes| ClassFile::parse(bytes)).collect()
    }

    /// Its class file in each jar; empty where it cannot be read.
    fn files(&mut self, name: &str) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        for (at, entry) in self.places.get(name).map_or(&[][..], Vec::as_slice) {
            let mut bytes = Vec::new();
            let entry = self.jars[*at].by_index(*entry);
            if !entry.is_ok_and(|mut entry| entry.read_to_end(&mut bytes).is_ok()) {
                bytes.clear();
            }
            found.push(bytes);
        }
        found
    }

    /// The lines of a class list that name linked classes only.
    pub(super) fn linked_lines(&mut self, list: &str) -> Vec<String> {
        let is_linked = |line: &&str| names(line).all(|name| self.kind(name) == Kind::Linked);
        list.lines().filter(is_linked).map(str::to_owned).collect()
    }

    /// The lines to leave out, when a dump has loaded (`-Xlog:class+load`) a class that would be written into: those
    /// that name a class which refers to it. Checking a class takes others that it refers to, listed or not, and these
    /// are checked as well: so whoever refers to one of those is found on the way. Empty: there was no such class.
    ///
    /// # Errors
    ///
    /// One was loaded, and no listed class refers to it.
    pub(super) fn bringing(&mut self, loaded: &str, lines: &[String]) -> Result<BTreeSet<String>, String> {
        let name = |line: &str| line.split(' ').next().unwrap_or_default().replace('.', "/");
        let loaded: Vec<String> = loaded.lines().map(name).collect();
        let mut unwanted: Vec<String> =
            loaded.iter().filter(|name| self.kind(name) == Kind::Written).cloned().collect();
        let Some(first) = unwanted.first().cloned() else { return Ok(BTreeSet::new()) };
        let listed: BTreeSet<&str> = lines.iter().flat_map(|line| names(line)).collect();
        let named: Vec<(&str, BTreeSet<String>)> =
            loaded.iter().map(|name| (name.as_str(), self.named_by(name))).collect();
        let mut seen: BTreeSet<String> = unwanted.iter().cloned().collect();
        let mut leaving = BTreeSet::new();
        while let Some(wanted) = unwanted.pop() {
            for (name, _) in named.iter().filter(|(_, named)| named.contains(&wanted)) {
                if listed.contains(name) {
                    leaving.insert((*name).to_owned());
                } else if seen.insert((*name).to_owned()) {
                    unwanted.push((*name).to_owned());
                }
            }
        }
        let leave = lines.iter().filter(|line| names(line).any(|name| leaving.contains(name))).cloned();
        let leave: BTreeSet<String> = leave.collect();
        if leave.is_empty() { Err(first) } else { Ok(leave) }
    }

    fn named_by(&mut self, name: &str) -> BTreeSet<String> {
        self.files(name).iter().flat_map(|bytes| ClassFile::named(bytes)).collect()
    }
}

/// The classes that a line of a class list names: `NAME`, `@lambda-proxy NAME METHOD DESCRIPTOR...`, `@cp NAME ...`.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split([' ', '(', ')', ';', '[']).filter(|word| word.contains('/'));
    // In a descriptor a class is `Lorg/slf4j/Logger;`. What is no class is in no jar.
    words.flat_map(|word| [Some(word), word.strip_prefix('L')]).flatten()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::Path;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::dist::class_file::samples::class;

    fn jar(path: &Path, classes: &[(&str, Vec<u8>)]) -> PathBuf {
        let mut jar = ZipWriter::new(File::create(path).unwrap());
        for (name, bytes) in classes {
            jar.start_file(format!("{name}.class"), SimpleFileOptions::default()).unwrap();
            jar.write_all(bytes).unwrap();
        }
        jar.finish().unwrap();
        path.to_owned()
    }

    fn jars(classes: &[(&str, Vec<u8>)]) -> Jars {
        let dir = tempfile::tempdir().unwrap();
        Jars::open([jar(&dir.path().join("a.jar"), classes), dir.path().join("absent.jar")])
    }

    const OBJECT: &str = "java/lang/Object";

    #[test]
    fn old_classes_and_all_that_inherit_from_them_are_not_linked() {
        let mut jars = jars(&[
            ("x/Old", class(49, OBJECT, &[], true)),
            ("x/Api", class(48, OBJECT, &[], false)),
            ("x/Child", class(61, "x/Old", &[], true)),
            ("x/Grandchild", class(61, "x/Child", &[], false)),
            ("x/Does", class(61, OBJECT, &["java/lang/Runnable", "x/Api"], true)),
            ("x/New", class(50, OBJECT, &["java/lang/Runnable"], true)),
            ("x/Torn", vec![0xCA, 0xFE]),
        ]);
        for (name, kind) in [
            ("x/Old", Kind::Written),
            ("x/Api", Kind::Unlinked),
            ("x/Child", Kind::Written),
            ("x/Grandchild", Kind::Unlinked),
            ("x/Does", Kind::Written),
            ("x/New", Kind::Linked),
            ("x/Torn", Kind::Written),
            (OBJECT, Kind::Linked),
        ] {
            assert_eq!(jars.kind(name), kind, "{name}");
        }
    }

    #[test]
    fn of_a_class_in_two_jars_the_worst_counts() {
        let dir = tempfile::tempdir().unwrap();
        let new = jar(&dir.path().join("a.jar"), &[("x/A", class(61, OBJECT, &[], true))]);
        let old = jar(&dir.path().join("b.jar"), &[("x/A", class(49, OBJECT, &[], true))]);
        for order in [[new.clone(), old.clone()], [old, new]] {
            assert_eq!(Jars::open(order).kind("x/A"), Kind::Written);
        }
    }

    #[test]
    fn lines_that_name_an_unlinked_class_anywhere_are_left_out() {
        let mut jars =
            jars(&[("x/Old", class(49, OBJECT, &[], true)), ("x/New", class(61, OBJECT, &[], true))]);
        let list = "x/Old\nx/New\n@lambda-proxy x/New accept (Lx/Old;)Lx/Fn; ()V REF_x x/New f ()V\n\
            @lambda-proxy x/New accept ([Lx/New;)Lx/Fn; ()V\n@cp x/Old 1 2\n@cp x/New 1 2\njava/util/List\n";
        assert_eq!(
            jars.linked_lines(list),
            ["x/New", "@lambda-proxy x/New accept ([Lx/New;)Lx/Fn; ()V", "@cp x/New 1 2", "java/util/List"]
        );
    }

    #[test]
    fn whoever_refers_to_a_class_that_is_written_into_leaves_also_through_one_that_is_not_listed() {
        // The sample names parents; who is only named counts as much.
        let mut jars = jars(&[
            ("x/Old", class(49, OBJECT, &[], true)),
            ("x/Api", class(49, OBJECT, &[], false)),
            ("x/New", class(61, OBJECT, &["(Lx/Old;)V"], true)),
            ("x/Between", class(61, OBJECT, &["(Lx/Old;I)V"], true)),
            ("x/Far", class(61, OBJECT, &["()Lx/Between;"], true)),
            ("x/Other", class(61, OBJECT, &["(Lx/Api;)V"], true)),
        ]);
        let lines = ["java/util/List", "x/New", "x/Far", "@lambda-proxy x/Far accept ()V", "x/Other"];
        let lines = lines.map(str::to_owned);
        let loaded = |names: &[&str]| {
            names.iter().map(|name| format!("{name} source: file:/a.jar\n")).collect::<String>()
        };
        let all = loaded(&["java.util.List", "x.New", "x.Far", "x.Other", "x.Api", "x.Between", "x.Old"]);
        let leave = ["@lambda-proxy x/Far accept ()V", "x/Far", "x/New"].map(str::to_owned);
        assert_eq!(jars.bringing(&all, &lines), Ok(leave.into()));
        let fine = loaded(&["java.util.List", "x.Other", "x.Api"]);
        assert_eq!(jars.bringing(&fine, &lines), Ok(BTreeSet::new()));
        let unasked = loaded(&["x.Other", "x.Old"]);
        assert_eq!(jars.bringing(&unasked, &lines), Err("x/Old".to_owned()));
    }
}
