//! SASL (KIP-43, KIP-152): showing a broker who somebody is, by a password. SCRAM is RFC 5802, with SHA-512.

use std::num::NonZeroU32;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use kafka_protocol::messages::{SaslAuthenticateRequest, SaslHandshakeRequest};
use ring::rand::{SecureRandom, SystemRandom};

use super::answers::text;
use super::connection::Connection;
use super::error::KafkaError;
use crate::pki::scram::{Keys, sign};
use crate::plan::endpoints::Password;
use crate::spec::model::{Clients, Secret};

/// More iterations than Kafka takes (`ScramMechanism.MAX_ITERATIONS`) are not worked off.
const MOST_ITERATIONS: u32 = 16_384;

/// The first exchange after ApiVersions: without it the broker answers nothing else.
pub(super) async fn authenticate(
    connection: &mut Connection,
    user: &str,
    own: &Password,
) -> Result<(), KafkaError> {
    let Password { clients, password: Secret(password) } = own;
    let Some(mechanism) = clients.mechanism() else { return Ok(()) };
    let asked = SaslHandshakeRequest::default().with_mechanism(text(mechanism));
    KafkaError::check(connection.call(&asked).await?.error_code, None)?;
    if *clients == Clients::Plain {
        return hand(connection, format!("\0{user}\0{password}").into()).await.map(drop);
    }
    let (scram, first) = Scram::begin(user, &nonce()?);
    let challenge = hand(connection, first.into()).await?;
    let garbage = |why: &str| KafkaError::Garbage(format!("SCRAM: {why}"));
    let (answer, proof) = scram.answer(password, &challenge).map_err(garbage)?;
    let last = hand(connection, answer.into()).await?;
    match proof.is_shown(&last) {
        true => Ok(()),
        false => Err(garbage("the broker does not know the password either")),
    }
}

/// One message, and the answer to it.
async fn hand(connection: &mut Connection, message: Bytes) -> Result<Bytes, KafkaError> {
    let answer = connection.call(&SaslAuthenticateRequest::default().with_auth_bytes(message)).await?;
    KafkaError::check(answer.error_code, answer.error_message.as_deref())?;
    Ok(answer.auth_bytes)
}

fn nonce() -> Result<String, KafkaError> {
    let mut bytes = [0; 18];
    let none = |_| KafkaError::Unwritable("the system has no random numbers".to_owned());
    SystemRandom::new().fill(&mut bytes).map_err(none)?;
    // Without a comma, which separates.
    Ok(BASE64_STANDARD.encode(bytes))
}

/// A client of SCRAM that has said who it is.
struct Scram {
    nonce: String,
    /// `client-first-message-bare`.
    first: String,
}

impl Scram {
    /// And the first message. Names of users have neither `=` nor `,`, which would be escaped.
    fn begin(user: &str, nonce: &str) -> (Self, String) {
        let first = format!("n={user},r={nonce}");
        let message = format!("n,,{first}");
        (Scram { nonce: nonce.to_owned(), first }, message)
    }

    /// The last message, and by what the broker shows that it knows the password as well.
    fn answer(self, password: &str, challenge: &[u8]) -> Result<(String, Proof), &'static str> {
        let challenge = str::from_utf8(challenge).map_err(|_| "the challenge is no text")?;
        let field = |name: &str| challenge.split(',').find_map(|part| part.strip_prefix(name));
        let nonce = field("r=").filter(|nonce| nonce.starts_with(&self.nonce)).ok_or("another nonce")?;
        let salt = field("s=").and_then(|salt| BASE64_STANDARD.decode(salt).ok()).ok_or("no salt")?;
        let iterations = field("i=").and_then(|number| number.parse::<NonZeroU32>().ok());
        let iterations =
            iterations.filter(|number| number.get() <= MOST_ITERATIONS).ok_or("no number of iterations")?;

        let Keys { client_key, stored_key, server_key, .. } = Keys::of(password, &salt, iterations);
        // `c=biws` is `n,,` in base64: nothing is bound to the channel.
        let last = format!("c=biws,r={nonce}");
        let said = format!("{},{challenge},{last}", self.first);
        let signature = sign(&stored_key, said.as_bytes());
        let proof: Vec<u8> =
            client_key.iter().zip(signature).map(|(key, signature)| key ^ signature).collect();
        let message = format!("{last},p={}", BASE64_STANDARD.encode(proof));
        Ok((message, Proof(sign(&server_key, said.as_bytes()))))
    }
}

/// The signature that only somebody makes who has the password's keys.
struct Proof(Vec<u8>);

impl Proof {
    fn is_shown(&self, last: &[u8]) -> bool {
        let shown = last.strip_prefix(b"v=").and_then(|shown| BASE64_STANDARD.decode(shown).ok());
        shown.is_some_and(|shown| shown == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_conversation_is_what_another_implementation_makes_of_it() {
        // Python: hashlib.pbkdf2_hmac, hmac and hashlib.
        let (scram, first) = Scram::begin("alice", "fyko");
        assert_eq!(first, "n,,n=alice,r=fyko");
        let challenge = b"r=fykoNONCE,s=QSXCR+Q6sek8bf92,i=4096";
        let (last, proof) = scram.answer("wonderland", challenge).unwrap();
        assert_eq!(last, format!("c=biws,r=fykoNONCE,p={CLIENT}"));
        assert!(proof.is_shown(format!("v={SERVER}").as_bytes()));
        assert!(!proof.is_shown(format!("v={CLIENT}").as_bytes()) && !proof.is_shown(b"e=other-error"));
    }

    #[test]
    fn a_challenge_that_is_none_is_refused() {
        for (challenge, why) in [
            (&b"r=other,s=QQ==,i=4096"[..], "another nonce"),
            (b"r=fykoX,i=4096", "no salt"),
            (b"r=fykoX,s=QQ==,i=0", "no number"),
            (b"r=fykoX,s=QQ==,i=99999999", "no number"),
            (b"\xff", "no text"),
        ] {
            let (scram, _) = Scram::begin("alice", "fyko");
            assert!(scram.answer("x", challenge).err().unwrap().contains(why), "{why}");
        }
    }

    const CLIENT: &str =
        "u+kVTYrdPcGgwr/S2QgoUVMBqfnr6CfZsSLq4DRy4c7Hw0q7R0MsvAnw+6PGMPAhSToWLZbPDmYmLCGGM+BmLQ==";
    const SERVER: &str =
        "VMjkT4d1Tc/9+6bcSfD8Rg2t9niUMz46VCDJr1AQIk0S7qgHvhp7TRQlLAfM63lIQ0r79502YqEuiWKO+7HXiw==";
}
