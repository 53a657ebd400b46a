//! `knowledge/unanswered/`: what visitors asked and got no good answer to, grouped by what it means.

use actix_web::web::{self, Json};
use chatbot::settings::Change;
use knowledge::{
    Chunk, Draft,
    entries::CreateError,
    entry,
    golden::Proposal,
    unanswered::{self, AnswerError, Cause, CloseError, Group, GroupPosition, Groups, Miss, Order},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use storage::{CompanyStore, Place};
use tenancy::{
    CompanyCode, MissId,
    access::{Office, Refused, Supervisor},
    audit::Action,
};

use super::{
    super::{
        endpoint::{Endpoint, at},
        which_company::which_company,
    },
    entries::{self, EntryView, alternatives, line, list_of},
    golden::guard,
    pages::{self, number},
    target::{Target, company_id},
};
use crate::{
    app::App,
    auth::Auth,
    background,
    fair::PausablePermit,
    http::{
        body::{Valid, body},
        created::Created,
        describe::parameter,
        error::ApiError,
        params::Params,
        paths::PathId,
        rules::{Resettable as _, boolean, integer, text},
    },
    views::{AsText, TimestampText},
};

/// Maximum number of questions that are shown of a group.
const EXAMPLES: usize = 10;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/knowledge/unanswered/")
            .get("Lists the questions of visitors that were not answered well, grouped by what they mean.", list)
            .about(
                "A question is there if the bot asked back (`low`), if the visitor said that the answer did not help \
                 (`thumb_down`), or if a person was called instead of an answer or right after such a question \
                 (`escalated`). The newest 1,000 of the last 90 days that are not closed are grouped. `examples` are the \
                 newest ten of a group. `id` names the group for as long as its oldest question is open. For the next \
                 page, send `next` as `cursor`, with the same `order`.",
            )
            .query(parameter(
                "order",
                "Which groups come first: those with the newest question, or those with the most questions.",
                json!({ "type": "string", "enum": Order::WORDS, "default": Order::Newest.as_str() }),
            ))
            .query(pages::limit())
            .query(pages::cursor())
            .query(company_id())
            .refuses(ApiError::invalid_parameter("order"))
            .refuses(ApiError::invalid_parameter("cursor"))
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound),
        at("/api/knowledge/unanswered/{id:[0-9]+}/close/")
            .post("Closes the questions of a group, which need no answer.", close)
            .about("`id` is that of any open question of the group. What is asked later opens a new group.")
            .query(company_id())
            .refuses(CloseError::NotFound)
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound),
        at("/api/knowledge/unanswered/{id:[0-9]+}/answer/")
            .post("Adds an entry that answers a group, and closes the group.", answer)
            .about(
                "The entry is added as by `POST /api/knowledge/entries/`. Without `question`, it asks what the group \
                 asks. If the entry is refused, the group stays open.",
            )
            .query(company_id())
            .query(guard::force())
            .refuses(AnswerError::NotFound)
            .refuses(CreateError::Taken)
            .refuses(guard::refusal(&[guard::example()]))
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound),
    ]
}

body! {
    /// The entry that answers a group of questions.
    struct AnswerGroupBody {
        answer: String = entries::answer(),
        document: String = line(entry::MAX_DOCUMENT),
        question: Option<String> = line(entry::MAX_QUESTION).optional(),
        section: Option<String> = line(entry::MAX_SECTION).optional(),
        alternatives: Change<Vec<String>> = alternatives().or_reset(),
        page: Option<i64> = integer().optional(),
        chunk_id: Option<String> = text().max(entry::MAX_CHUNK_ID).optional(),
        company_id: Option<String> = text().max(20).optional(),
        force: Option<bool> = boolean().optional(),
    }
}

#[derive(Serialize, JsonSchema)]
struct UnansweredPage {
    results: Vec<UnansweredGroup>,
    /// The value of `cursor` for the next page; null on the last page.
    next: Option<String>,
}

/// Questions of visitors that mean the same.
#[derive(Serialize, JsonSchema)]
struct UnansweredGroup {
    id: i64,
    /// The wording that occurs most often.
    question: String,
    /// Number of questions.
    count: usize,
    /// Number of questions by why they count as unanswered.
    causes: CauseCounts,
    first_at: TimestampText,
    last_at: TimestampText,
    /// Some of the questions, newest first.
    examples: Vec<UnansweredQuestion>,
}

/// Numbers of questions, by why they count as unanswered.
#[derive(Serialize, JsonSchema)]
struct CauseCounts {
    low: usize,
    thumb_down: usize,
    escalated: usize,
}

/// A question of a visitor, and where it was asked.
#[derive(Serialize, JsonSchema)]
struct UnansweredQuestion {
    /// The question as the bot understood it: one that goes on from another question has both.
    question: String,
    session_id: String,
    /// The position of what the bot said to it.
    seq: i64,
    #[schemars(extend("enum" = Cause::WORDS))]
    cause: &'static str,
    at: TimestampText,
}

/// The number of questions that were closed.
#[derive(Serialize, JsonSchema)]
struct ClosedQuestions {
    closed: usize,
}

/// An entry that answers a group of questions, and the number of questions that were closed.
#[derive(Serialize, JsonSchema)]
struct AnsweredGroup {
    entry: EntryView,
    closed: usize,
}

