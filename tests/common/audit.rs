//! What a page is held to: nothing went wrong on it, it is accessible to all, and it is light.

use std::path::Path;

use serde_json::{Value, json};

use super::page::{Page, exception, words};

/// What axe found, one line for each element.
const AXE: &str = "axe.run().then(({ violations }) => violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html }) => `${id}: ${help}: ${target.join(' ')}: ${html}`)))";

/// Tasks of threads and what the threads are called.
const TRACED: &str = "toplevel,devtools.timeline,disabled-by-default-devtools.timeline,__metadata";

impl Page {
    /// Whatever went wrong since the page was opened: errors on the console, exceptions that nobody caught,
    /// resources that did not load, violations of the Content-Security-Policy, and dialogs such as `confirm`,
    /// which nobody answers.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.wire.events(&self.session, 0).iter().filter_map(problem).collect()
    }

    /// What stands in the way of people who do not see, or use no mouse, by all rules of axe-core: rule, what it
    /// asks for, selector, element.
    ///
    /// The debugger is not subject to the page's Content-Security-Policy, so it may be strict.
    #[track_caller]
    pub(crate) fn axe(&self) -> Vec<String> {
        if self.eval("typeof axe") == "undefined" {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vendor/axe-core/axe.min.js");
            self.eval(&format!("{};0", std::fs::read_to_string(file).unwrap()));
        }
        serde_json::from_value(self.eval(AXE)).unwrap()
    }

    /// Bytes of the answers, with their headers, that have come in whole since the page was last told to go
    /// somewhere.
    pub(crate) fn transferred(&self) -> u64 {
        let events = self.wire.events(&self.session, self.navigated.get());
        let ends = events.iter().filter(|event| event["method"] == "Network.loadingFinished");
        // A number of JSON, and so with a point at times.
        ends.filter_map(|end| end["params"]["encodedDataLength"].as_f64()).map(|bytes| bytes as u64).sum()
    }

    /// Milliseconds from the begin of the navigation to the first content on the screen.
    #[track_caller]
    pub(crate) fn first_contentful_paint(&self) -> f64 {
        let painted = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
        self.until("the first contentful paint", painted).as_f64().unwrap()
    }

    /// The longest task that kept the browser from drawing or from answering to its user while the test did
    /// something. Other pages of the browser count, too.
    #[track_caller]
    pub(crate) fn longest_task(&self, act: impl FnOnce()) -> Task {
        let since = self.wire.next_event(&self.session);
        let all = json!({ "transferMode": "ReportEvents", "categories": TRACED });
        self.call("Tracing.start", all);
        act();
        // A task that has not ended is not in the trace, and what was done may be answered before it has.
        self.eval("new Promise(done => setTimeout(done)).then(() => 0)");
        self.call("Tracing.end", json!({}));
        self.event("the trace does not end", since, |event| {
            (event["method"] == "Tracing.tracingComplete").then_some(())
        });
        let told = self.wire.events(&self.session, since);
        let parts = told.iter().filter(|event| event["method"] == "Tracing.dataCollected");
        let traced: Vec<&Value> =
            parts.filter_map(|part| part["params"]["value"].as_array()).flatten().collect();
        longest(&traced).unwrap_or_else(|| self.fail("the trace has no task of a page"))
    }
}

/// How long a task of a page took, in ms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    /// From its begin to its end, with what it waited for a core.
    pub ms: f64,
    /// That its thread ran; `None`: the trace does not tell.
    pub cpu_ms: Option<f64>,
}

/// Of the threads that run the scripts of pages.
fn longest(traced: &[&Value]) -> Option<Task> {
    let named = traced.iter().filter(|event| event["args"]["name"] == "CrRendererMain");
    let threads: Vec<_> = named.map(|event| (&event["pid"], &event["tid"])).collect();
    let tasks = traced.iter().filter(|event| words(&event["name"]).ends_with("RunTask"));
    let of_pages = tasks.filter(|task| threads.contains(&(&task["pid"], &task["tid"])));
    let ms = |task: &Value, field: &str| task[field].as_f64().map(|micros| micros / 1000.0);
    let long = of_pages.filter_map(|task| Some(Task { ms: ms(task, "dur")?, cpu_ms: ms(task, "tdur") }));
    long.max_by(|one, other| one.ms.total_cmp(&other.ms))
}

fn problem(event: &Value) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(exception(&params["exceptionDetails"])),
        "Runtime.consoleAPICalled" if params["type"] == "error" || params["type"] == "assert" => {
            let said = params["args"].as_array()?.iter();
            let said = said.map(|arg| words(arg.get("value").unwrap_or(&arg["description"])));
            Some(said.collect::<Vec<_>>().join(" "))
        }
        "Page.javascriptDialogOpening" => {
            Some(format!("{}: {}", words(&params["type"]), words(&params["message"])))
        }
        "Log.entryAdded" if params["entry"]["level"] == "error" => {
            let entry = &params["entry"];
            Some(format!("{}: {} ({})", words(&entry["source"]), words(&entry["text"]), words(&entry["url"])))
        }
        _ => None,
    }
}
