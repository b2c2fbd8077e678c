//! Keys as a keyboard sends them.

use serde_json::{Value, json};

/// A key and the modifiers that are held.
#[derive(Debug)]
pub(super) struct Stroke {
    key: String,
    /// Windows' number of the key, by which Chromium tells what the key does.
    code: u32,
    /// What it types.
    text: String,
    /// Alt 1, Control 2, Meta 4, Shift 8.
    modifiers: u8,
}

impl Stroke {
    /// `a`, `Enter`, `Shift+Tab`.
    #[track_caller]
    pub(super) fn of(stroke: &str) -> Self {
        let mut modifiers = 0;
        let mut key = stroke;
        while let Some((modifier, rest)) = key.split_once('+').filter(|(_, rest)| !rest.is_empty()) {
            modifiers |= match modifier {
                "Alt" => 1,
                "Control" => 2,
                "Meta" => 4,
                "Shift" => 8,
                _ => panic!("no modifier: {modifier}"),
            };
            key = rest;
        }
        let (code, text) = match key {
            "Backspace" => (8, ""),
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            " " => (32, " "),
            "PageUp" => (33, ""),
            "PageDown" => (34, ""),
            "End" => (35, ""),
            "Home" => (36, ""),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            "Delete" => (46, ""),
            _ => {
                assert!(key.chars().count() == 1, "no key: {key}");
                let letter = key.chars().next().filter(char::is_ascii_alphanumeric);
                (letter.map_or(0, |letter| letter.to_ascii_uppercase().into()), key)
            }
        };
        // With Alt, Control or Meta it is a command, and types nothing.
        let text = if modifiers & 7 == 0 { text } else { "" };
        Stroke { key: key.to_owned(), code, text: text.to_owned(), modifiers }
    }

    pub(super) fn down(&self) -> Value {
        let kind = if self.text.is_empty() { "rawKeyDown" } else { "keyDown" };
        let mut event = self.event(kind);
        event["text"] = self.text.as_str().into();
        event
    }

    pub(super) fn up(&self) -> Value {
        self.event("keyUp")
    }

    fn event(&self, kind: &str) -> Value {
        json!({ "type": kind, "key": self.key, "windowsVirtualKeyCode": self.code, "modifiers": self.modifiers })
    }
}
