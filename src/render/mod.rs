//! Templates to the text of files.
