//! What `doctor` found, as text.

use std::fmt::Write;

use super::foreign::printable;
use super::style::{self, paint};
use crate::engine::doctor::{Finding, State};

/// A line a finding, its remedy under it, then what that comes to.
pub(crate) fn text(findings: &[Finding]) -> String {
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
        (0, warnings) => crate::units::count(warnings, "warning"),
        (problems, _) => crate::units::count(problems, "problem"),
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
