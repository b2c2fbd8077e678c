//! Every decoder of bytes from a socket; the first byte chooses it. `DECODER=name` fuzzes that one alone.

#![no_main]

use std::sync::LazyLock;

use cluster::inside::{DECODERS, Decoder};
use libfuzzer_sys::fuzz_target;

static CHOSEN: LazyLock<Option<&'static Decoder>> = LazyLock::new(|| {
    let name = std::env::var("DECODER").ok()?;
    let found = DECODERS.iter().find(|decoder| decoder.name == name);
    Some(found.unwrap_or_else(|| panic!("no decoder is called {name}")))
});

fuzz_target!(|data: &[u8]| {
    if let Some(decoder) = *CHOSEN {
        (decoder.decode)(data);
    } else if let Some((first, rest)) = data.split_first() {
        (DECODERS[usize::from(*first) % ALL.len()].decode)(rest);
    }
});
