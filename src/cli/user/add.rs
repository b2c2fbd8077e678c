use clap::Args;

use super::password;
use crate::cli::context::Context;
use crate::engine::ops::{AccessOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::access;

/// Add a user to a secured cluster that runs
///
/// With mtls a key and a certificate are made, with scram a password. `cluster env --user NAME` prints what their
/// clients need. The spec does not know them: they stay whatever it says, until `user remove` or `down --delete`.
#[derive(Debug, Args)]
pub(super) struct Add {
    #[arg(value_name = "NAME")]
    name: String,

    /// The first line of standard input is the password; without it one is made
    #[arg(long)]
    password_stdin: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Add {
    pub(super) async fn run<E: NodeOps + AccessOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let dir = cx.chosen()?.dir;
        let password = password::given(self.password_stdin)?;
        let added = cx.engine.add_user(&dir, &self.name, password).await?;
        match self.json {
            true => cx.screen.json(&access::Changed::added(&self.name))?,
            false => cx.screen.print(access::added(&self.name, &added))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::engine::users::{Added, Shows};

    fn said(shows: Shows, is_denied_by_default: bool) -> String {
        let fake = Fake::with_clusters(&["velib"]);
        fake.adds(Added { shows, is_denied_by_default });
        run(fake, "user add carol").out
    }

    #[test]
    fn who_was_added_is_told_how_to_connect_and_what_they_lack() {
        insta::assert_snapshot!(said(Shows::Password, true), @r"
        carol: added, with a password: `cluster env --user carol`
        carol may do nothing yet: `cluster acl add carol read topic:NAME`
        ");
        insta::assert_snapshot!(said(Shows::Certificate, false), @"carol: added, with a certificate: `cluster env --user carol`");
    }
}
