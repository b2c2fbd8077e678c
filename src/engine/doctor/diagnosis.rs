//! A finding with what mends it.

use super::finding::Finding;
use crate::error::Failure;

/// What mends a finding.
type Mend = Box<dyn FnOnce() -> Result<(), Failure>>;

/// A finding, and how it is mended where that is safe.
pub(super) struct Diagnosis {
    pub(super) finding: Finding,
    pub(super) mend: Option<Mend>,
}

impl Diagnosis {
    pub(super) fn mended_by(
        mut finding: Finding,
        mend: impl FnOnce() -> Result<(), Failure> + 'static,
    ) -> Self {
        finding.fixable = true;
        Diagnosis { finding, mend: Some(Box::new(mend)) }
    }

    /// Mends it if that is wanted and possible; what could not be mended says why.
    pub(super) fn settled(self, fix: bool) -> Finding {
        let Diagnosis { mut finding, mend } = self;
        if let Some(mend) = mend.filter(|_| fix) {
            match mend() {
                Ok(()) => finding.fixed = true,
                Err(failure) => {
                    finding.found = format!("{}; it could not be mended: {failure}", finding.found)
                }
            }
        }
        finding
    }
}

impl From<Finding> for Diagnosis {
    fn from(finding: Finding) -> Self {
        Diagnosis { finding, mend: None }
    }
}
