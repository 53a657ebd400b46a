//! A company with one row of every kind.

use std::time::Duration;

use attachments::{Attachments as _, BlobKey};
use chatbot::profile;
use encoder::Vector;
use handoff::{
    Feedback, Opinions as _, Rating, desk,
    notes::{self, OutgoingNote},
    saved_replies::{self, ReplyText, Scope, Shortcut},
};
use identity::agents::Agents as _;
use jobs::{Job, Jobs};
use knowledge::{
    EntryVectors as _, TextHash,
    golden::{Expect, GoldenQuestions as _, QuestionKey},
    unanswered::{Cause, Misses as _},
};
use tenancy::{
    AgentId, AttachmentId, GoldenId, HandoffId, MissId, NoteId, ProfileId, SessionId, SessionRowId, StoreError,
    access::Agent,
};

use crate::{
    files::file,
    stage::{Company, keyed, known, later},
    world::{World, now},
};

/// Ids of one row of each kind of a company.
#[derive(Clone)]
pub(crate) struct Ids {
    pub(crate) session: SessionId,
    pub(crate) key: SessionRowId,
    pub(crate) profile: ProfileId,
    pub(crate) handoff: HandoffId,
    pub(crate) agent: AgentId,
    pub(crate) hired: identity::agents::Agent,
    pub(crate) file: AttachmentId,
    pub(crate) blob: BlobKey,
    pub(crate) miss: MissId,
    pub(crate) golden: GoldenId,
    pub(crate) note: NoteId,
}

/// The golden question of each company.
pub(super) const GOLDEN: &str = "Why?";

/// The idempotency key of the note.
pub(super) const NOTE_KEY: &str = "key-of-a-note";

/// What the visitor says of the bot's first message.
pub(super) const UNHELPFUL: Feedback = Feedback { seq: 2, helpful: false, comment: None, question: None };
pub(super) const RATING: Rating = Rating { score: 4, comment: None };

/// Fills a company with one row of every kind; also returns one of its agents.
pub(crate) fn fill(world: &World, company: &Company) -> (Ids, Agent) {
    let (agent, other) = (world.agent(company, "ben"), world.agent(company, "cleo"));
    let opened = world.turn(&world.visitor(company, None), &keyed("hi", "open"), now());
    let (session, key, ids) = (opened.session, opened.user.session, [agent.id(), other.id()]);
    let new = file(company, key, "a");
    // In a transaction of its own, so that the queue is counted.
    let handoff = world.escalated(company, session, now());
    let filled = world.db.write(company.office.clone(), move |store| {
        let profile = profile::save(store, key, known("Ann Ray"), now()).unwrap().id;
        let stored = store.insert(&new)?.unwrap();
        for agent in ids {
            desk::assign(store, handoff, agent, now()).unwrap();
        }
        store.put_feedback(key, &UNHELPFUL, now())?;
        store.put_rating(key, &RATING, now())?;
        store.note_miss(key, 2, Cause::Low, "Why?", now())?;
        let miss = store.open_misses(now(), None)?.remove(0).id;
        let golden = store.insert_golden(GOLDEN, QuestionKey::of(GOLDEN), &Expect::Clarify, now())?.unwrap();
        let saved = ReplyText { shortcut: Shortcut::parse("x").unwrap(), title: String::new(), text: String::new() };
        saved_replies::create(&mut store.acting(), Scope::Company, saved, now()).unwrap();
        let private = OutgoingNote { key: Some(NOTE_KEY.to_owned()), .."private".to_owned().into() };
        let note = notes::write(&mut store.acting(), session, private, now()).unwrap().into_note().id;
        let [agent, _] = ids;
        let hired = store.agent_for_update(agent)?.unwrap();
        let (file, blob) = (stored.id, stored.key);
        Ok::<_, StoreError>(Ids { session, key, profile, handoff, agent, hired, file, blob, miss, golden, note })
    });
    let filled = filled.wait().unwrap();
    let ask = handoff::turn::Ask { attachments: vec![filled.file], ..keyed("see", "file") };
    world.turn(&world.visitor(company, Some(session)), &ask, now());
    world.teach(company, "When are you open?", "From 7 to 18.");
    let encoded = world.db.write(company.office.clone(), |store| {
        assert_eq!(Jobs::claim(store, jobs::Kind::Encode, now(), LEASE)?, Some(claimed(1, 60)));
        store.put_vectors("model", &[(TextHash::new([1; TextHash::BYTES]), Vector::unit(&[1.0; 384]))])
    });
    encoded.wait().unwrap();
    (filled, agent)
}

pub(crate) const LEASE: Duration = Duration::from_mins(1);

/// The job that [`fill`] claims, at a later revision and with a lease that expires that many seconds after [`now`].
pub(crate) fn claimed(revision: i64, leased_until: u64) -> Job {
    Job { kind: jobs::Kind::Encode, revision, attempts: 1, leased_until: later(leased_until) }
}
