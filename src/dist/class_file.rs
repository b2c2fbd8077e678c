//! The little of a class file (JVM specification, chapter 4) that decides how an archive holds the class.

use std::collections::BTreeSet;

/// Class files of this version and older (Java 5) are checked by the old verifier, which a dump cannot run.
const OLD: u16 = 49;

/// What of a class file matters to an archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClassFile {
    /// It is of Java 5 or older.
    pub is_old: bool,
    /// The names of its super class and interfaces, as `java/lang/Object`.
    pub parents: Vec<String>,
    /// Some method has a body.
    pub has_code: bool,
}

impl ClassFile {
    /// `None` for what is no class file.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut from = Bytes(bytes);
        if from.u32()? != 0xCAFE_BABE {
            return None;
        }
        from.skip(2)?;
        let is_old = from.u16()? <= OLD;
        let pool = Pool::read(&mut from)?;
        // Access flags and its own name.
        from.skip(4)?;
        let super_class = from.u16()?;
        let mut parents = Vec::new();
        // Only Object has no super class.
        if super_class != 0 {
            parents.push(pool.class(super_class)?);
        }
        for _ in 0..from.u16()? {
            parents.push(pool.class(from.u16()?)?);
        }
        has_attribute(&mut from, &pool, b"")?;
        let has_code = has_attribute(&mut from, &pool, b"Code")?;
        Some(ClassFile { is_old, parents, has_code })
    }

    /// Every class that a class file names anywhere: those that its code takes, and those of its descriptors.
    pub(super) fn named(bytes: &[u8]) -> BTreeSet<String> {
        let mut from = Bytes(bytes);
        let pool = from.skip(8).and_then(|()| Pool::read(&mut from));
        let texts = pool.iter().flat_map(|pool| &pool.0).filter_map(|constant| match constant {
            Constant::Text(text) => std::str::from_utf8(text).ok(),
            _ => None,
        });
        // `org/slf4j/Logger`, or `(ILorg/slf4j/Logger;)V`.
        let words = texts.flat_map(|text| text.split([';', '(', ')', '[', '<', '>']));
        let bare = |word: &str| {
            let descriptor = word.trim_start_matches(|c| "BCDFIJSZV".contains(c)).strip_prefix('L');
            descriptor.unwrap_or(word).to_owned()
        };
        words.filter(|word| word.contains('/')).map(bare).collect()
    }
}

/// Reads a table of fields or of methods: whether one of them has this attribute.
fn has_attribute(from: &mut Bytes, pool: &Pool, wanted: &[u8]) -> Option<bool> {
    let mut found = false;
    for _ in 0..from.u16()? {
        // Access flags, name, descriptor.
        from.skip(6)?;
        for _ in 0..from.u16()? {
            found |= pool.text(from.u16()?) == Some(wanted);
            let length = from.u32()?;
            from.skip(usize::try_from(length).ok()?)?;
        }
    }
    Some(found)
}

/// The constant pool: names, and the classes that are called so, by index.
struct Pool<'a>(Vec<Constant<'a>>);

enum Constant<'a> {
    Text(&'a [u8]),
    Class(u16),
    Other,
}

impl<'a> Pool<'a> {
    fn read(from: &mut Bytes<'a>) -> Option<Self> {
        let count = from.u16()?;
        // Indices begin with 1.
        let mut constants = vec![Constant::Other];
        while constants.len() < usize::from(count) {
            let tag = from.u8()?;
            constants.push(match tag {
                1 => {
                    let length = from.u16()?;
                    Constant::Text(from.take(length.into())?)
                }
                7 => Constant::Class(from.u16()?),
                3 | 4 | 9..=12 | 17 | 18 => from.skipped(4)?,
                5 | 6 => from.skipped(8)?,
                8 | 16 | 19 | 20 => from.skipped(2)?,
                15 => from.skipped(3)?,
                _ => return None,
            });
            // Numbers of 8 bytes take two places.
            if matches!(tag, 5 | 6) {
                constants.push(Constant::Other);
            }
        }
        Some(Pool(constants))
    }

