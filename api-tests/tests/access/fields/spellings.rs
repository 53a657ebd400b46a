//! Other spellings of an identifier.

use api_tests::prelude::*;

use super::names::Named;
use crate::{
    ask::Place,
    callers::Who,
    scene::{Identifiers, Thing},
};

/// An identifier of another company's object, and an absent identifier in the same spelling.
pub(super) struct Pair {
    pub(super) foreign: Value,
    pub(super) absent: Value,
    /// Whether the server reads the spelling as the plain identifier.
    pub(super) is_plain: bool,
}

/// Returns all pairs for an identifier in this place.
pub(super) fn pairs(named: Named, place: Place, ids: &Identifiers, who: Who) -> Vec<Pair> {
    let (foreign, absent) = (&ids.foreign, &ids.absent);
    // For the superadmin no object is foreign, so only identifiers of the wrong kind are tried.
    let is_of_all = who == Who::Superadmin;
    let mut pairs = match named {
        _ if is_of_all && named != Named::Plan => Vec::new(),
        Named::Session => texts(&foreign.session, &absent.session),
        Named::Company => texts(&foreign.company, &absent.company),
        Named::Media => paths(ids),
        Named::Entry => texts(&foreign.entry, &absent.entry),
        Named::Token => vec![pair(json!(foreign.refresh), json!("no.refresh.token"))],
        Named::Agent => numbers(foreign.agent, absent.id),
        Named::Handoff => numbers(foreign.handoff, absent.handoff),
        Named::Admin => numbers(foreign.id, absent.id),
        Named::Assignment => numbers(foreign.assignment, absent.assignment),
        Named::Profile => numbers(ids.profiles[0], ids.profiles[1]),
        Named::SavedReply => numbers(ids.replies[0], ids.replies[1]),
        Named::Miss => numbers(ids.misses[0], ids.misses[1]),
        Named::Golden => numbers(ids.golden[0], ids.golden[1]),
        Named::Files => lists(foreign.attachment, ids.colleagues_file, absent.attachment),
        Named::Plan => [0, -1, i64::from(i32::MAX)].map(|id| pair(json!(id), json!(NOTHING))).into(),
    };
    pairs.extend(match named {
        // Ids of accounts are not ids of agents, and accounts of agents are not accounts of admins.
        Named::Agent => vec![pair(json!(ids.account), json!(NOTHING))],
        Named::Admin => [ids.account, ids.foreign_account].map(|id| pair(json!(id), json!(NOTHING))).into(),
        Named::Session => vec![
            pair(json!(format!("{}_{}", ids.own.company, uuid(&foreign.session))), json!(absent.session)),
            pair(json!(format!("{}_{}", foreign.company, uuid(&ids.own.session))), json!(absent.session)),
            pair(json!(uuid(&foreign.session)), json!(uuid(&absent.session))),
            pair(json!(foreign.handoff.to_string()), json!(absent.handoff.to_string())),
        ],
        Named::Company if !is_of_all => vec![pair(json!(foreign.id.to_string()), json!(absent.id.to_string()))],
        _ => Vec::new(),
    });
    if place == Place::Path && ![Named::Media, Named::Session, Named::Entry].contains(&named) {
        // An id in a path consists of digits; any other text is a different path.
        pairs.retain(|pair| super::super::ask::plain(&pair.foreign).trim_start_matches("%3").parse::<u64>().is_ok());
    }
    pairs
}

/// An id that no object has.
const NOTHING: i64 = 999_999;

fn pair(foreign: Value, absent: Value) -> Pair {
    Pair { foreign, absent, is_plain: false }
}

fn uuid(session: &str) -> &str {
    session.split_once('_').map_or(session, |(_, uuid)| uuid)
}

