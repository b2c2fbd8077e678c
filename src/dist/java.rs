//! Which Java runs the nodes, and whether a Kafka version runs on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::{DistError, PathOf, check_path};
use super::host::{HostEnv, absolute, is_executable};
use crate::plan::model::JavaPlan;
use crate::plan::source::JavaSource;
use crate::spec::versions::SUPPORTED;

/// The Java home of the spec, else of `JAVA_HOME`, else the `java` on `PATH`.
///
/// Its version is read from the home's `release` file, without a JVM; only a `java` that has none
/// beside it (a version manager's shim) is run and asked, and the program that it leads to is taken.
pub fn find_java(spec_java: Option<&Path>, env: &HostEnv) -> Result<JavaPlan, DistError> {
    let home = spec_java
        .map(|home| (home, JavaSource::Spec))
        .or_else(|| env.java_home.as_deref().map(|home| (home, JavaSource::JavaHome)));
    let (program, origin) = match home {
        Some((home, origin)) => (program_of(home, origin)?, origin),
        None => (env.program("java").ok_or(DistError::NoJava)?, JavaSource::Path),
    };
    let (program, version) = match released(&program) {
        Some(found) => found,
        None => ask(&program, origin, env)?,
    };
    check_path(&program, PathOf::Java(origin))?;
    let unreadable =
        || DistError::JavaUnreadable { program: program.clone(), origin, said: format!("{version:?}") };
    let major = major(&version).ok_or_else(unreadable)?;
    Ok(JavaPlan { program, version, major, source: origin })
}

/// Refuses a Java that the Kafka version is not known to run on (`spec::versions`).
pub(crate) fn check_java(version: &str, java: &JavaPlan) -> Result<(), DistError> {
    let known = SUPPORTED.iter().find(|known| known.version == version).ok_or_else(|| {
        DistError::UnsupportedKafka { version: version.to_owned(), origin: "the plan".to_owned() }
    })?;
    if (known.java.0..=known.java.1).contains(&java.major) {
        return Ok(());
    }
    Err(DistError::WrongJava {
        kafka: version.to_owned(),
        needs: known.java,
        major: java.major,
        version: java.version.clone(),
        program: java.program.clone(),
        origin: java.source,
    })
}

/// The home that a program `HOME/bin/java` belongs to.
pub(super) fn home_of(program: &Path) -> Option<&Path> {
    let bin = program.parent()?;
    (bin.file_name()? == "bin").then(|| bin.parent())?
}

fn program_of(home: &Path, origin: JavaSource) -> Result<PathBuf, DistError> {
    let home = absolute(home);
    let program = home.join("bin/java");
    if !program.is_file() {
        return Err(DistError::NotAJavaHome { home, origin });
    }
    if !is_executable(&program) {
        let why = "it is not executable".to_owned();
        return Err(DistError::JavaNotRunnable { program, origin, why });
    }
    Ok(program)
}

/// The program with its links followed, and the version that the `release` file of its home tells.
fn released(program: &Path) -> Option<(PathBuf, String)> {
    let resolved = program.canonicalize().ok().filter(|path| path.ends_with("bin/java"))?;
    let home = home_of(&resolved)?;
    // A JDK 8 has bin/java and jre/bin/java, with one `release` file for both.
    let above = home.parent().filter(|_| home.ends_with("jre"));
    let version = [Some(home), above].into_iter().flatten().find_map(|home| {
        let text = fs::read_to_string(home.join("release")).ok()?;
        let value = text.lines().find_map(|line| line.trim().strip_prefix("JAVA_VERSION="))?;
        Some(value.trim_matches('"').to_owned()).filter(|version| major(version).is_some())
    })?;
    Some((resolved, version))
}

/// Starts the JVM to learn its version and the program that is really behind `program`.
fn ask(program: &Path, origin: JavaSource, env: &HostEnv) -> Result<(PathBuf, String), DistError> {
    let mut command = Command::new(program);
    command.args(["-XshowSettings:properties", "-version"]).stdin(Stdio::null());
    if let Some(path) = &env.path {
        command.env("PATH", path);
    }
    let output = command.output().map_err(|error| DistError::JavaNotRunnable {
        program: program.to_owned(),
        origin,
        why: error.to_string(),
    })?;
    let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
    said += &String::from_utf8_lossy(&output.stdout);
    let property = |name: &str| {
        let value =
            |line: &str| line.trim().strip_prefix(name)?.trim_start().strip_prefix('=').map(str::to_owned);
        said.lines().find_map(value).map(|value| value.trim().to_owned())
    };
    match property("java.version") {
        Some(version) if output.status.success() => {
            let behind = property("java.home").map(|home| Path::new(&home).join("bin/java"));
            Ok((behind.filter(|path| is_executable(path)).unwrap_or_else(|| program.to_owned()), version))
        }
        _ => Err(DistError::JavaUnreadable { program: program.to_owned(), origin, said: excerpt(&said) }),
    }
}

/// The first line and no more than 200 characters.
fn excerpt(said: &str) -> String {
    match said.lines().find(|line| !line.trim().is_empty()) {
        Some(line) => line.trim().chars().take(200).collect(),
        None => "nothing".to_owned(),
    }
}