    fn text(&self, index: u16) -> Option<&'a [u8]> {
        match self.0.get(usize::from(index))? {
            Constant::Text(text) => Some(text),
            _ => None,
        }
    }

    fn class(&self, index: u16) -> Option<String> {
        match self.0.get(usize::from(index))? {
            Constant::Class(name) => Some(String::from_utf8_lossy(self.text(*name)?).into_owned()),
            _ => None,
        }
    }
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(drop)
    }

    fn skipped(&mut self, count: usize) -> Option<Constant<'a>> {
        self.skip(count).map(|()| Constant::Other)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4).map(|bytes| u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }
}

#[cfg(test)]
pub(super) mod samples {
    /// A class file of this version, with a method that has a body or none.
    pub(crate) fn class(version: u16, super_class: &str, interfaces: &[&str], has_code: bool) -> Vec<u8> {
        let mut bytes = vec![0xCA, 0xFE, 0xBA, 0xBE, 0, 0];
        bytes.extend(version.to_be_bytes());
        let mut pool: Vec<Vec<u8>> = Vec::new();
        let text = |text: &str| {
            let length = u16::try_from(text.len()).unwrap().to_be_bytes();
            [&[1], &length[..], text.as_bytes()].concat()
        };
        // 1: `Code`; a number that takes two places; then a name and a class for each parent.
        pool.push(text("Code"));
        pool.push([5, 0, 0, 0, 0, 0, 0, 0, 7].to_vec());
        let first = 4_u16;
        let parents = [&[super_class], interfaces].concat();
        for (at, parent) in parents.iter().enumerate() {
            let name = first + 2 * u16::try_from(at).unwrap();
            pool.push(text(parent));
            pool.push([&[7], &name.to_be_bytes()[..]].concat());
        }
        let count = first + 2 * u16::try_from(parents.len()).unwrap();
        bytes.extend(count.to_be_bytes());
        bytes.extend(pool.concat());
        bytes.extend([0, 1, 0, 0]);
        bytes.extend((first + 1).to_be_bytes());
        bytes.extend(u16::try_from(interfaces.len()).unwrap().to_be_bytes());
        for at in 0..interfaces.len() {
            bytes.extend((first + 3 + 2 * u16::try_from(at).unwrap()).to_be_bytes());
        }
        // No field, one method.
        bytes.extend([0, 0, 0, 1, 0, 1, 0, 1, 0, 1]);
        match has_code {
            true => bytes.extend([0, 1, 0, 1, 0, 0, 0, 2, 9, 9]),
            false => bytes.extend([0, 0]),
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::samples::class;
    use super::*;

    #[test]
    fn age_parents_and_code_are_read() {
        let parsed = ClassFile::parse(&class(49, "a/B", &["c/D", "c/E"], true)).unwrap();
        let parents = ["a/B", "c/D", "c/E"].map(str::to_owned).to_vec();
        assert_eq!(parsed, ClassFile { is_old: true, parents, has_code: true });
        let parsed = ClassFile::parse(&class(50, "a/B", &[], false)).unwrap();
        assert_eq!((parsed.is_old, parsed.has_code), (false, false));
    }

    #[test]
    fn classes_are_named_alone_and_in_descriptors() {
        let bytes = class(61, "a/B", &["(ILc/D;[Le/F;)V", "Lg/H;"], true);
        assert_eq!(ClassFile::named(&bytes), ["a/B", "c/D", "e/F", "g/H"].map(str::to_owned).into());
        assert!(ClassFile::named(b"none").is_empty());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in Just(class(52, "a/B", &["c/D"], true)), at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = ClassFile::parse(&bytes);
            let _ = ClassFile::named(&bytes);
            let _ = ClassFile::parse(&bytes[..cut.index(bytes.len())]);
        }
    }
}
