//! Texts that do not consist of three parts of base64.

use sha2::Sha256;

use super::forge::{BadToken, Forge, HEADER, encode, seal};

/// Other kinds of credentials, and noise.
const OTHERS: [&str; 18] = [
    "",
    ".",
    "..",
    "...",
    "a.b.c",
    "null",
    "undefined",
    "true",
    "{}",
    "0123456789abcdef0123456789abcdef01234567",
    "dXNlcjpwYXNzd29yZA==",
    "v4.local.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA",
    "not a token",
    "\0",
    "\u{feff}",
    "\u{1F600}",
    "' OR '1'='1",
];

pub(super) fn add(forge: &Forge<'_>, rows: &mut Vec<BadToken>) {
    for other in OTHERS {
        rows.push(BadToken::malformed(format!("{other:?}"), other));
    }
    let Forge { good, header, payload, signature, .. } = forge;
    let shapes: [(&str, String); 28] = [
        ("one part", (*header).to_owned()),
        ("two parts", format!("{header}.{payload}")),
        ("four parts", format!("{good}.{signature}")),
        ("five parts", format!("{good}.{payload}.{signature}")),
        ("an empty fourth part", format!("{good}.")),
        ("an empty first part", format!(".{good}")),
        ("no header", format!(".{payload}.{signature}")),
        ("no claims", format!("{header}..{signature}")),
        ("parts in another order", format!("{payload}.{header}.{signature}")),
        ("twice", format!("{good}{good}")),
        ("two tokens", format!("{good},{good}")),
        ("a space before", format!(" {good}")),
        ("a space behind", format!("{good} ")),
        ("a line break behind", format!("{good}\r\n")),
        ("a tab between", format!("{header}.\t{payload}.{signature}")),
        ("a NUL behind", format!("{good}\0")),
        ("a zero-width space before", format!("\u{200b}{good}")),
        ("a byte order mark before", format!("\u{feff}{good}")),
        ("a full-width dot", good.replace('.', "\u{ff0e}")),
        ("escaped dots", good.replace('.', "%2E")),
        ("in quotes", format!("\"{good}\"")),
        ("in brackets", format!("<{good}>")),
        ("its scheme twice", format!("Bearer {good}")),
        ("a semicolon behind", format!("{good};")),
        ("another separator", good.replace('.', ":")),
        ("in lower case", good.to_ascii_lowercase()),
        ("encoded once more", encode(good)),
        ("a megabyte of letters", format!("{header}.{}.{signature}", "A".repeat(1 << 20))),
    ];
    rows.extend(shapes.into_iter().map(|(what, token)| BadToken::malformed(what, token)));
    for length in [1, 2, header.len() - 1, header.len() + 1, good.len() / 2, good.len() - 10, good.len() - 1] {
        let cut: String = good.chars().take(length).collect();
        rows.push(BadToken::malformed(format!("cut to {length} letters"), cut));
    }
    let signed = |text: String| seal::<Sha256>(&forge.key, &text);
    let pad = |text: &str| format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
    // Of the lengths with zero, one and two more spaces, two are not a multiple of three, so that their
    // encoding has spare bits.
    let lengths = ["", " ", "  "].map(|spaces| encode(format!("{}{spaces}", forge.text())));
    for claims in lengths.iter().filter(|claims| claims.len() % 4 != 0) {
        rows.push(BadToken::malformed("padded claims, signed", signed(format!("{header}.{}", pad(claims)))));
        let spare = super::signatures::spare_bits(claims);
        rows.push(BadToken::malformed("claims with spare bits, signed", signed(format!("{header}.{spare}"))));
    }
    rows.push(BadToken::malformed("a line break in the claims, signed", signed(format!("{header}.{payload}\n"))));
    rows.push(BadToken::malformed("claims that are not base64, signed", signed(format!("{header}.{}", forge.text()))));
    rows.push(BadToken::malformed(
        "a length that base64 cannot have",
        signed(format!("{header}.{}", "A".repeat(payload.len() / 4 * 4 + 1))),
    ));
    rows.push(BadToken::malformed("a token in a token", forge.sign(HEADER, good)));
    rows.push(BadToken::malformed("a token as a JSON text", forge.sign(HEADER, format!("\"{good}\""))));
}
