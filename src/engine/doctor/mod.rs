//! What stands in the way of clusters on this machine, and mending what is safe to mend.

mod clusters;
mod diagnosis;
mod finding;
mod leftovers;
mod machine;
mod software;

pub(crate) use finding::{Finding, State};

use self::diagnosis::Diagnosis;
use super::prepare;
use super::source::{Chosen, Source};
use crate::error::Failure;
use crate::paths::Folders;

/// Looks at everything. A wrong spec is an error; what is wrong with the machine is a finding.
pub(crate) fn examine(folders: &Folders, source: &Source, fix: bool) -> Result<Vec<Finding>, Failure> {
    let spec = prepare::spec(source)?;
    let chosen = Chosen { source: source.clone(), name: None, profile: None };
    // Without Java or Kafka there is no plan, and those are told by themselves.
    let plan = prepare::plan(folders, &chosen).ok();
    let mut found: Vec<Diagnosis> = Vec::new();
    found.extend(software::examine(&spec, folders));
    found.extend(machine::examine(plan.as_ref(), folders));
    found.extend(clusters::examine(folders)?);
    found.extend(leftovers::examine(folders)?);
    Ok(found.into_iter().map(|diagnosis| diagnosis.settled(fix)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExitCode;

    #[test]
    fn what_is_mended_is_good_and_what_could_not_be_says_why() {
        let left = || Finding::bad("leftovers", State::Problem, "a folder", "remove it");
        let mended = Diagnosis::mended_by(left(), || Ok(()));
        assert!(!mended.settled(true).is_problem());
        let untouched = Diagnosis::mended_by(left(), || panic!("nobody asked for it"));
        let finding = untouched.settled(false);
        assert!(finding.is_problem() && finding.fixable);
        let stuck = Diagnosis::mended_by(left(), || Err(Failure::new(ExitCode::Failed, "read-only")));
        assert!(stuck.settled(true).found.ends_with("it could not be mended: read-only"));
    }
}
