use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::context::Context;
use crate::engine::ops::{AccessOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::certs;

#[derive(Debug, Args)]
pub(super) struct List {
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) async fn run<E: NodeOps + AccessOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let listed = cx.engine.certs(&cx.chosen()?.dir).await?;
        let (now, zone) = (Timestamp::now(), TimeZone::system());
        match self.json {
            true => cx.screen.json(&listed)?,
            false => cx.screen.print(certs::list(&listed, now, &zone, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, ToSpan};

    use crate::cli::testing::{Fake, run};
    use crate::engine::certs::{CertState, Holder, ListedCert};

    fn fake() -> Fake {
        let now = Timestamp::now();
        let cert = |name: &str, of, state, hours: i64| ListedCert {
            name: name.to_owned(),
            of,
            state,
            not_before: now - 48.hours(),
            not_after: now + hours.hours() + 30.seconds(),
        };
        let fake = Fake::with_clusters(&["velib"]);
        fake.certs(vec![
            cert("ca", Holder::Ca, CertState::Valid, 48),
            cert("broker-0", Holder::Node, CertState::Valid, 2),
            cert("alice", Holder::User, CertState::Expired, -3),
            cert("cluster", Holder::Program, CertState::Foreign, 1),
        ]);
        fake
    }

    #[test]
    fn each_is_told_with_what_is_left_of_it() {
        let out = run(fake(), "certs").out;
        let rows: Vec<Vec<&str>> =
            out.lines().map(|line| line.split("  ").map(str::trim).collect()).collect();
        let last = |at: usize| rows[at].last().copied().unwrap();
        assert_eq!(last(1), "valid for 2 d");
        assert_eq!(last(2), "valid for 2 h");
        assert_eq!((last(3), last(4)), ("expired 2 h 59 min ago", "of another CA"));
        let json: serde_json::Value = serde_json::from_str(&run(fake(), "certs --json").out).unwrap();
        assert_eq!((&json[1]["of"], &json[2]["state"]), (&"node".into(), &"expired".into()));
        assert!(json[0]["not_after"].as_str().unwrap().ends_with('Z'));
    }
}
