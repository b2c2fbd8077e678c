//! `cluster status --topic velib-stations` as a whole process against `kafka-topics --describe` of
//! the same distribution, on the same cluster, in turn.

mod common;

use std::path::Path;

use common::tool::Tools;
use common::{Home, ms, pairs, report, timed};

/// Surveys that the supervisor makes by itself in 20 minutes.
const SETTLED: usize = 600;

fn main() {
    let home = Home::new();
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("clusters/velib.yaml");
    let spec = spec.to_str().unwrap();
    home.run(&["up", spec]);
    let plan = home.plan(spec);
    let tools = Tools::of(&plan, &home);

    let describe = || {
        let said = tools.describe(Some("velib-stations"));
        assert_eq!(said.matches("Partition: ").count(), 10, "kafka-topics says: {said}");
    };
    let status = || {
        let output = home.run(&["status", "--topic", "velib-stations"]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("healthy"), "cluster says: {said}");
    };

    let compare = |what: &str| {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..pairs(11) {
            ours.push(ms(timed(status)));
            theirs.push(ms(timed(describe)));
        }
        report(what, "ms", &ours, &theirs);
    };
    // Not counted: they fill the page cache.
    describe();
    status();
    compare("status, cluster just started");
    // The nodes' JVMs compile what they have run some hundred times.
    for _ in 0..SETTLED {
        status();
    }
    compare("status, cluster has run a while");
}