/// Returns spellings of a company code or session id.
fn texts(foreign: &str, absent: &str) -> Vec<Pair> {
    let same: [fn(&str) -> String; 3] = [str::to_owned, |it| format!(" {it} "), |it| format!("\u{a0}{it}")];
    let other: [fn(&str) -> String; 8] = [
        str::to_lowercase,
        str::to_uppercase,
        |it| it.replace('0', "\u{660}"),
        |it| it.chars().map(fullwidth).collect(),
        |it| it.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        |it| format!("{it}/"),
        |it| format!("{it}%"),
        |it| format!("{it}' OR '1'='1"),
    ];
    let make = |spell: &fn(&str) -> String, is_plain| {
        let (foreign, absent) = (json!(spell(foreign)), json!(spell(absent)));
        Pair { foreign, absent, is_plain }
    };
    let other = other.iter().map(|spell| make(spell, false));
    // A spelling that does not change the text counts as the plain identifier.
    let other = other.map(|pair| Pair { is_plain: pair.foreign == json!(foreign), ..pair });
    same.iter().map(|spell| make(spell, true)).chain(other).collect()
}

fn fullwidth(c: char) -> char {
    if c.is_ascii_uppercase() { char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c) } else { c }
}

/// Returns spellings of a number.
fn numbers(foreign: i64, absent: i64) -> Vec<Pair> {
    let spellings: [fn(i64) -> Value; 12] = [
        |id| json!(id),
        |id| json!(id.to_string()),
        |id| json!(format!("0{id}")),
        |id| json!(format!(" {id} ")),
        |id| json!(format!("{id}.0")),
        |id| json!(format!("+{id}")),
        |id| json!(id.to_string().bytes().filter_map(|it| char::from_u32(u32::from(it) + 0x630)).collect::<String>()),
        |id| json!(id.to_string().bytes().filter_map(|it| char::from_u32(u32::from(it) + 0xFEE0)).collect::<String>()),
        |id| json!(format!("%3{id}")),
        |id| json!([id]),
        |id| json!({ "id": id }),
        |id| json!(format!("{id} OR 1=1")),
    ];
    let mut pairs: Vec<_> = spellings.iter().map(|spell| pair(spell(foreign), spell(absent))).collect();
    pairs.extend([0, i64::from(i32::MAX)].map(|id| pair(json!(id), json!(absent))));
    pairs
}

/// Returns spellings of a list of files, for a foreign file and for a file of a colleague's session.
fn lists(foreign: i64, colleagues: i64, absent: i64) -> Vec<Pair> {
    let spellings: [fn(i64) -> Value; 5] = [
        |id| json!([id]),
        |id| json!([id.to_string()]),
        |id| json!([format!("0{id}")]),
        |id| json!([id, id]),
        |id| json!([format!(" {id} ")]),
    ];
    let files = [foreign, colleagues];
    files.iter().flat_map(|id| spellings.iter().map(|spell| pair(spell(*id), spell(absent)))).collect()
}

/// Returns spellings of a file's path, without a signature.
fn paths(ids: &Identifiers) -> Vec<Pair> {
    let spellings: [fn(&str, &Thing) -> String; 10] = [
        |it, _| it.to_owned(),
        |it, _| it.to_lowercase(),
        |it, _| it.to_uppercase(),
        |it, _| it.replace('0', "%30"),
        |it, _| it.replace('/', "%2F"),
        |it, _| it.replace('/', "//"),
        |it, _| format!("{it}%20"),
        |it, _| format!("{it}%00"),
        // Relative to the own folder.
        |it, own| {
            let folder = own.file.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{folder}/%2e%2e/%2e%2e/{}", it.trim_start_matches("uploads/"))
        },
        // The same file name in the own folder.
        |it, own| {
            it.splitn(3, '/').zip(["uploads", own.company.as_str(), ""]).fold(String::new(), |path, (part, own)| {
                format!("{path}{}", if own.is_empty() { part.to_owned() } else { format!("{own}/") })
            })
        },
    ];
    let (own, foreign, absent) = (&ids.own, &ids.foreign.file, &ids.absent.file);
    spellings.iter().map(|spell| pair(json!(spell(foreign, own)), json!(spell(absent, own)))).collect()
}
