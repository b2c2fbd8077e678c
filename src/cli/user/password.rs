use std::io::{BufRead, stdin};

use clap::Args;

use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::engine::ops::{AccessOps, NodeOps};
use crate::error::{End, ExitCode, Failure};
use crate::output::access;
use crate::spec::model::Secret;
use crate::spec::security;

/// Give a user of a secured cluster that runs another password
///
/// Whoever is connected stays so. `cluster env --user NAME` prints the new one. A password of the spec holds again when
/// that is brought up anew.
#[derive(Debug, Args)]
pub(super) struct PasswordCommand {
    #[arg(value_name = "NAME", add = Names::Users)]
    name: String,

    /// The first line of standard input is the password; without it one is made
    #[arg(long)]
    password_stdin: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl PasswordCommand {
    pub(super) async fn run<E: NodeOps + AccessOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let dir = cx.chosen()?.dir;
        let password = given(self.password_stdin)?;
        cx.engine.change_password(&dir, &self.name, password).await?;
        match self.json {
            true => cx.screen.json(&access::Changed::password(&self.name))?,
            false => cx.screen.print(access::password(&self.name))?,
        }
        Ok(ExitCode::Ok)
    }
}

/// Never an argument: every user of the machine could read it there.
pub(super) fn given(is_there: bool) -> Result<Option<Secret>, Failure> {
    if !is_there {
        return Ok(None);
    }
    read(stdin().lock()).map(Some)
}

fn read(mut input: impl BufRead) -> Result<Secret, Failure> {
    let failed = |why: String| Failure::new(ExitCode::Usage, why);
    let mut line = String::new();
    let read = input.read_line(&mut line);
    read.map_err(|error| failed(format!("the password cannot be read from standard input: {error}")))?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    let password = line.strip_suffix('\r').unwrap_or(line);
    security::secret(password)
        .map_err(|why| failed(why).hint("up to 128 letters, digits and signs of ASCII, without `${`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_and_one_that_kafka_would_misread_is_refused() {
        let given = |text: &str| read(text.as_bytes()).map_err(|failure| failure.message);
        assert_eq!(given("wonder land\nmore\n"), Ok(Secret("wonder land".into())));
        assert_eq!(given("x\r\n"), Ok(Secret("x".into())));
        for (text, why) in [("", "is empty"), ("\nx", "is empty"), ("é\n", "not ASCII"), ("a${b}", "`${`")] {
            assert!(given(text).unwrap_err().contains(why), "{text}");
        }
    }
}
