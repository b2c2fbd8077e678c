//! The command line: one file per command, arguments and run. No logic.
