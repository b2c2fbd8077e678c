use clap::Args;

use crate::cli::context::Context;
use crate::engine::ops::FolderOps;
use crate::error::{End, ExitCode};
use crate::output::cache::{self, Listing};

/// List what the cache holds, how large it is and which clusters run on it
#[derive(Debug, Args)]
pub(super) struct List {
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run<E: FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let listing = Listing::new(&cx.folders.cache, cx.engine.holdings(&cx.folders)?);
        match (self.json, listing.entries.is_empty()) {
            (true, _) => cx.screen.json(&listing)?,
            (false, true) => cx.screen.say(format!(
                "nothing is cached in {}; `cluster cache warm` fetches Kafka",
                listing.dir.display()
            )),
            (false, false) => cx.screen.print(cache::list(&listing, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::engine::cache::samples;
    use crate::error::ExitCode;

    #[test]
    fn an_empty_cache_is_an_empty_result_and_a_word() {
        let ran = run(Fake::with_clusters(&[]), "cache list");
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Ok, ""));
        assert!(ran.err.contains("`cluster cache warm`"), "{}", ran.err);
    }

    #[test]
    fn what_is_there_is_told_with_its_users() {
        let fake = Fake::with_clusters(&[]);
        fake.cached(samples::holdings());
        let ran = run(fake, "cache list --json");
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["entries"][0]["kind"], "kafka");
        assert_eq!(json["entries"][0]["used_by"][0], "velib");
        assert_eq!(json["bytes"], 160 << 20);
    }
}