/// Feature release: 8 of `1.8.0_402`, 17 of `17.0.15`, 25 of `25-ea`.
fn major(version: &str) -> Option<u32> {
    let number = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..end].parse().ok()
    };
    match number(version)? {
        1 => number(version.strip_prefix("1.")?),
        major => Some(major),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::dist::testing::{script, write};

    fn on_path(folder: &Path) -> HostEnv {
        HostEnv { path: Some(folder.into()), ..HostEnv::default() }
    }

    /// A Java home whose program must not be run: it would print nonsense.
    fn home(dir: &Path, version: &str) -> PathBuf {
        script(&dir.join("bin/java"), "echo nonsense");
        write(&dir.join("release"), &format!("IMPLEMENTOR=\"Debian\"\nJAVA_VERSION=\"{version}\"\n"));
        dir.to_owned()
    }

    #[test]
    fn a_java_in_a_folder_with_a_colon_is_refused_also_behind_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let odd = home(&dir.path().join("a:b"), "17.0.15");
        let link = dir.path().join("plain");
        symlink(&odd, &link).unwrap();
        for named in [&odd, &link] {
            let error = find_java(Some(named), &HostEnv::default()).unwrap_err();
            assert!(error.to_string().contains("/a:b/bin/java (java in the spec) cannot be used"), "{error}");
        }
        let plain = home(&dir.path().join("it's 100% *é"), "17.0.15");
        assert!(find_java(Some(&plain), &HostEnv::default()).is_ok());
    }

    #[test]
    fn the_spec_wins_over_java_home_and_that_over_path() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b, c) = (dir.path().join("a"), dir.path().join("b"), dir.path().join("c"));
        let (a, b, c) = (home(&a, "17.0.1"), home(&b, "21"), home(&c, "1.8.0_402"));
        let mut env = on_path(&c.join("bin"));
        let found = |spec: Option<&Path>, env: &HostEnv| {
            let java = find_java(spec, env).unwrap();
            (java.major, java.version, java.source)
        };
        assert_eq!(found(None, &env), (8, "1.8.0_402".into(), JavaSource::Path));
        env.java_home = Some(b);
        assert_eq!(found(None, &env), (21, "21".into(), JavaSource::JavaHome));
        assert_eq!(found(Some(&a), &env), (17, "17.0.1".into(), JavaSource::Spec));
    }

    #[test]
    fn a_link_on_path_leads_to_the_program_of_its_home() {
        let dir = tempfile::tempdir().unwrap();
        let real = home(&dir.path().canonicalize().unwrap().join("jdk8/jre"), "1.8.0_1");
        fs::rename(real.join("release"), dir.path().join("jdk8/release")).unwrap();
        fs::create_dir(dir.path().join("bin")).unwrap();
        symlink(real.join("bin/java"), dir.path().join("bin/java")).unwrap();
        let java = find_java(None, &on_path(&dir.path().join("bin"))).unwrap();
        assert_eq!((java.program, java.major), (real.join("bin/java"), 8));
    }

    #[test]
    fn a_shim_without_release_file_is_asked_and_the_java_behind_it_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let behind = home(&dir.path().join("jdk"), "21.0.2");
        let says =
            format!("echo '    java.home = {}' >&2; echo '    java.version = 21.0.2' >&2", behind.display());
        script(&dir.path().join("shims/java"), &says);
        let java = find_java(None, &on_path(&dir.path().join("shims"))).unwrap();
        assert_eq!((java.program, java.major), (behind.join("bin/java"), 21));
    }

    #[test]
    fn every_broken_java_has_its_own_error_that_names_it_and_where_it_comes_from() {
        let dir = tempfile::tempdir().unwrap();
        let fails = |home: Option<&str>| {
            let env = HostEnv { java_home: home.map(|home| dir.path().join(home)), ..on_path(dir.path()) };
            find_java(None, &env).unwrap_err()
        };
        assert!(matches!(fails(None), DistError::NoJava));
        fs::create_dir(dir.path().join("empty")).unwrap();
        assert!(matches!(fails(Some("empty")), DistError::NotAJavaHome { origin: JavaSource::JavaHome, .. }));
        write(&dir.path().join("plain/bin/java"), "");
        assert!(
            fails(Some("plain")).to_string().contains("plain/bin/java (JAVA_HOME) cannot be run: it is not")
        );
        script(&dir.path().join("odd/bin/java"), "echo hello; echo world");
        assert!(fails(Some("odd")).to_string().ends_with("does not tell a java version; it printed: hello"));
        script(&dir.path().join("fails/bin/java"), "echo java.version = 17; exit 1");
        assert!(matches!(fails(Some("fails")), DistError::JavaUnreadable { .. }));
        assert!(fails(Some("odd")).hint().contains("unset it"));
    }

    #[test]
    fn a_java_that_kafka_does_not_run_on_is_refused_with_those_that_would_do() {
        let java = |major| JavaPlan {
            program: "/jdk/bin/java".into(),
            version: format!("{major}.0.1"),
            major,
            source: JavaSource::JavaHome,
        };
        assert!(check_java("3.9.2", &java(8)).is_ok());
        assert!(check_java("3.9.2", &java(25)).is_ok());
        assert!(check_java("3.9.0", &java(25)).is_err());
        let error = check_java("0.10.2.2", &java(21)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "kafka 0.10.2.2 needs java 8 to 17; java 21 was found: version 21.0.1 at /jdk/bin/java (JAVA_HOME)"
        );
        assert_eq!(error.hint(), "set `java` in the spec or JAVA_HOME to the home of a Java 8 to 17");
    }

    #[test]
    fn the_feature_release_is_read_from_old_and_new_version_schemes() {
        for (version, wanted) in
            [("1.8.0_402", 8), ("17.0.15", 17), ("25-ea", 25), ("21", 21), ("9-internal", 9), ("1.7.0", 7)]
        {
            assert_eq!(major(version), Some(wanted), "{version}");
        }
        for version in ["", "x", "-1", "1", "1.x", "99999999999"] {
            assert_eq!(major(version), None, "{version}");
        }
    }
}
