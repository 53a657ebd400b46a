//! Headers that name another algorithm, another key or another format.

use sha2::{Sha256, Sha384, Sha512};

use super::forge::{BadToken, Forge, HEADER, encode, seal};

/// JSON values of `alg` that are not allowed.
const ALGORITHMS: [&str; 22] = [
    r#""none""#,
    r#""None""#,
    r#""NONE""#,
    r#""nOnE""#,
    r#"" none""#,
    r#""none ""#,
    r#""n\u006fne""#,
    r#""none\u0000""#,
    r#""""#,
    "null",
    "0",
    "true",
    r#"["HS256"]"#,
    r#"{"HS256":null}"#,
    r#""hs256""#,
    r#""HS256 ""#,
    r#""HS1""#,
    r#""RS256""#,
    r#""PS256""#,
    r#""ES256""#,
    r#""EdDSA""#,
    r#""dir""#,
];

/// Additional header fields that a careless library might use.
const EXTRAS: [&str; 20] = [
    r#""kid":"1""#,
    r#""kid":"../../../../../../dev/null""#,
    r#""kid":"x' UNION SELECT 'secret' -- ""#,
    r#""kid":"|/bin/sleep 9""#,
    r#""kid":null"#,
    r#""jku":"https://attacker.example/jwks.json""#,
    r#""jku":"http://127.0.0.1:1/""#,
    r#""x5u":"https://attacker.example/chain.pem""#,
    r#""x5c":["MIIB"]"#,
    r#""x5t":"AAAA""#,
    r#""jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}"#,
    r#""crit":["exp"]"#,
    r#""crit":["b64"],"b64":false"#,
    r#""crit":[]"#,
    r#""cty":"JWT""#,
    r#""zip":"DEF""#,
    r#""enc":"A128GCM""#,
    r#""exp":9999999999"#,
    r#""alg":"none""#,
    r#""typ":"JWT""#,
];

/// Headers with the same meaning as the right one, in other bytes.
const SPELLINGS: [&str; 9] = [
    r#"{"alg":"HS256","typ":"JWT"}"#,
    r#"{"alg":"HS256"}"#,
    r#"{ "typ":"JWT","alg":"HS256"}"#,
    "{\"typ\":\"JWT\",\"alg\":\"HS256\"}\n",
    r#"{"typ":"jwt","alg":"HS256"}"#,
    r#"{"typ":"at+jwt","alg":"HS256"}"#,
    r#"{"typ":null,"alg":"HS256"}"#,
    r#"{"alg":"none","typ":"JWT","alg":"HS256"}"#,
    "{\"typ\":\"JWT\",\"\\u0061lg\":\"HS256\"}",
];

/// The public half of an RSA key, which an attacker may know.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK8\n-----END PUBLIC KEY-----\n";

pub(super) fn add(forge: &Forge<'_>, rows: &mut Vec<BadToken>) {
    let claims = forge.text();
    for algorithm in ALGORITHMS {
        let header = format!(r#"{{"typ":"JWT","alg":{algorithm}}}"#);
        let bare = format!("{}.{}.", encode(&header), forge.payload);
        rows.push(BadToken::malformed(format!("alg {algorithm}, not signed"), bare));
        rows.push(BadToken::malformed(format!("alg {algorithm}, signed"), forge.sign(&header, &claims)));
    }
    for extra in EXTRAS {
        let header = format!(r#"{{"typ":"JWT","alg":"HS256",{extra}}}"#);
        rows.push(BadToken::malformed(format!("header with {extra}"), forge.sign(&header, &claims)));
    }
    for spelling in SPELLINGS {
        rows.push(BadToken::malformed(format!("header {spelling}"), forge.sign(spelling, &claims)));
    }
    for other in ["{}", "[]", "null", "\"\"", "", "HS256", "{"] {
        rows.push(BadToken::malformed(format!("header {other:?}"), forge.sign(other, &claims)));
    }
    let hs = |bits: u16| format!(r#"{{"typ":"JWT","alg":"HS{bits}"}}"#);
    rows.push(BadToken::malformed("HS384 of the right key", forge.sign_with::<Sha384>(&forge.key, &hs(384), &claims)));
    rows.push(BadToken::malformed("HS512 of the right key", forge.sign_with::<Sha512>(&forge.key, &hs(512), &claims)));
    rows.push(BadToken::malformed("HS512 named HS256", forge.sign_with::<Sha512>(&forge.key, HEADER, &claims)));
    for named in ["RS256", "HS256"] {
        let header = format!(r#"{{"typ":"JWT","alg":"{named}"}}"#);
        let token = forge.sign_with::<Sha256>(PUBLIC_KEY.as_bytes(), &header, &claims);
        rows.push(BadToken::malformed(format!("{named}, signed with a public key as the secret"), token));
    }
    let own = encode("attacker");
    let header = format!(r#"{{"typ":"JWT","alg":"HS256","jwk":{{"kty":"oct","k":"{own}"}}}}"#);
    rows.push(BadToken::malformed("a key of its own in jwk", forge.sign_with::<Sha256>(b"attacker", &header, &claims)));
    let header = r#"{"typ":"JWT","alg":"HS256","kid":"/dev/null"}"#;
    rows.push(BadToken::malformed("an empty key, named by kid", forge.sign_with::<Sha256>(b"", header, &claims)));
    let padded = format!("{}==.{}", encode(r#"{"typ":"JWT","alg":"HS256"} "#), forge.payload);
    rows.push(BadToken::malformed("a padded header", seal::<Sha256>(&forge.key, &padded)));
}
