//! The streams: results to standard output, talk to standard error.

use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;

use anstream::{AutoStream, ColorChoice};
use rustix::termios::tcgetwinsize;
use serde::Serialize;

use super::keys::Keys;
use super::log_lines::NamedLines;
use super::problem::Problem;
use super::width::{Width, wrap};
use super::{foreign, rows, style};
use crate::error::{End, ExitCode, Failure};

/// Where a command writes. Colour is kept for terminals only and honours `NO_COLOR`.
pub(crate) struct Screen {
    out: Box<dyn Write>,
    /// Standard output, too, for bytes that are not ours: nothing is taken for colour.
    raw: Box<dyn Write>,
    err: Box<dyn Write>,
    raw_is_terminal: bool,
    /// And it can be redrawn.
    out_is_terminal: bool,
    err_is_terminal: bool,
    err_has_colour: bool,
    /// Nobody reads standard output any more.
    reader_is_gone: bool,
    is_hushed: bool,
    /// The keyboard, when there is somebody to ask: standard input and error are a terminal.
    keyboard: Option<Box<dyn BufRead>>,
}

impl Screen {
    /// The process's own streams.
    pub(crate) fn standard() -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let somebody_is_there = io::stdin().is_terminal() && err.is_terminal();
        Screen {
            raw_is_terminal: out.is_terminal(),
            out_is_terminal: out.is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
            keyboard: somebody_is_there.then(|| Box::new(io::BufReader::new(io::stdin())) as _),
            err_is_terminal: err.is_terminal(),
            err_has_colour: AutoStream::choice(&err) != ColorChoice::Never,
            reader_is_gone: false,
            is_hushed: false,
            raw: Box::new(io::stdout()),
            out: Box::new(AutoStream::auto(out)),
            err: Box::new(AutoStream::auto(err)),
        }
    }

    /// Whether standard output can be redrawn.
    pub(crate) fn out_is_terminal(&self) -> bool {
        self.out_is_terminal
    }

    /// The keys that are pressed meanwhile; `None`: there is no screen that is redrawn, or no keyboard.
    pub(crate) fn keys(&self) -> Option<Keys> {
        self.out_is_terminal.then(|| Keys::of(io::stdin())).flatten()
    }

    /// How wide a line of standard output may be.
    pub(crate) fn out_width(&self) -> Width {
        width(self.raw_is_terminal, io::stdout())
    }

    /// How wide a line of standard error may be.
    pub(crate) fn err_width(&self) -> Width {
        width(self.err_is_terminal, io::stderr())
    }

    /// Whether progress can be drawn on standard error.
    pub(crate) fn err_is_terminal(&self) -> bool {
        self.err_is_terminal && !self.is_hushed
    }

    /// From now on there is no talk, no progress and no warning: results and failures are all that is written.
    pub(crate) fn hush(&mut self) {
        self.is_hushed = true;
    }

    pub(crate) fn is_hushed(&self) -> bool {
        self.is_hushed
    }

    /// Whether standard error shows colour.
    pub(crate) fn err_has_colour(&self) -> bool {
        self.err_has_colour
    }

    /// A part of the result; `text` brings its newlines, and on a terminal lines that are wider go on below. When
    /// nobody reads any more, only the output ends: what the command does goes on, and its exit code tells how that
    /// went. Colours are ours; what others chose is made printable before.
    pub(crate) fn print(&mut self, text: impl AsRef<str>) -> Result<(), End> {
        let width = self.out_width();
        self.write(text.as_ref(), width)
    }

    /// The same with whole lines, on a terminal too: what programs read.
    pub(crate) fn whole(&mut self, text: impl AsRef<str>) -> Result<(), End> {
        self.write(text.as_ref(), Width::Whole)
    }

    fn write(&mut self, text: &str, width: Width) -> Result<(), End> {
        if self.reader_is_gone {
            return Ok(());
        }
        let text = foreign::styled(text);
        let written = self.out.write_all(wrap(&text, width).as_bytes()).and_then(|()| self.out.flush());
        self.heard(written)
    }

    /// A part of a result that goes on and on, of a command that does nothing but show it: when nobody
    /// reads any more, it ends quietly, as `head` expects.
    pub(crate) fn stream(&mut self, text: &str) -> Result<(), End> {
        self.print(text)?;
        self.ends_unread()
    }

    /// The same with whole lines, as [`Screen::whole`].
    pub(crate) fn stream_whole(&mut self, text: &str) -> Result<(), End> {
        self.whole(text)?;
        self.ends_unread()
    }

    /// As [`Screen::stream`], of what is not ours to look into, such as messages and lines of logs: these very
    /// bytes, but on a terminal what it can show of them.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), End> {
        let written = match self.raw_is_terminal {
            true => self.raw.write_all(foreign::bytes(bytes).as_bytes()),
            false => self.raw.write_all(bytes),
        };
        let written = written.and_then(|()| self.raw.flush());
        self.heard(written)?;
        self.ends_unread()
    }

    /// As [`Screen::bytes`], the lines that wait of several sources, each behind the name of its own, which has a
    /// colour on a terminal.
    pub(crate) fn named_lines(&mut self, lines: &mut NamedLines) -> Result<(), End> {
        if lines.is_empty() {
            return Ok(());
        }
        let written = match self.raw_is_terminal {
            true => self.out.write_all(lines.styled().as_bytes()).and_then(|()| self.out.flush()),
            false => self.raw.write_all(&lines.plain()).and_then(|()| self.raw.flush()),
        };
        lines.clear();
        self.heard(written)?;
        self.ends_unread()
    }

    fn heard(&mut self, written: io::Result<()>) -> Result<(), End> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.reader_is_gone = true;
                Ok(())
            }
            written => Ok(written.map_err(unprintable)?),
        }
    }

    fn ends_unread(&self) -> Result<(), End> {
        match self.reader_is_gone {
            true => Err(End::Quiet(ExitCode::Ok)),
            false => Ok(()),
        }
    }

    /// A whole result as JSON, indented.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), End> {
        let text = serde_json::to_string_pretty(value).map_err(unwritable)?;
        self.whole(foreign::json(&(text + "\n")))
    }

    /// A result in place of the one before, streamed; without a terminal, below it. What does not fit is cut: a
    /// screen that scrolled would leave the top of every result behind.
    pub(crate) fn redraw(&mut self, text: &str) -> Result<(), End> {
        /// To the top left, all below erased: no flicker, as a full clear would give.
        const HOME: &[u8] = b"\x1b[H\x1b[J";
        if !self.out_is_terminal {
            return self.stream(text);
        }
        let text = foreign::styled(text);
        // It is no colour: it goes past what strips those.
        let mut out = io::stdout();
        let written = out.write_all(HOME).and_then(|()| out.flush());
        self.heard(written)?;
        match tcgetwinsize(&out) {
            Ok(size) if size.ws_row > 0 && size.ws_col > 0 => {
                self.stream(&rows::fit(&text, size.ws_row.into(), size.ws_col.into()))
            }
            _ => self.stream(&text),
        }
    }

    /// One of several results as JSON, streamed, on a line of its own.
    pub(crate) fn json_line(&mut self, value: &impl Serialize) -> Result<(), End> {
        let text = serde_json::to_string(value).map_err(unwritable)?;
        self.stream_whole(&foreign::json(&(text + "\n")))
    }

    /// A line of talk. That nobody hears it is no reason to fail.
    pub(crate) fn say(&mut self, line: impl AsRef<str>) {
        if !self.is_hushed {
            self.tell(line);
        }
    }

    /// A line that is not left out when there is no talk.
    pub(crate) fn tell(&mut self, line: impl AsRef<str>) {
        let _ = writeln!(self.err, "{}", wrap(&foreign::lines(line.as_ref()), self.err_width()));
    }

    /// Talk with our own colours, such as a table.
    pub(crate) fn show(&mut self, text: &str) {
        let _ = writeln!(self.err, "{}", wrap(&foreign::styled(text), self.err_width()));
    }

    /// Asks a question; anything but `y` or `yes` is no. `None`: there is nobody to ask.
    pub(crate) fn confirm(&mut self, question: &str) -> Option<bool> {
        let keyboard = self.keyboard.as_mut()?;
        let _ = write!(self.err, "{} [y/N] ", foreign::lines(question)).and_then(|()| self.err.flush());
        let mut typed = String::new();
        let read = keyboard.read_line(&mut typed);
        Some(read.is_ok() && matches!(typed.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// The line that is typed, or `default` for an empty one, and when there is nobody to ask.
    pub(crate) fn ask(&mut self, question: &str, default: &str) -> Result<String, End> {
        let Some(keyboard) = self.keyboard.as_mut() else { return Ok(default.to_owned()) };
        let _ =
            write!(self.err, "{}? [{default}] ", foreign::lines(question)).and_then(|()| self.err.flush());
        let mut typed = String::new();
        let read = keyboard.read_line(&mut typed);
        read.map_err(|error| Failure::new(ExitCode::Failed, format!("failed to read the answer: {error}")))?;
        Ok(match typed.trim() {
            "" => default.to_owned(),
            typed => typed.to_owned(),
        })
    }

    /// Something to know that is no error.
    pub(crate) fn warn(&mut self, message: impl std::fmt::Display) {
        if self.is_hushed {
            return;
        }
        let message = indented(&foreign::lines(&message.to_string()));
        self.show(&format!("{} {message}", style::paint(style::WARN.bold(), "warning:")));
    }

    /// The last line of standard error, for programs: `{"error": {"code", "message", "hint"}}`.
    pub(crate) fn fail_as_json(&mut self, failure: Failure) {
        let line = serde_json::json!({ "error": Problem::from(failure) }).to_string();
        let _ = writeln!(self.err, "{}", foreign::json(&line));
    }

    /// `error: ...`, and `hint: ...` below it.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        let error = style::paint(style::BAD.bold(), "error:");
        match &failure.styled {
            // Its lines are those of a file, with marks below them.
            Some(styled) if self.err_is_terminal => {
                let _ = writeln!(self.err, "{error} {}", foreign::styled(styled.trim_end()));
            }
            _ => self.show(&format!("{error} {}", indented(&foreign::lines(failure.message.trim_end())))),
        }
        if let Some(hint) = &failure.hint {
            self.show(&format!(
                "{} {}",
                style::paint(style::STRONG, "hint:"),
                indented(&foreign::lines(hint))
            ));
        }
    }
}

fn width(is_terminal: bool, stream: impl AsFd) -> Width {
    match is_terminal.then(|| tcgetwinsize(stream)) {
        Some(Ok(size)) if size.ws_col > 0 => Width::Columns(size.ws_col.into()),
        _ => Width::Whole,
    }
}

/// Further lines stand below the first: a name with a newline cannot begin a line that looks like one of ours.
fn indented(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |all, line| match line.starts_with(' ') {
        true => all + "\n" + line,
        false => all + "\n  " + line,
    })
}

