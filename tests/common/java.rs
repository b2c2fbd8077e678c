//! A Java home of a test's own: a program in front of the machine's Java.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::home::TestHome;

/// Its program runs `before`, lines for sh, and becomes the machine's Java. The path of the home.
pub(crate) fn home_with(home: &TestHome, before: &str) -> String {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|folder| folder.join("java")).find(|java| java.exists());
    let java = found.expect("java on PATH").canonicalize().unwrap();
    // With this file its own word is taken, instead of that of the JVM behind it.
    let release = java.parent().and_then(|bin| Some(bin.parent()?.join("release"))).unwrap();
    let bin = home.root().join("java").join("bin");
    fs::create_dir_all(&bin).unwrap();
    fs::copy(release, home.root().join("java/release")).unwrap();
    let script = format!("#!/bin/sh\n{before}\nexec '{}' \"$@\"\n", java.display());
    let program = home.write("java/bin/java", script);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    home.root().join("java").into_os_string().into_string().unwrap()
}
