//! Claims that an installation never signs, with the right signature.

use super::forge::{BadToken, Forge, HEADER, Sample, Verdict};

/// Every required claim, with JSON values that are not allowed for it.
const WRONG: [(&str, &[&str]); 8] = [
    ("token_type", &["\"ACCESS\"", "\"\"", "null", "1", "[\"access\"]", "{\"access\":null}", "\"sliding\"", "\"id\""]),
    (
        "exp",
        &[
            "\"9999999999\"",
            "9999999999.5",
            "null",
            "true",
            "[9999999999]",
            "{}",
            "-1",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "9223372036855",
            "1e400",
            "99999999999e-1",
            "0x7fffffff",
            "NaN",
        ],
    ),
    ("iat", &["\"1\"", "1.5", "null", "-1", "9223372036854775807", "-9223372036854775809", "[]"]),
    (
        "jti",
        &[
            "\"\"",
            "null",
            "1",
            "\"0123456789abcdef0123456789abcde\"",
            "\"0123456789abcdef0123456789abcdef0\"",
            "\"0123456789ABCDEF0123456789ABCDEF\"",
            "\"+123456789abcdef0123456789abcdef\"",
            "\"01234567-89ab-cdef-0123-456789abc\"",
            "[]",
        ],
    ),
    ("user_id", &["\"1\"", "1.0", "null", "true", "[1]", "{\"$ne\":0}", "9223372036854775808", "1e3", "01", "+1"]),
    ("role", &["\"admin\"", "\"OWNER\"", "\"\"", "null", "0", "[\"SUPERADMIN\"]", "{\"SUPERADMIN\":1}"]),
    ("company_id", &["\"tes001\"", "\"\"", "1", "[]", "\"TES001 \"", "\"../TES001\"", "\"*\"", "false"]),
    ("ver", &["\"1\"", "1.5", "null", "true", "9223372036854775808", "[]", "{}"]),
];

/// Additional claims that a careless server might read.
const MORE: [&str; 12] = [
    r#""nbf":0"#,
    r#""nbf":9999999999"#,
    r#""aud":"switchboard""#,
    r#""iss":"https://attacker.example""#,
    r#""sub":"1""#,
    r#""admin":true"#,
    r#""is_superuser":true"#,
    r#""__proto__":{"role":"SUPERADMIN"}"#,
    r#""":"""#,
    r#""USER_ID":1"#,
    r#""scope":"*""#,
    r#""exp ":9999999999"#,
];

