//! SCRAM-SHA-512 (RFC 5802): what a broker keeps of a password.

use std::num::NonZeroU32;

use ring::{digest, hmac, pbkdf2};

use super::error::PkiError;
use super::password;

/// The fewest that Kafka takes (`ScramMechanism.SCRAM_SHA_512`), and its default. A credential has up to 255 more, which
/// brokers tell: it is seen whether one knows the last or an earlier one.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(4096).unwrap();

/// What lets a broker tell whether somebody has the password.
pub(crate) struct Credential {
    /// Random.
    pub salt: Vec<u8>,
    /// Of PBKDF2.
    pub iterations: i32,
    /// What PBKDF2 makes of the password.
    pub salted_password: Vec<u8>,
    pub stored_key: Vec<u8>,
    pub server_key: Vec<u8>,
}

impl Credential {
    /// With a salt and a number of iterations of its own.
    pub(crate) fn of(password: &str) -> Result<Self, PkiError> {
        let (mut salt, mut more) = (vec![0; 32], [0]);
        password::fill(&mut salt)?;
        password::fill(&mut more)?;
        Ok(Self::salted(password, salt, ITERATIONS.saturating_add(u32::from(more[0]))))
    }

    fn salted(password: &str, salt: Vec<u8>, iterations: NonZeroU32) -> Self {
        let Keys { salted_password, stored_key, server_key, .. } = Keys::of(password, &salt, iterations);
        Credential {
            salt,
            iterations: iterations.get().cast_signed(),
            salted_password,
            stored_key,
            server_key,
        }
    }
}

/// What both ends make of a password.
pub(crate) struct Keys {
    pub salted_password: Vec<u8>,
    pub client_key: Vec<u8>,
    pub stored_key: Vec<u8>,
    pub server_key: Vec<u8>,
}

impl Keys {
    pub(crate) fn of(password: &str, salt: &[u8], iterations: NonZeroU32) -> Self {
        let mut salted = vec![0; digest::SHA512_OUTPUT_LEN];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, iterations, salt, password.as_bytes(), &mut salted);
        let client_key = sign(&salted, b"Client Key");
        Keys {
            stored_key: digest::digest(&digest::SHA512, &client_key).as_ref().to_vec(),
            server_key: sign(&salted, b"Server Key"),
            client_key,
            salted_password: salted,
        }
    }
}

/// HMAC with SHA-512.
pub(crate) fn sign(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, key), text).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_credential_is_what_another_implementation_makes_of_the_password() {
        // Python: hashlib.pbkdf2_hmac, hmac and hashlib.
        let made = Credential::salted("wonderland", b"a salt of the test".to_vec(), ITERATIONS);
        assert_eq!(hex(&made.stored_key), STORED);
        assert_eq!(hex(&made.server_key), SERVER);
    }

    #[test]
    fn two_credentials_of_one_password_differ() {
        let of = || Credential::of("wonderland").unwrap();
        assert_ne!(of().stored_key, of().stored_key);
    }

    const STORED: &str = "feeb031ccba4bfe21cffc728aa7181df88bcde3a67505abf4c956539c4d93961e983204262aa7c240f4303fb910930fd97f4719a4e5155aa790bb4dc6e311972";
    const SERVER: &str = "eb3388da5b1f7af4ac1ae087e0705ff30a33e7dab2e01b481e24743f4fadd702af5265991b8170cafbdd778c8bfe175093071da59aac8434b877034fb20087a0";
}
