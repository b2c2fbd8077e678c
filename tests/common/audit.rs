//! What a page is held to: nothing went wrong on it, it is accessible to all, and it is light.

use serde_json::Value;

use super::page::{Page, exception, words};

impl Page {
    /// Whatever went wrong since the page was opened: errors on the console, exceptions that nobody caught,
    /// resources that did not load, and violations of the Content-Security-Policy.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.wire.events(&self.session, 0).iter().filter_map(problem).collect()
    }
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
        "Log.entryAdded" if params["entry"]["level"] == "error" => {
            let entry = &params["entry"];
            Some(format!("{}: {} ({})", words(&entry["source"]), words(&entry["text"]), words(&entry["url"])))
        }
        _ => None,
    }
}
