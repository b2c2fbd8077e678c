//! A page in the browser of the tests, and what a test does on it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::browser::{BROWSER, Wire};
use super::keys::Stroke;
use super::{CAP, within};

/// What waits for nothing is answered in much less, unless the page hangs.
const REPORT: Duration = Duration::from_secs(5);

/// Where to click: the middle of an element's first box, once it stays where it is.
const SPOT: &str = "(async element => {
    if (!element) return 'is not there';
    element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
    const frame = () => new Promise(requestAnimationFrame);
    const place = () => {
        const box = element.getClientRects()[0];
        return box && [box.x + box.width / 2, box.y + box.height / 2];
    };
    let spot = place();
    for (let frames = 0; ; frames++) {
        await frame();
        const later = place();
        if (!spot || !later) return 'is not shown';
        if (spot[0] === later[0] && spot[1] === later[1]) break;
        if (frames > 300) return 'does not stop moving';
        spot = later;
    }
    if (element.disabled) return 'is disabled';
    const hit = document.elementFromPoint(...spot);
    if (!hit) return 'is out of sight';
    if (!element.contains(hit)) return 'is covered by ' + hit.cloneNode().outerHTML;
    window.missed = true;
    element.addEventListener('click', () => { window.missed = false; }, { capture: true, once: true });
    return spot;
})";

/// A page that changes while it is clicked on can move what is clicked away: then it is aimed at again, so often.
const AIMS: usize = 5;

/// Ready for text that replaces what is there.
const READY: &str = "(element => {
    if (!element) return 'is not there';
    element.focus();
    if (document.activeElement !== element) return 'takes no focus';
    if (element.disabled || element.readOnly) return 'takes no text';
    if (element.select) element.select();
    else if (element.isContentEditable) getSelection().selectAllChildren(element);
    else return 'is no field for text';
    return null;
})";

/// A tab. What does not come about fails the test, with what the page shows and what went wrong on it.
#[derive(Debug)]
pub(crate) struct Page {
    pub(super) wire: Arc<Wire>,
    pub(super) session: String,
    target: Value,
    /// The number of the first event of the last navigation.
    pub(super) navigated: Cell<usize>,
    media: RefCell<BTreeMap<&'static str, &'static str>>,
}

