use clap::Args;

use crate::cli::context::Context;
use crate::engine::cache::is_meant;
use crate::engine::ops::{FolderOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::cache;
use crate::units;

/// Remove from the cache what no running cluster needs
///
/// What is missing later is fetched and made again.
#[derive(Debug, Args)]
pub(super) struct Clear {
    /// Only startup archives
    #[arg(long)]
    archives: bool,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Clear {
    pub(super) fn run<E: NodeOps + FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        if !self.yes {
            let held = cx.engine.holdings(&cx.folders)?;
            let free = held.iter().filter(|one| is_meant(one, self.archives) && one.used_by.is_empty());
            let (count, bytes) = free.fold((0, 0), |(count, bytes), one| (count + 1, bytes + one.bytes));
            if count > 0 {
                let what = units::count(count, "entry").replace("entrys", "entries");
                let question = format!("remove {what}, {}, from the cache?", units::size(bytes));
                cx.must_confirm(&question, "clearing the cache", "nothing was removed")?;
            }
        }
        let cleared = cx.engine.clear_cache(&cx.folders, self.archives)?;
        match self.json {
            true => cx.screen.json(&cleared)?,
            false => cx.screen.print(cache::cleared(&cleared))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run, run_answering};
    use crate::engine::cache::samples;
    use crate::error::ExitCode;

    fn full() -> Fake {
        let fake = Fake::with_clusters(&[]);
        fake.cached(samples::holdings());
        fake
    }

    #[test]
    fn without_a_terminal_it_takes_a_yes() {
        let ran = run(full(), "cache clear");
        assert_eq!(ran.code, ExitCode::Usage);
        assert!(ran.err.contains("give `--yes`"), "{}", ran.err);
        assert_eq!(run(full(), "cache clear --yes").code, ExitCode::Ok);
    }

    #[test]
    fn the_question_counts_only_what_would_go() {
        let ran = run_answering(full(), "cache clear", "n\n");
        assert_eq!(ran.code, ExitCode::Failed);
        assert!(ran.err.contains("remove 1 entry, 60.0 MiB, from the cache?"), "{}", ran.err);
        assert!(ran.err.contains("nothing was removed"), "{}", ran.err);
    }

    #[test]
    fn with_nothing_to_remove_nothing_is_asked() {
        let ran = run(Fake::with_clusters(&[]), "cache clear");
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Ok, "nothing to remove\n"));
    }

    #[test]
    fn what_is_in_use_is_kept_and_its_user_named() {
        let ran = run(full(), "cache clear --yes");
        assert!(ran.out.contains("kept /cache/kafka/3.9.2: the cluster velib runs on it"), "{}", ran.out);
    }
}
