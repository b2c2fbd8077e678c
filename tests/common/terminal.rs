//! A terminal of so many rows and columns, with a command on it.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use nix::pty::{Winsize, openpty};

use super::until;

/// A command whose standard streams are a terminal; killed when dropped.
#[derive(Debug)]
pub(crate) struct Terminal {
    rows: u16,
    columns: u16,
    child: Child,
    /// Where somebody types.
    keyboard: File,
    written: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    pub(crate) fn start(mut command: Command, rows: u16, columns: u16) -> Self {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).unwrap();
        let stream = || Stdio::from(pty.slave.try_clone().unwrap());
        command.env("TERM", "xterm-256color").stdin(stream()).stdout(stream()).stderr(stream());
        let child = command.spawn().unwrap();
        // Nobody but the command has it: reading ends with it.
        drop((command, pty.slave));
        let keyboard = File::from(pty.master);
        let (mut screen, written) = (keyboard.try_clone().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let filled = Arc::clone(&written);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            // A terminal without anybody on it is an error.
            while let Ok(count @ 1..) = screen.read(&mut buffer) {
                filled.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        Terminal { rows, columns, child, keyboard, written, reader: Some(reader) }
    }

    /// The rows that it shows at the moment, without those that are empty at the end.
    pub(crate) fn shows(&self) -> Vec<String> {
        let mut screen = vt100::Parser::new(self.rows, self.columns, 0);
        screen.process(&self.written.lock().unwrap());
        screen.screen().contents().lines().map(str::to_owned).collect()
    }

    pub(crate) fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end of the command: its exit code, and all that it wrote, without colours.
    #[track_caller]
    pub(crate) fn finish(mut self) -> (Option<i32>, String) {
        let status = until("the end of a command on a terminal", || self.child.try_wait().unwrap());
        self.reader.take().unwrap().join().unwrap();
        let written = String::from_utf8_lossy(&self.written.lock().unwrap()).replace("\r\n", "\n");
        (status.code(), anstream::adapter::strip_str(&written).to_string())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