pub(super) fn add(forge: &Forge<'_>, sample: &Sample<'_>, rows: &mut Vec<BadToken>) {
    let mut push = |what: String, claims: String| rows.push(BadToken::malformed(what, forge.sign(HEADER, claims)));
    for (claim, values) in WRONG {
        push(format!("no {claim}"), forge.without(claim));
        for value in values {
            push(format!("{claim} {value}"), forge.with(claim, value));
        }
        let twice = format!(r#""{claim}":{}"#, forge.value(claim));
        push(format!("{claim} twice, the same"), forge.and(&twice));
    }
    for (claim, value) in [("exp", "9999999999"), ("user_id", "1"), ("role", "\"SUPERADMIN\""), ("ver", "1")] {
        push(format!("{claim} twice, the second {value}"), forge.and(&format!(r#""{claim}":{value}"#)));
        let first = forge.text().replacen('{', &format!(r#"{{"{claim}":{value},"#), 1);
        push(format!("{claim} twice, the first {value}"), first);
    }
    push("ver twice, once escaped".to_owned(), forge.and(r#""\u0076er":1"#));
    for more in MORE {
        push(format!("with {more}"), forge.and(more));
    }
    for family in ["null", "\"\"", "\"0123456789abcdef0123456789abcde\"", "1"] {
        push(
            format!("family {family}"),
            format!("{},\"family\":{family}}}", forge.without("family").trim_end_matches('}')),
        );
    }
    let (text, huge) = (forge.text(), "a".repeat(40_000));
    let nested = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let members: Vec<_> = (0..2_000).map(|at| format!(r#""k{at}":{at}"#)).collect();
    let values: Vec<_> = forge.claims.iter().map(|(_, value)| value.as_str()).collect();
    for (what, claims) in [
        ("a huge claim", forge.and(&format!(r#""note":"{huge}""#))),
        ("a huge name of a claim", forge.and(&format!(r#""{huge}":1"#))),
        ("a huge role", forge.with("role", &format!("\"{huge}\""))),
        ("a huge number", forge.with("exp", &"9".repeat(40_000))),
        ("a huge fraction", forge.with("exp", &format!("9999999999.{}", "0".repeat(40_000)))),
        ("claims nested deeply", forge.and(&format!(r#""note":{nested}"#))),
        ("nothing but nesting", nested),
        ("thousands of claims", forge.and(&members.join(","))),
        ("claims as a list", format!("[{}]", values.join(","))),
        ("claims in a list", format!("[{text}]")),
        ("claims in a claim", format!(r#"{{"token_type":{text}}}"#)),
        ("claims twice", format!("{text}{text}")),
        ("something behind the claims", format!("{text}x")),
        ("a space before the claims", format!(" {text}")),
        ("a byte order mark before the claims", format!("\u{feff}{text}")),
        ("a comment in the claims", text.replacen('{', "{/**/", 1)),
        ("a comma too much", text.replacen('}', ",}", 1)),
        ("single quotes", text.replace('"', "'")),
        ("claims cut short", text.trim_end_matches('}').to_owned()),
        ("no claims at all", "{}".to_owned()),
        ("an empty list", "[]".to_owned()),
        ("null", "null".to_owned()),
        ("a number", "1".to_owned()),
        ("nothing", String::new()),
        ("a form", "token_type=access&user_id=1".to_owned()),
    ] {
        push(what.to_owned(), claims);
    }
    let broken =
        text.into_bytes().into_iter().flat_map(|byte| if byte == b':' { vec![byte, 0xff] } else { vec![byte] });
    rows.push(BadToken::malformed("claims that are not UTF-8", forge.sign(HEADER, broken.collect::<Vec<_>>())));
    times(forge, sample.now, rows);

    let mut push = |what: &str, claims, verdict| rows.push(BadToken::new(what, forge.sign(HEADER, claims), verdict));
    let version = forge.value("ver").parse().unwrap_or(0_i64);
    push("a version too low", forge.with("ver", &(version - 1).to_string()), Verdict::Outdated);
    push("a version too high", forge.with("ver", &version.saturating_add(1).to_string()), Verdict::Outdated);
    push("version 0", forge.with("ver", "0"), Verdict::Outdated);
    push("the opposite version", forge.with("ver", &(-version).to_string()), Verdict::Outdated);
    push("the last version", forge.with("ver", &i64::MAX.to_string()), Verdict::Outdated);
    push("another account", forge.with("user_id", &sample.stranger.to_string()), Verdict::Outdated);
    for absent in [0, -1, i64::MAX, i64::MIN] {
        push("an account that is not there", forge.with("user_id", &absent.to_string()), Verdict::Gone);
    }
}

/// Expired tokens, and tokens that were issued in the future.
fn times(forge: &Forge<'_>, now: i64, rows: &mut Vec<BadToken>) {
    let issued = forge.with("iat", &(now - 86_400).to_string());
    let expires = |at: i64| issued.replace(&format!(r#""exp":{}"#, forge.value("exp")), &format!(r#""exp":{at}"#));
    for ago in [0, 1, 3_600] {
        let token = forge.sign(HEADER, expires(now - ago));
        rows.push(BadToken::new(format!("expired {ago} seconds ago"), token, Verdict::Expired));
    }
    for (what, iat) in [("in two minutes", now + 120), ("in a year", now + 31_536_000), ("after its end", now * 2)] {
        let token = forge.sign(HEADER, forge.with("iat", &iat.to_string()));
        rows.push(BadToken::malformed(format!("issued {what}"), token));
    }
    rows.push(BadToken::malformed(
        "over as soon as it was issued",
        forge.sign(HEADER, forge.with("exp", forge.value("iat"))),
    ));
    rows.push(BadToken::malformed("of the year 0", forge.sign(HEADER, forge.with("exp", "-62135596800"))));
}
