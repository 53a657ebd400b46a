//! No text of the corpus is accepted as a token.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::tokens::corpus::{self, BadToken, Sample, Verdict, bad_tokens};

/// Verifies every bad token of both types, and returns how many there are.
fn verify_all(judge: impl Fn(&BadToken, Result<Claims, TokenError>)) -> usize {
    let signer = Signer::new(SECRET);
    let pair = signer.sign(&grant()).unwrap();
    let sample = |good, other| Sample { secret: SECRET, good, other, stranger: 5, now: NOW.seconds() };
    let (access, refresh) = (sample(&*pair.access, &*pair.refresh), sample(&*pair.refresh, &*pair.access));
    let mut rows = 0;
    for bad in bad_tokens(&access) {
        judge(&bad, signer.verify_access(&bad.token, NOW).map(|token| token.claims));
        rows += 1;
    }
    for bad in bad_tokens(&refresh) {
        judge(&bad, signer.verify_refresh(&bad.token, NOW).map(|token| token.claims));
        rows += 1;
    }
    assert!(signer.verify_access(&pair.access, NOW).is_ok() && signer.verify_refresh(&pair.refresh, NOW).is_ok());
    // The way in which the rows are signed gives valid tokens.
    assert!(signer.verify_access(&corpus::resigned(&access, "user_id", "9"), NOW).is_ok());
    assert!(signer.verify_refresh(&corpus::resigned(&refresh, "ver", "77"), NOW).is_ok());
    rows
}

#[test]
fn every_bad_token_is_taken_for_what_it_is() {
    let rows = verify_all(|bad, verified| {
        let refused = match bad.verdict {
            Verdict::Malformed => Some(TokenError::Malformed),
            Verdict::Expired => Some(TokenError::Expired),
            Verdict::WrongType => Some(TokenError::WrongType),
            // These tokens are valid. Only the store knows that the account is not.
            Verdict::Outdated | Verdict::Gone => None,
        };
        assert_eq!(verified.as_ref().err().copied(), refused, "{}: {verified:?}", bad.what);
        let whole = Claims { user: UserId::new(9), version: TokenVersion(77), ..verified.clone().unwrap_or(plain()) };
        assert!(verified.ok() != Some(whole), "{}", bad.what);
    });
    assert!(rows >= 400, "{rows}");
}

#[test]
fn no_row_stands_there_twice_and_most_can_be_sent() {
    let signer = Signer::new(SECRET);
    let pair = signer.sign(&grant()).unwrap();
    let sample = Sample { secret: SECRET, good: &pair.access, other: &pair.refresh, stranger: 5, now: NOW.seconds() };
    let rows = bad_tokens(&sample);
    let texts: HashSet<_> = rows.iter().map(|row| row.token.as_str()).collect();
    let is_doubled = |row: &&BadToken| rows.iter().filter(|other| other.token == row.token).count() > 1;
    let doubled: Vec<_> = rows.iter().filter(is_doubled).map(|row| &row.what).collect();
    assert_eq!(texts.len(), rows.len(), "{doubled:?}");
    assert!(!texts.contains(pair.access.as_str()));
    assert!(rows.iter().filter(|row| row.fits_a_header()).count() >= 200);
}

fn plain() -> Claims {
    Claims { user: UserId::new(0), version: TokenVersion(0), id: TokenId(0), expires_at: 0 }
}

proptest! {
    #[test]
    fn no_text_of_somebody_elses_is_a_token(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        let signer = Signer::new(SECRET);
        for token in [text, part(&String::from_utf8_lossy(&bytes))] {
            let signed = format!("{}.{}.{}", part(r#"{"typ":"JWT","alg":"HS256"}"#), part(&token), part(&token));
            for token in [token, signed] {
                prop_assert_eq!(signer.verify_access(&token, NOW), Err(TokenError::Malformed));
                prop_assert!(signer.verify_refresh(&token, NOW).is_err());
            }
        }
    }

    #[test]
    fn a_token_with_one_letter_changed_is_none(at in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_.=-]", cut in 0_usize..3) {
        let signer = Signer::new(SECRET);
        let pair = signer.sign(&grant()).unwrap();
        for good in [pair.access, pair.refresh] {
            let at = at.index(good.len());
            let changed = format!("{}{letter}{}", &good[..at], &good[(at + cut).min(good.len())..]);
            if changed != good {
                prop_assert!(signer.verify_access(&changed, NOW).is_err_and(|error| error == TokenError::Malformed));
                prop_assert!(signer.verify_refresh(&changed, NOW).is_err_and(|error| error == TokenError::Malformed));
            }
        }
    }

    #[test]
    fn claims_with_anything_put_in_them_are_refused_or_ours(at in any::<prop::sample::Index>(), text in "[ -~]{1,12}", cut in 0_usize..40) {
        let signer = Signer::new(SECRET);
        let whole = plain_claims("");
        let at = at.index(whole.len());
        let claims = format!("{}{text}{}", &whole[..at], &whole[(at + cut).min(whole.len())..]);
        let token = corpus::signed(SECRET, claims.as_bytes());
        if signer.verify_access(&token, NOW).is_ok() {
            let read: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&claims).unwrap();
            prop_assert_eq!(read.len(), 8, "{}", claims);
            prop_assert_eq!(&read["token_type"], "access");
        }
    }
}
