//! Words of the command line as values.

use std::time::Duration;

use jiff::SignedDuration;

/// `500ms`, `10s`, `2m`, `1h 30m`, or ISO 8601's `PT10S`; more than nothing.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "durations look like 500ms, 10s, 2m or 1h30m".to_owned();
    let signed: SignedDuration = text.trim().parse().map_err(|_| wrong())?;
    Duration::try_from(signed).ok().filter(|duration| !duration.is_zero()).ok_or_else(wrong)
}

/// At least one character.
pub fn not_empty(text: &str) -> Result<String, String> {
    match text.is_empty() {
        true => Err("give at least one character".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// `KILL`, `sigkill` and `9` are all `SIGKILL`.
pub fn signal(text: &str) -> Result<String, String> {
    use nix::sys::signal::Signal;
    let found = match text.parse::<i32>() {
        Ok(number) => Signal::try_from(number).ok(),
        Err(_) => {
            let name = text.to_ascii_uppercase();
            let name = if name.starts_with("SIG") { name } else { format!("SIG{name}") };
            name.parse().ok()
        }
    };
    found.map(|signal| signal.as_str().to_owned()).ok_or_else(|| {
        let names: Vec<_> = Signal::iterator().map(|signal| &signal.as_str()["SIG".len()..]).collect();
        format!("signals are {}", names.join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, ms) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("2m", 120_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("1.5s", 1500),
            ("PT10S", 10_000),
            ("10 seconds", 10_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "10", "-3s", "0s", "3s ago", "soon", "1x"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn signals_have_one_name() {
        for text in ["KILL", "SIGKILL", "kill", "9"] {
            assert_eq!(signal(text).as_deref(), Ok("SIGKILL"), "{text}");
        }
        for text in ["", "NONE", "0", "99", "-9"] {
            assert!(signal(text).is_err(), "{text}");
        }
    }
}