impl UnansweredGroup {
    /// `None` for a group without a question, which there is not.
    fn of(group: &Group) -> Option<Self> {
        let (first, last) = (group.misses().first()?, group.misses().last()?);
        Some(Self {
            id: first.id.get(),
            question: group.question().to_owned(),
            count: group.misses().len(),
            causes: CauseCounts {
                low: group.count(Cause::Low),
                thumb_down: group.count(Cause::ThumbDown),
                escalated: group.count(Cause::Escalated),
            },
            first_at: AsText(first.at),
            last_at: AsText(last.at),
            examples: group.misses().iter().rev().take(EXAMPLES).map(UnansweredQuestion::from).collect(),
        })
    }
}

impl From<&Miss> for UnansweredQuestion {
    fn from(miss: &Miss) -> Self {
        Self {
            question: miss.question.clone(),
            session_id: miss.session.as_str().to_owned(),
            seq: miss.seq,
            cause: miss.cause.as_str(),
            at: AsText(miss.at),
        }
    }
}

/// Lists a page of the groups.
async fn list(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<UnansweredPage>, ApiError> {
    let company = which_company(supervisor.company(), None, &params)?;
    let order = match params.text("order") {
        None => Order::default(),
        Some(word) => Order::parse(word).ok_or_else(|| ApiError::invalid_parameter("order"))?,
    };
    let after = params.text("cursor").map(|text| position(text).ok_or_else(|| ApiError::invalid_parameter("cursor")));
    let (after, limit) = (after.transpose()?, pages::limit_of(&params)?);
    let page = grouped(&app, supervisor, company, move |groups| groups.page(order, after, limit));
    let (groups, more) = page.await?;
    let next = groups.last().filter(|_| more).and_then(Group::position);
    Ok(Json(UnansweredPage {
        results: groups.iter().filter_map(UnansweredGroup::of).collect(),
        next: next.map(|GroupPosition { count, newest }| format!("{count}.{newest}")),
    }))
}

fn position(cursor: &str) -> Option<GroupPosition> {
    let (count, newest) = cursor.split_once('.')?;
    Some(GroupPosition { count: usize::try_from(number(count)?).ok()?, newest: MissId::new(number(newest)?) })
}

/// Closes a group.
async fn close(
    Auth(supervisor): Auth<Supervisor>,
    PathId(id): PathId,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<ClosedQuestions>, ApiError> {
    let company = which_company(supervisor.company(), None, &params)?;
    let group = group(&app, supervisor.clone(), company, id).await?.ok_or(CloseError::NotFound)?;
    let now = app.now();
    let close = move |store: &mut CompanyStore<'_, Office>| unanswered::close(store, &group, now);
    let closed = app.office_write(supervisor, Place::Company(company), Action::QuestionsClosed, close);
    let closed = closed.await?.ok_or(Refused::CompanyNotFound)?;
    Ok(Json(ClosedQuestions { closed }))
}

/// Adds an entry that answers a group, and closes the group.
async fn answer(
    Auth(supervisor): Auth<Supervisor>,
    PathId(id): PathId,
    params: Params,
    Valid(body): Valid<AnswerGroupBody>,
    app: web::Data<App>,
) -> Result<Created<AnsweredGroup>, ApiError> {
    let company = which_company(supervisor.company(), body.company_id.as_deref(), &params)?;
    let is_forced = guard::is_forced(&params, body.force)?;
    let group = group(&app, supervisor.clone(), company, id).await?.ok_or(AnswerError::NotFound)?;
    let now = app.now();
    let draft = Draft {
        document: body.document,
        chunk_id: body.chunk_id.filter(|id| !id.is_empty()),
        section: body.section.unwrap_or_default(),
        question: body.question.filter(|question| !question.is_empty()).unwrap_or_else(|| group.question().to_owned()),
        alternatives: list_of(body.alternatives).unwrap_or_default(),
        answer: body.answer,
        page: body.page.unwrap_or_default(),
    };
    let proposed = draft.clone();
    let propose = move |_, chunks: &[Chunk]| Proposal::creation(proposed, chunks);
    let answer = move |store: &mut CompanyStore<'_, Office>| unanswered::answer(store, &group, draft, now);
    let target = Target::Company(company);
    let answered = guard::publish(&app, target, supervisor, Action::EntryCreated, is_forced, propose, answer);
    let (created, closed) = answered.await?;
    Ok(Created(AnsweredGroup { entry: EntryView::new(created, false), closed }))
}

/// Returns the group that has this question.
async fn group(app: &App, supervisor: Supervisor, company: CompanyCode, id: i64) -> Result<Option<Group>, ApiError> {
    grouped(app, supervisor, company, move |groups| groups.with(MissId::new(id))).await
}

/// Reads the open questions, and groups them outside of the transaction. It computes in the company's share.
async fn grouped<T: Send + 'static>(
    app: &App,
    supervisor: Supervisor,
    company: CompanyCode,
    choose: impl FnOnce(Groups) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let (model, now) = (app.encoder.model_id().map(str::to_owned), app.now());
    let read = move |store: &mut CompanyStore<'_, Office>| unanswered::open(store, model.as_deref(), now);
    let misses = app.office_read(supervisor, Place::Company(company), read).await?.ok_or(Refused::CompanyNotFound)?;
    let permit = PausablePermit::acquire(&app.turn_permits, company).await?;
    let chosen = background::run(move || choose(Groups::of(misses))).await?;
    drop(permit);
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_count_and_an_id() {
        let read = |text| position(text).map(|GroupPosition { count, newest }| (count, newest.get()));
        assert_eq!(read("3.70"), Some((3, 70)));
        for bad in ["", "3", "3.", ".7", "3.7.1", "-3.7", "3.x", "3.9007199254740992"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