fn unprintable(error: io::Error) -> Failure {
    Failure::new(ExitCode::Failed, format!("failed to write to standard output: {error}"))
}

fn unwritable(error: serde_json::Error) -> Failure {
    Failure::new(ExitCode::Failed, format!("failed to write the result as JSON: {error}"))
}

#[cfg(test)]
pub(crate) mod recorded {
    //! A screen that remembers.

    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// What was written to one stream.
    #[derive(Clone, Default)]
    pub(crate) struct Record(Rc<RefCell<Vec<u8>>>);

    impl Record {
        /// As it was written.
        pub(crate) fn bytes(&self) -> Vec<u8> {
            self.0.borrow().clone()
        }

        /// Without colours.
        pub(crate) fn text(&self) -> String {
            anstream::adapter::strip_str(&String::from_utf8_lossy(&self.0.borrow())).to_string()
        }
    }

    impl Write for Record {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A stream whose reader is gone.
    #[derive(Clone)]
    pub(crate) struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Screen {
        /// A screen that is no terminal, and what is written to its output and errors.
        pub(crate) fn recorded() -> (Self, Record, Record) {
            let (out, err) = (Record::default(), Record::default());
            let screen = Screen::on(out.clone(), err.clone());
            (screen, out, err)
        }

        pub(crate) fn on(out: impl Write + Clone + 'static, err: impl Write + 'static) -> Self {
            let (raw, out, err) = (Box::new(out.clone()), Box::new(out), Box::new(err));
            Screen {
                out,
                raw,
                err,
                raw_is_terminal: false,
                out_is_terminal: false,
                err_is_terminal: false,
                err_has_colour: false,
                reader_is_gone: false,
                is_hushed: false,
                keyboard: None,
            }
        }

        /// The same, with bytes that go to a terminal.
        pub(crate) fn on_terminal(mut self) -> Self {
            self.raw_is_terminal = true;
            self
        }

        /// The same, with somebody who types this when asked.
        pub(crate) fn typing(mut self, text: &str) -> Self {
            self.keyboard = Some(Box::new(io::Cursor::new(text.to_owned())));
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::recorded::Closed;
    use super::*;
    use crate::output::foreign::samples::{hostile, obeyed};

    #[test]
    fn a_reader_that_went_away_ends_what_is_only_shown_and_never_the_work() {
        let mut screen = Screen::on(Closed, Closed);
        assert!(screen.print("x\n").is_ok() && screen.json(&1).is_ok());
        assert!(matches!(screen.stream("x\n"), Err(End::Quiet(ExitCode::Ok))));
        let ends = |shown: Result<(), End>| matches!(shown, Err(End::Quiet(ExitCode::Ok)));
        assert!(ends(Screen::on(Closed, Closed).bytes(b"x")));
        assert!(ends(Screen::on(Closed, Closed).json_line(&1)));
        assert!(ends(Screen::on(Closed, Closed).redraw("x")));
        screen.say("heard by nobody");
    }

    #[test]
    fn bytes_are_exact_in_a_pipe_and_shown_on_a_terminal() {
        let bytes = b"a\x1b[2J\xff\n";
        let (mut screen, out, _) = Screen::recorded();
        screen.bytes(bytes).unwrap();
        assert_eq!(out.bytes(), bytes);
        let (screen, out, _) = Screen::recorded();
        screen.on_terminal().bytes(bytes).unwrap();
        assert_eq!(out.bytes(), b"a\\x1b[2J\\xff\n");
    }

    #[test]
    fn nothing_that_others_chose_is_obeyed_at_any_door() {
        let hostile = hostile();
        let (screen, out, err) = Screen::recorded();
        let mut screen = screen.typing("y");
        screen.say(&hostile);
        screen.warn(&hostile);
        screen.fail(&Failure::new(ExitCode::Failed, &hostile).hint(&hostile));
        screen.confirm(&hostile);
        screen.json(&[&hostile]).unwrap();
        screen.json_line(&[&hostile]).unwrap();
        for record in [out, err] {
            let text = String::from_utf8(record.bytes()).unwrap().replace('\t', "");
            assert_eq!(obeyed(&text), None, "{text:?}");
            assert!(text.contains("foreign"));
        }
    }

    #[test]
    fn a_name_with_a_newline_cannot_speak_for_us() {
        let (mut screen, _, err) = Screen::recorded();
        let name = "x\nhint: run rm";
        screen.fail(
            &Failure::new(ExitCode::Failed, format!("no group {name}\n  rows")).hint(format!("see {name}")),
        );
        screen.warn(name);
        assert_eq!(
            err.text(),
            "error: no group x\n  hint: run rm\n  rows\nhint: see x\n  hint: run rm\nwarning: x\n  hint: run rm\n"
        );
    }

    #[test]
    fn a_failure_says_what_and_then_what_to_do() {
        let (mut screen, out, err) = Screen::recorded();
        screen.fail(&Failure::new(ExitCode::Failed, "it broke").hint("mend it"));
        assert_eq!(err.text(), "error: it broke\nhint: mend it\n");
        assert_eq!(out.text(), "");
    }

    #[test]
    fn a_failure_shows_its_own_colours_on_a_terminal_only() {
        let styled = Some("in \x1b[32mvelib.yaml\x1b[0m".to_owned());
        let failure = Failure { styled, ..Failure::new(ExitCode::BadInput, "in velib.yaml") };
        let (mut screen, _, err) = Screen::recorded();
        screen.fail(&failure);
        screen.err_is_terminal = true;
        screen.fail(&failure);
        let told = String::from_utf8(err.bytes()).unwrap();
        let lines: Vec<_> = told.lines().map(|line| line.contains("\x1b[32mvelib.yaml")).collect();
        assert_eq!(lines, [false, true], "{told:?}");
    }
}
