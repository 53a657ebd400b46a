//! Signatures with other keys, of other texts, or in other encodings.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::Sha256;

use super::forge::{BadToken, Forge, HEADER, encode, mac};
use crate::tokens::KEY_LABEL;

pub(super) fn add(forge: &Forge<'_>, rows: &mut Vec<BadToken>) {
    let claims = forge.text();
    let keys: [(&str, &[u8]); 8] = [
        ("another secret", b"another secret of at least thirty-two bytes"),
        ("the bare secret", forge.secret),
        ("an empty key", b""),
        ("a guess", b"secret"),
        ("a NUL and a letter", b"\0a"),
        ("its own label", KEY_LABEL),
        ("its own header", forge.header.as_bytes()),
        ("its own signature", forge.signature.as_bytes()),
    ];
    for (key, bytes) in keys {
        let token = forge.sign_with::<Sha256>(bytes, HEADER, &claims);
        rows.push(BadToken::malformed(format!("signed with {key}"), token));
    }
    let signed = format!("{}.{}", forge.header, forge.payload);
    let right = mac::<Sha256>(&forge.key, signed.as_bytes());
    let whole = |signature: &str| format!("{signed}.{signature}");
    let bytes: [(&str, Vec<u8>); 8] = [
        ("of zeros", vec![0; 32]),
        ("of ones", vec![255; 32]),
        ("cut in half", right.iter().copied().take(16).collect()),
        ("without its last byte", right.iter().copied().take(31).collect()),
        ("with a byte more", right.iter().copied().chain([0]).collect()),
        ("twice", right.repeat(2)),
        ("turned round", right.iter().rev().copied().collect()),
        ("of the claims alone", mac::<Sha256>(&forge.key, forge.payload.as_bytes())),
    ];
    for (what, signature) in bytes {
        rows.push(BadToken::malformed(format!("a signature {what}"), whole(&encode(signature))));
    }
    for bit in [0, 1, 100, 255] {
        let flipped =
            right.iter().zip(0..).map(|(byte, at)| if at == bit / 8 { byte ^ (1 << (bit % 8)) } else { *byte });
        let flipped: Vec<u8> = flipped.collect();
        rows.push(BadToken::malformed(format!("bit {bit} of the signature flipped"), whole(&encode(flipped))));
    }
    let hex: String = right.iter().map(|byte| format!("{byte:02x}")).collect();
    let letters = [
        ("in hex", hex),
        ("padded", format!("{}=", forge.signature)),
        ("padded twice", format!("{}==", forge.signature)),
        ("in the alphabet of base64", STANDARD.encode(&right)),
        ("with a plus", format!("+{}", forge.signature)),
        ("with spare bits set", spare_bits(forge.signature)),
        ("in lower case", forge.signature.to_ascii_lowercase()),
        ("in upper case", forge.signature.to_ascii_uppercase()),
        ("missing", String::new()),
        ("of one letter", "A".to_owned()),
    ];
    for (what, signature) in letters {
        rows.push(BadToken::malformed(format!("a signature {what}"), whole(&signature)));
    }
    let other = forge.with("user_id", "1");
    rows.push(BadToken::malformed(
        "claims of another token",
        format!("{}.{}.{}", forge.header, encode(other), forge.signature),
    ));
}

/// Returns another text that a lenient decoder reads as the same bytes. The last of 43 characters
/// carries four significant bits and two spare ones.
pub(super) fn spare_bits(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = text.split_at(text.len().saturating_sub(1));
    let next = ALPHABET.find(last).and_then(|at| ALPHABET.get(at + 1..at + 2));
    format!("{rest}{}", next.unwrap_or("_"))
}