impl Page {
    #[track_caller]
    pub(super) fn open(wire: &Arc<Wire>) -> Self {
        let call = |method: &str, params| match wire.call(BROWSER, method, params, CAP) {
            Ok(result) => result,
            Err(why) => panic!("{why}"),
        };
        // In a window of its own it is drawn while others are looked at.
        let target =
            call("Target.createTarget", json!({ "url": "about:blank", "newWindow": true }))["targetId"]
                .take();
        let attached = call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        let page = Page {
            wire: Arc::clone(wire),
            target,
            session: attached["sessionId"].as_str().unwrap().to_owned(),
            navigated: Cell::new(0),
            media: RefCell::default(),
        };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true }));
        page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
        page
    }

    /// Goes there, and waits for the load event.
    #[track_caller]
    pub(crate) fn goto(&self, url: &str) {
        self.navigated.set(self.wire.next_event(&self.session));
        let begun = self.call("Page.navigate", json!({ "url": url }));
        if let Some(why) = begun["errorText"].as_str() {
            self.fail(&format!("{url} does not load: {why}"));
        }
        // Without a loader it was to a fragment of the same document.
        let Some(loader) = begun["loaderId"].as_str() else { return };
        self.event(&format!("{url} does not load"), self.navigated.get(), |event| {
            let params = &event["params"];
            let loaded = event["method"] == "Page.lifecycleEvent"
                && params["name"] == "load"
                && params["loaderId"] == loader;
            loaded.then_some(())
        });
    }

    /// The value of a JavaScript expression, or that which its promise comes to.
    #[track_caller]
    pub(crate) fn eval(&self, expression: &str) -> Value {
        match self.evaluate(expression, CAP) {
            Ok(value) => value,
            Err(why) => self.fail(&why),
        }
    }

    /// Evaluates again and again until the value is truthy: the value.
    ///
    /// An exception counts as falsy, since what the expression is about may not be there yet.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, expression: &str) -> Value {
        self.until_within(CAP, what, expression)
    }

    #[track_caller]
    pub(crate) fn until_within(&self, cap: Duration, what: &str, expression: &str) -> Value {
        let mut last = String::new();
        let seen = within(cap, || match self.evaluate(expression, CAP) {
            Ok(value) if is_truthy(&value) => Some(value),
            Ok(value) => {
                last = value.to_string();
                None
            }
            Err(why) => {
                last = why;
                None
            }
        });
        match seen {
            Some(value) => value,
            None => self.fail(&format!("not seen within {} s: {what}\n{expression}: {last}", cap.as_secs())),
        }
    }

    /// Waits until the first such element shows a text.
    #[track_caller]
    pub(crate) fn shows(&self, selector: &str, text: &str) {
        let what = format!("{text} in {selector}");
        let (selector, text) = (json!(selector), json!(text));
        self.until(&what, &format!("document.querySelector({selector})?.textContent.includes({text})"));
    }

    /// Clicks in the middle of the first such element, as a mouse does: what is covered gets no click.
    #[track_caller]
    pub(crate) fn click(&self, selector: &str) {
        for _ in 0..AIMS {
            self.click_at(selector);
            // A page that has been left has nothing to say.
            if !matches!(self.evaluate("window.missed === true", CAP), Ok(Value::Bool(true))) {
                return;
            }
        }
        self.fail(&format!("{selector} moved away from {AIMS} clicks"));
    }

    #[track_caller]
    fn click_at(&self, selector: &str) {
        let spot = self.eval(&on(SPOT, selector));
        let [x, y] = match spot.as_array().map(Vec::as_slice) {
            Some([x, y]) => [x, y],
            _ => self.fail(&format!("{selector} cannot be clicked: {}", words(&spot))),
        };
        for (kind, buttons) in [("mouseMoved", 0), ("mousePressed", 1), ("mouseReleased", 0)] {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            self.call(
                "Input.dispatchMouseEvent",
                json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1 }),
            );
        }
    }

    /// Puts the text in place of what is in a field, as typing does.
    #[track_caller]
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        let ready = self.eval(&on(READY, selector));
        if !ready.is_null() {
            self.fail(&format!("{selector} cannot be filled: {}", words(&ready)));
        }
        if text.is_empty() {
            self.press("Delete");
        } else {
            self.call("Input.insertText", json!({ "text": text }));
        }
    }

    /// Presses a key where the focus is: a character, or a name of
    /// <https://www.w3.org/TR/uievents-key/>, with modifiers before it (`Shift+Tab`).
    #[track_caller]
    pub(crate) fn press(&self, key: &str) {
        let stroke = Stroke::of(key);
        self.call("Input.dispatchKeyEvent", stroke.down());
        self.call("Input.dispatchKeyEvent", stroke.up());
    }

    /// What the first such element shows.
    #[track_caller]
    pub(crate) fn text(&self, selector: &str) -> String {
        match self.eval(&on("(element => element && element.innerText)", selector)) {
            Value::String(text) => text,
            _ => self.fail(&format!("{selector} is not there")),
        }
    }

    #[track_caller]
    pub(crate) fn count(&self, selector: &str) -> u64 {
        self.eval(&format!("document.querySelectorAll({}).length", json!(selector))).as_u64().unwrap()
    }

    /// A PNG of what is in sight.
    #[track_caller]
    pub(crate) fn screenshot(&self, path: &Path) {
        self.shoot(path, json!({ "format": "png" }));
    }

    /// A PNG of the page from its head to its foot.
    #[track_caller]
    pub(crate) fn screenshot_of_all(&self, path: &Path) {
        let size = self.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].take();
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        self.shoot(path, json!({ "format": "png", "captureBeyondViewport": true, "clip": clip }));
    }

    #[track_caller]
    fn shoot(&self, path: &Path, params: Value) {
        let taken = self.call("Page.captureScreenshot", params);
        std::fs::write(path, STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()).unwrap();
    }

    /// Of the viewport, in CSS pixels.
    #[track_caller]
    pub(crate) fn size(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    #[track_caller]
    pub(crate) fn dark(&self, dark: bool) {
        self.media("prefers-color-scheme", if dark { "dark" } else { "light" });
    }

    #[track_caller]
    pub(crate) fn reduced_motion(&self, reduced: bool) {
        self.media("prefers-reduced-motion", if reduced { "reduce" } else { "no-preference" });
    }

    /// A call replaces what the one before it has set, so all are said each time.
    #[track_caller]
    fn media(&self, name: &'static str, value: &'static str) {
        self.media.borrow_mut().insert(name, value);
        let features: Vec<Value> =
            self.media.borrow().iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Those that go with the page's requests: objects with `name`, `value`, `httpOnly`, `sameSite` and more.
    #[track_caller]
    pub(crate) fn cookies(&self) -> Vec<Value> {
        let mut got = self.call("Network.getCookies", json!({}));
        serde_json::from_value(got["cookies"].take()).unwrap()
    }

    /// Headers that go with each request of the page, in place of those of the call before.
    #[track_caller]
    pub(crate) fn headers(&self, headers: &[(&str, &str)]) {
        let headers: BTreeMap<_, _> = headers.iter().copied().collect();
        self.call("Network.setExtraHTTPHeaders", json!({ "headers": headers }));
    }

    #[track_caller]
    pub(super) fn call(&self, method: &str, params: Value) -> Value {
        match self.wire.call(&self.session, method, params, CAP) {
            Ok(result) => result,
            Err(why) => self.fail(&why),
        }
    }

    #[track_caller]
    pub(super) fn event<T>(&self, otherwise: &str, since: usize, look: impl Fn(&Value) -> Option<T>) -> T {
        match self.wire.event(&self.session, since, look) {
            Ok(seen) => seen,
            Err(why) => self.fail(&format!("{otherwise}: {why}")),
        }
    }

    fn evaluate(&self, expression: &str, cap: Duration) -> Result<Value, String> {
        let params = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true
        });
        let mut done = self.wire.call(&self.session, "Runtime.evaluate", params, cap)?;
        match done.get("exceptionDetails") {
            Some(details) => Err(exception(details)),
            None => Ok(done["result"]["value"].take()),
        }
    }

    /// Fails the test with all that there is to know about the page.
    #[track_caller]
    pub(super) fn fail(&self, why: &str) -> ! {
        let look = |expression| match self.evaluate(expression, REPORT) {
            Ok(value) => words(&value),
            Err(why) => why,
        };
        let (url, text) = (look("location.href"), look("document.body.innerText"));
        let problems = self.problems().join("\n");
        panic!("{why}\n--- url\n{url}\n--- text\n{text}\n--- problems\n{problems}")
    }
}

/// What a page still does costs the others. One with an open dialog does not answer, so nobody waits.
impl Drop for Page {
    fn drop(&mut self) {
        let target = json!({ "targetId": self.target });
        let _ = self.wire.call(BROWSER, "Target.closeTarget", target, Duration::ZERO);
    }
}

/// The text of an uncaught exception, with where it was thrown.
pub(super) fn exception(details: &Value) -> String {
    let thrown = &details["exception"];
    let text = thrown["description"].as_str().map(str::to_owned);
    text.unwrap_or_else(|| format!("{} {}", words(&details["text"]), thrown["value"]))
}

/// A string as it is, anything else as JSON.
pub(super) fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A call of a JavaScript function with the first element that the selector finds.
fn on(function: &str, selector: &str) -> String {
    format!("{function}(document.querySelector({}))", json!(selector))
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(value) => value.as_f64() != Some(0.0),
        Value::String(value) => !value.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
