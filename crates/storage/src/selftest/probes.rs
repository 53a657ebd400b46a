//! Tries on PostgreSQL, statement by statement, what two synthetic companies can do to each other.

use diesel::{connection::SimpleConnection as _, result::QueryResult};

use super::{
    query::lines,
    rows::{CODES, OTHERS, POSTGRES, TABLES},
};
use crate::conn::Db;

/// The door and the company that a transaction names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The door of a company; with `None`, without naming the company.
    Company(Option<usize>),
    /// No door at all.
    Nothing,
    Lobby,
    Platform,
}

impl Scope {
    fn settings(self) -> String {
        let (door, company) = match self {
            Self::Company(number) => ("company", number.and_then(|number| CODES.get(number)).copied().unwrap_or("")),
            Self::Nothing => ("", ""),
            Self::Lobby => ("lobby", ""),
            Self::Platform => ("platform", ""),
        };
        format!("SET LOCAL app.door = '{door}'; SET LOCAL app.company = '{company}'; SET LOCAL app.logins = ''")
    }

    fn name(self) -> String {
        match self {
            Self::Company(Some(number)) => format!("company {}", CODES.get(number).copied().unwrap_or("")),
            Self::Company(None) => "a company's door without its company".to_owned(),
            Self::Nothing => "a transaction without a door".to_owned(),
            Self::Lobby => "the lobby".to_owned(),
            Self::Platform => "the platform".to_owned(),
        }
    }
}

/// The outcome that a statement must have.
#[derive(Clone, Copy)]
enum Must {
    /// It finds its row.
    Find,
    /// It finds nothing, or is refused.
    FindNothing,
    /// It is refused.
    BeRefused,
}

struct Probe {
    table: &'static str,
    what: &'static str,
    statement: String,
    must: Must,
}

/// Tries every statement in every scope, on the rows of both synthetic companies. Returns the number of statements
/// and the gaps. The caller rolls the transaction back.
pub(super) fn gaps(conn: &mut Db) -> QueryResult<(usize, Vec<String>)> {
    let (mut count, mut gaps) = (0, Vec::new());
    let mut scopes = vec![Scope::Company(None), Scope::Nothing, Scope::Lobby, Scope::Platform];
    scopes.extend((0..CODES.len()).map(|number| Scope::Company(Some(number))));
    for scope in scopes {
        let probes = probes(scope);
        count += probes.len();
        let outcomes = run(conn, scope, &probes)?;
        for (probe, outcome) in probes.iter().zip(&outcomes) {
            let is_as_required = match probe.must {
                Must::Find => outcome == "1",
                Must::FindNothing => outcome == "0" || outcome == REFUSED,
                Must::BeRefused => outcome == REFUSED,
            };
            if !is_as_required {
                gaps.push(format!("table {}: {} {} ({outcome})", probe.table, scope.name(), probe.what));
            }
        }
    }
    Ok((count, gaps))
}

fn probes(scope: Scope) -> Vec<Probe> {
    let mut probes = Vec::new();
    // A scope without a company treats both companies alike, so one of them is enough.
    let companies = if matches!(scope, Scope::Company(Some(_))) { CODES.len() } else { 1 };
    for table in TABLES {
        let mut add = |what, statement, must| probes.push(Probe { table: table.name, what, statement, must });
        for (number, code) in CODES.iter().enumerate().take(companies) {
            let (rows, key) = (table.of(code), table.key);
            let own = scope == Scope::Company(Some(number));
            let seen = own || scope == Scope::Platform || scope == Scope::Lobby && table.in_lobby;
            let select = format!("SELECT FROM {rows}");
            if seen {
                add("does not see what it must", select, Must::Find);
            } else {
                add("sees rows", select, Must::FindNothing);
            }
            if own {
                let other = CODES.get(1 - number).copied().unwrap_or_default();
                let moved = format!("UPDATE {} SET {key} = '{other}' WHERE {key} = '{code}'", table.name);
                add("moves its row to another", moved, Must::BeRefused);
            } else {
                add(
                    "changes rows",
                    format!("UPDATE {} SET {key} = {key} WHERE {key} = '{code}'", table.name),
                    Must::FindNothing,
                );
                add("deletes rows", format!("DELETE FROM {rows}"), Must::FindNothing);
                if !(table.is_companies() && scope == Scope::Platform) {
                    add("adds a row", table.insert(POSTGRES, number), Must::BeRefused);
                }
            }
        }
    }
    // Of the rows that no company owns, a company may access only plans and its own staff's accounts.
    if let Scope::Company(own) = scope {
        for row in OTHERS {
            let mut add = |what, statement, must| probes.push(Probe { table: row.table, what, statement, must });
            for number in 0..CODES.len() {
                let (rows, is_own_staff) = (row.of(POSTGRES, number), own == Some(number));
                let is_shared = row.table == "plans";
                let of_staff = is_own_staff && matches!(row.table, "accounts" | "refresh_families");
                let must = if is_shared || of_staff { Must::Find } else { Must::FindNothing };
                add("does not see just what it must", format!("SELECT FROM {rows}"), must);
                if !is_own_staff {
                    let (table, column) = (row.table, row.column);
                    let condition = rows.strip_prefix(table).unwrap_or_default();
                    add(
                        "changes rows",
                        format!("UPDATE {table} SET {column} = {column}{condition}"),
                        Must::FindNothing,
                    );
                }
                add("deletes rows", format!("DELETE FROM {rows}"), Must::FindNothing);
                add("adds a row", row.insert(POSTGRES, number), Must::BeRefused);
            }
        }
    }
    probes
}

/// Marks a statement that failed for a missing right or a policy, whatever language the error is in.
const REFUSED: &str = "refused";

/// Runs the statements of one scope in one round trip and returns their outcomes. Each runs in a block of its own,
/// so that an error undoes that statement alone. A forbidden statement that succeeds is not undone, but then the
/// test has failed anyway.
fn run(conn: &mut Db, scope: Scope, probes: &[Probe]) -> QueryResult<Vec<String>> {
    let statements: Vec<_> = probes.iter().map(|probe| format!("$probe${}$probe$", probe.statement)).collect();
    conn.batch_execute(&format!(
        "{};
        DO $run$
        DECLARE
            statement TEXT;
            outcome TEXT;
            outcomes TEXT[];
            affected BIGINT;
        BEGIN
            FOREACH statement IN ARRAY ARRAY[{}] LOOP
                BEGIN
                    EXECUTE statement;
                    GET DIAGNOSTICS affected = ROW_COUNT;
                    outcome := affected;
                EXCEPTION
                    WHEN insufficient_privilege THEN outcome := '{REFUSED}';
                    WHEN OTHERS THEN outcome := SQLERRM;
                END;
                outcomes := outcomes || outcome;
            END LOOP;
            PERFORM set_config('app.outcomes', array_to_string(outcomes, E'\\x1f'), true);
        END
        $run$",
        scope.settings(),
        statements.join(", ")
    ))?;
    let outcomes = lines(conn, "SELECT current_setting('app.outcomes') AS line")?.concat();
    Ok(outcomes.split('\u{1f}').map(str::to_owned).collect())
}
