//! What is told together because the same is to be said of it.

use std::hash::Hash;

use indexmap::IndexMap;

/// All with the same key, in the order in which they came.
pub(crate) fn alike<'a, T, K: Eq + Hash>(all: &'a [T], key: impl Fn(&'a T) -> K) -> IndexMap<K, Vec<&'a T>> {
    let mut groups: IndexMap<K, Vec<&T>> = IndexMap::new();
    for one in all {
        groups.entry(key(one)).or_default().push(one);
    }
    groups
}
