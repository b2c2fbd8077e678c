//! What `doctor` found, as text and as the fields of its JSON.

use std::fmt::Write;

use serde::Serialize;

use super::foreign::printable;
use super::style::{self, paint};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `java`, `kafka`, `memory`, `disk`, `files`, `ports`, `clock`, `clusters`, `leftovers` or `cache`.
    pub what: &'static str,
    pub state: State,
    /// What is there, in a line.
    pub found: String,
    /// What to do about it, unless it is good.
    pub remedy: Option<String>,
    /// `--fix` does that; it changes nothing that anybody could miss.
    pub fixable: bool,
    /// It was mended just now.
    pub fixed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Good,
    /// Clusters come up all the same.
    Warning,
    /// No cluster comes up, or not all of one.
    Problem,
}

impl Finding {
    pub fn good(what: &'static str, found: impl Into<String>) -> Self {
        Finding { what, state: State::Good, found: found.into(), remedy: None, fixable: false, fixed: false }
    }

    pub fn bad(
        what: &'static str,
        state: State,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Finding { state, remedy: Some(remedy.into()), ..Finding::good(what, found) }
    }

    /// Whether it still stands in somebody's way.
    pub fn is_problem(&self) -> bool {
        self.state == State::Problem && !self.fixed
    }
}

/// A line a finding, its remedy under it, then what that comes to.
pub fn text(findings: &[Finding]) -> String {
    let mut out = String::new();
    for one in findings {
        let (tone, word) = match (one.state, one.fixed) {
            (_, true) => (style::GOOD, "mended"),
            (State::Good, _) => (style::GOOD, "good"),
            (State::Warning, _) => (style::WARN, "warning"),
            (State::Problem, _) => (style::BAD, "problem"),
        };
        let _ = writeln!(
            out,
            "{:<10} {}  {}",
            one.what,
            paint(tone, format!("{word:<7}")),
            printable(&one.found)
        );
        if let Some(remedy) = one.remedy.as_ref().filter(|_| !one.fixed) {
            let by_us = if one.fixable { " (`cluster doctor --fix` does it)" } else { "" };
            let _ = writeln!(out, "{:<10} {:<7}  {}{by_us}", "", "", printable(remedy));
        }
    }
    let count = |state: State| findings.iter().filter(|one| one.state == state && !one.fixed).count();
    let conclusion = match (count(State::Problem), count(State::Warning)) {
        (0, 0) => "nothing stands in the way".to_owned(),
        (0, warnings) => super::units::count(warnings, "warning"),
        (problems, _) => super::units::count(problems, "problem"),
    };
    let _ = writeln!(out, "\n{conclusion}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_has_its_remedy_under_it_until_it_is_mended() {
        let good = Finding::good("java", "17.0.15, /usr/bin/java (PATH)");
        let bad = Finding::bad("disk", State::Problem, "/state has 12 MiB left", "free some space");
        let left = Finding {
            fixable: true,
            ..Finding::bad("leftovers", State::Warning, "a folder that was being deleted", "remove it")
        };
        let mended = Finding { fixed: true, ..left.clone() };
        let plain = |findings: &[Finding]| anstream::adapter::strip_str(&text(findings)).to_string();
        insta::assert_snapshot!(plain(&[good.clone(), bad, left]), @r"
        java       good     17.0.15, /usr/bin/java (PATH)
        disk       problem  /state has 12 MiB left
                            free some space
        leftovers  warning  a folder that was being deleted
                            remove it (`cluster doctor --fix` does it)

        1 problem
        ");
        assert!(plain(&[good, mended]).ends_with("\nnothing stands in the way\n"));
    }
}
