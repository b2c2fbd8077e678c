//! What commands have done, without a word on the screen.

pub(crate) mod bench;
pub(crate) mod cache;
pub(crate) mod certs;
pub(crate) mod clusters;
pub(crate) mod collect;
pub(crate) mod consume;
pub(crate) mod doctor;
mod draft;
pub(crate) mod ephemeral;
mod folder;
pub(crate) mod follow;
mod host;
pub(crate) mod journal;
pub(crate) mod leave;
pub(crate) mod log_filter;
pub(crate) mod log_line;
pub(crate) mod login;
pub(crate) mod membership;
pub(crate) mod node_log;
pub(crate) mod ops;
pub(crate) mod outcome;
pub(crate) mod prepare;
pub(crate) mod produce;
pub(crate) mod refusal;
pub(crate) mod session;
pub(crate) mod signals;
pub(crate) mod source;
pub(crate) mod suggest;
pub(crate) mod users;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    #[test]
    fn nothing_here_draws_or_knows_the_command_line() {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = fs::read_to_string(&path).unwrap();
                // Tests may take their samples from there.
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                for above in ["crate::output", "crate::cli:", "clap::", "println!"] {
                    assert!(!code.contains(above), "{} has {above}", path.display());
                }
            }
        }
    }
}
