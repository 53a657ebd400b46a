use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::*;

mod corpus;

const SECRET: &[u8] = b"a secret of at least thirty-two bytes";
const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

fn grant() -> Grant {
    Grant {
        user: UserId::new(9),
        role: Role::Admin,
        company: CompanyCode::parse("TES001").ok(),
        version: TokenVersion(77),
        family: FamilyId::random(),
        access_id: TokenId::random(),
        refresh_id: TokenId::random(),
        issued_at: NOW.seconds(),
        access_expires: NOW.seconds() + 900,
        refresh_expires: NOW.seconds() + 7 * 86_400,
    }
}

fn part(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn json(token: &str, part: usize) -> serde_json::Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(part).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// Signs any header and claims with the key of the signer.
fn forge(header: &str, claims: &str) -> String {
    let mut derive = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    derive.update(KEY_LABEL);
    let body = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(&derive.finalize().into_bytes()).unwrap();
    mac.update(body.as_bytes());
    format!("{body}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn plain_claims(extra: &str) -> String {
    format!(
        r#"{{"token_type":"access","exp":{},"iat":1,"jti":"{}","user_id":9,"role":"ADMIN","company_id":null,"ver":1{extra}}}"#,
        NOW.seconds() + 10,
        "0".repeat(32),
    )
}

#[test]
fn a_pair_carries_the_claims_of_the_contract() {
    let (signer, grant) = (Signer::new(SECRET), grant());
    let pair = signer.sign(&grant).unwrap();
    let access = json(&pair.access, 1);
    assert_eq!(
        access,
        serde_json::json!({
            "token_type": "access", "exp": grant.access_expires, "iat": grant.issued_at, "jti": grant.access_id.to_string(),
            "user_id": 9, "role": "ADMIN", "company_id": "TES001", "ver": 77, "family": grant.family.to_string(),
        })
    );
    let refresh = json(&pair.refresh, 1);
    assert_eq!(refresh["family"], grant.family.to_string());
    assert_eq!(refresh["exp"], grant.refresh_expires);
    assert_eq!(json(&pair.access, 0), serde_json::json!({"typ": "JWT", "alg": "HS256"}));

    let superadmin = Grant { role: Role::Superadmin, company: None, ..grant };
    assert!(json(&signer.sign(&superadmin).unwrap().access, 1)["company_id"].is_null());
}

#[test]
fn the_same_claims_sign_to_the_same_bytes_also_after_a_restart() {
    let grant = grant();
    let (one, two) = (Signer::new(SECRET).sign(&grant).unwrap(), Signer::new(SECRET).sign(&grant.clone()).unwrap());
    assert!(one == two);
    assert!(one.access != one.refresh);
}

#[test]
fn what_was_signed_reads_back() {
    let (signer, grant) = (Signer::new(SECRET), grant());
    let pair = signer.sign(&grant).unwrap();
    let claims = signer.verify_access(&pair.access, NOW).unwrap();
    let wanted =
        Claims { user: grant.user, version: grant.version, id: grant.access_id, expires_at: grant.access_expires };
    assert_eq!((claims.claims, claims.family), (wanted, Some(grant.family)));
    let refresh = signer.verify_refresh(&pair.refresh, NOW).unwrap();
    assert_eq!((refresh.family, refresh.claims.id), (grant.family, grant.refresh_id));
}

#[test]
fn a_token_expires_at_its_exact_second_and_before_its_type_is_judged() {
    let (signer, grant) = (Signer::new(SECRET), grant());
    let pair = signer.sign(&grant).unwrap();
    let end = Timestamp::from_micros(grant.access_expires * 1_000_000);
    assert!(signer.verify_access(&pair.access, end.minus(Duration::from_micros(1))).is_ok());
    assert_eq!(signer.verify_access(&pair.access, end), Err(TokenError::Expired));
    assert_eq!(signer.verify_refresh(&pair.access, end), Err(TokenError::Expired));
    assert_eq!(signer.verify_refresh(&pair.access, NOW), Err(TokenError::WrongType));
    assert_eq!(signer.verify_access(&pair.refresh, NOW), Err(TokenError::WrongType));
}

#[test]
fn whatever_was_not_signed_here_is_malformed() {
    let signer = Signer::new(SECRET);
    let pair = signer.sign(&grant()).unwrap();
    let other = Signer::new(b"another secret of at least 32 bytes!").sign(&grant()).unwrap();
    let access = pair.access.as_str();
    let mut parts = access.split('.');
    let (header, claims, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let none = part(r#"{"typ":"JWT","alg":"none"}"#);
    let bad = [
        String::new(),
        ".".into(),
        "..".into(),
        "not a token".into(),
        "\u{1F600}".repeat(50),
        other.access,
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{access}."),
        format!("{access}="),
        format!(" {access}"),
        access[..access.len() - 1].to_owned(),
        format!("{header}.{}.{signature}", part(r#"{"token_type":"access"}"#)),
        // Signed with the secret itself instead of the derived key.
        jsonwebtoken::encode(&signer.header, &Wire::of(&grant(), Kind::Access), &EncodingKey::from_secret(SECRET))
            .unwrap(),
    ];
    for token in bad {
        assert_eq!(signer.verify_access(&token, NOW), Err(TokenError::Malformed), "{token}");
    }
}

#[test]
fn even_with_the_right_key_only_our_header_and_whole_claims_are_read() {
    let signer = Signer::new(SECRET);
    let header = r#"{"typ":"JWT","alg":"HS256"}"#;
    assert!(signer.verify_access(&forge(header, &plain_claims("")), NOW).is_ok());
    for other in [r#"{"alg":"HS256"}"#, r#"{"typ":"JWT","alg":"HS256","kid":"x"}"#, r#"{"typ":"JWT","alg":"HS512"}"#] {
        assert_eq!(signer.verify_access(&forge(other, &plain_claims("")), NOW), Err(TokenError::Malformed), "{other}");
    }
    let whole = plain_claims("");
    let broken = [
        plain_claims(r#","ver":2"#),
        plain_claims(r#","token_type":"refresh""#),
        whole.replace("access", "other"),
        whole.replace("\"ver\":1", "\"ver\":\"1\""),
        whole.replace(&"0".repeat(32), &"0".repeat(31)),
        whole.replace("null", "\"tes001\""),
        whole.replace("\"user_id\":9,", ""),
        "[]".to_owned(),
    ];
    for claims in broken {
        assert_eq!(signer.verify_access(&forge(header, &claims), NOW), Err(TokenError::Malformed), "{claims}");
    }
    // Earlier versions signed access tokens without a family, but never refresh tokens.
    assert_eq!(signer.verify_access(&forge(header, &whole), NOW).unwrap().family, None);
    let without_family = forge(header, &whole.replace("access", "refresh"));
    assert_eq!(signer.verify_refresh(&without_family, NOW), Err(TokenError::Malformed));
}

#[test]
fn an_id_is_32_lower_case_hex_digits() {
    let id = TokenId::random();
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!(TokenId(5).to_string().len(), 32);
    let upper = "A".repeat(32);
    let signed = format!("+{}", "1".repeat(31));
    for bad in ["", "1", upper.as_str(), signed.as_str()] {
        assert_eq!(bad.parse::<TokenId>(), Err(InvalidHex), "{bad}");
    }
}
