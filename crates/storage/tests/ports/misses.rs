//! Questions that were not answered well.

use encoder::Vector;
use jobs::{Kind, Schedule as _};
use knowledge::unanswered::{Cause, MAX_QUESTION, MOST_MISSES, Miss, Misses as _};
use storage::CompanyStore;
use tenancy::{SessionRowId, access::Office};

use crate::{
    stage::{Company, keyed, later, text},
    world::{Read, World, now},
};

fn write<T: Send + 'static>(
    world: &World,
    company: &Company,
    job: impl FnOnce(&mut CompanyStore<'_, Office>) -> Read<T> + Send + 'static,
) -> T {
    world.db.write(company.office.clone(), job).wait().unwrap()
}

/// Returns the questions since the beginning, with the vectors of a model.
fn open(world: &World, company: &Company, model: Option<&'static str>) -> Vec<Miss> {
    write(world, company, move |store| store.open_misses(now(), model))
}

/// A session in which the bot has said something twice, at 2 and 4.
fn session(world: &World, company: &Company) -> SessionRowId {
    let visitor = world.visitor(company, None);
    let opened = world.turn(&visitor, &keyed("Hello", "open"), now());
    world.turn(&world.visitor(company, Some(opened.session)), &text("Ann Ray"), now());
    opened.user.session
}

fn note(world: &World, company: &Company, session: SessionRowId, seq: i64, cause: Cause, question: &str) {
    let question = question.to_owned();
    write(world, company, move |store| store.note_miss(session, seq, cause, &question, later(1)));
}

fn shown(misses: &[Miss]) -> Vec<(i64, Cause, &str)> {
    misses.iter().map(|miss| (miss.seq, miss.cause, miss.question.as_str())).collect()
}

#[test]
fn a_message_keeps_its_first_question_and_asks_for_its_vector() {
    for world in World::each() {
        let company = world.company("tesla");
        let session = session(&world, &company);
        let due = || world.db.lobby(|lobby| lobby.due(later(9), 9)).wait().unwrap();
        assert_eq!(due(), []);
        note(&world, &company, session, 4, Cause::Low, "Why?");
        assert_eq!(due(), [(company.code, Kind::EncodeMisses)]);
        note(&world, &company, session, 4, Cause::ThumbDown, "Who?");
        note(&world, &company, session, 2, Cause::Low, &"\u{e9}".repeat(MAX_QUESTION + 1));
        let long = "\u{e9}".repeat(MAX_QUESTION);
        let kept = open(&world, &company, None);
        assert_eq!(shown(&kept), [(4, Cause::Low, "Why?"), (2, Cause::Low, long.as_str())]);
        assert_eq!(kept[0].at, later(1));
        write(&world, &company, move |store| store.take_back_miss(session, 4));
        assert_eq!(open(&world, &company, None), kept);
    }
}

#[test]
fn a_person_is_called_because_of_the_last_question_alone() {
    for world in World::each() {
        let company = world.company("tesla");
        let session = session(&world, &company);
        let escalate = || write(&world, &company, move |store| store.escalate_miss(session));
        escalate();
        note(&world, &company, session, 2, Cause::Low, "Why?");
        note(&world, &company, session, 4, Cause::ThumbDown, "Who?");
        escalate();
        let both = [(2, Cause::Low, "Why?"), (4, Cause::ThumbDown, "Who?")];
        assert_eq!(shown(&open(&world, &company, None)), both);
        write(&world, &company, move |store| store.take_back_miss(session, 4));
        escalate();
        assert_eq!(shown(&open(&world, &company, None)), [(2, Cause::Escalated, "Why?")]);
    }
}

#[test]
fn closed_and_old_questions_are_not_open() {
    for world in World::each() {
        let company = world.company("tesla");
        let session = session(&world, &company);
        note(&world, &company, session, 2, Cause::Low, "Why?");
        note(&world, &company, session, 4, Cause::Low, "Who?");
        let ids: Vec<_> = open(&world, &company, None).iter().map(|miss| miss.id).collect();
        let since = |at| write(&world, &company, move |store| store.open_misses(at, None)).len();
        assert_eq!((since(later(1)), since(later(2))), (2, 0));
        let first = ids[0];
        let close = move |store: &mut CompanyStore<'_, Office>| store.close_misses(&[first], later(2));
        assert_eq!((write(&world, &company, close), write(&world, &company, close)), (1, 0));
        assert_eq!(shown(&open(&world, &company, None)), [(4, Cause::Low, "Who?")]);
        // An opinion on a closed question does not open it.
        note(&world, &company, session, 2, Cause::ThumbDown, "Why?");
        assert_eq!(open(&world, &company, None).len(), 1);
        assert_eq!(write(&world, &company, move |store| store.close_misses(&ids, later(3))), 1);
    }
}

#[test]
fn a_vector_counts_for_the_model_that_made_it() {
    for world in World::each() {
        let company = world.company("tesla");
        let session = session(&world, &company);
        note(&world, &company, session, 4, Cause::Low, "Why?");
        let id = open(&world, &company, Some("one"))[0].id;
        let vector = Vector::unit(&[1.0; 384]);
        let stored = vector.clone();
        write(&world, &company, move |store| store.put_miss_vectors("one", &[(id, stored)]));
        let with = |model| open(&world, &company, model).remove(0).vector;
        assert_eq!((with(Some("one")), with(Some("two")), with(None)), (Some(vector), None, None));
    }
}

#[test]
fn only_the_newest_questions_are_read() {
    for world in World::each() {
        let company = world.company("tesla");
        let session = session(&world, &company);
        let more = 5;
        let last = i64::try_from(MOST_MISSES + more).unwrap() + 9;
        let numbers = format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) \
             SELECT '{}', {session}, n",
            company.code
        );
        let then = format!("(SELECT created_at FROM sessions WHERE key = {session}) FROM numbers ORDER BY n");
        for statement in [
            format!(
                "INSERT INTO messages (company_id, session_key, seq, content, detail, created_at) {numbers}, 'x', \
                 '{{\"by\":\"user\",\"context\":\"\"}}', {then}"
            ),
            format!(
                "INSERT INTO misses (company_id, session_key, seq, cause, question, created_at) {numbers}, 'low', 'x', \
                 {then}"
            ),
        ] {
            world.scratch.execute(&statement).unwrap();
        }
        let seqs: Vec<_> = open(&world, &company, None).iter().map(|miss| miss.seq).collect();
        let first = 10 + i64::try_from(more).unwrap();
        assert_eq!(seqs, (first..=last).collect::<Vec<_>>());
    }
}
