//! `knowledge/unanswered/`: the list of the groups.

use actix_web::web::{self, Json};
use knowledge::{
    Meanings, Origin,
    unanswered::{Cause, Group, GroupPosition, Groups, Miss, Order},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tenancy::{
    CompanyCode, MissId,
    access::{Refused, Staff, Supervisor},
};

use super::{
    super::{
        super::{
            endpoint::{Endpoint, at},
            which_company::which_company,
        },
        asking::{self, Asked},
        pages::{self, number},
        target::company_id,
    },
    open::grouped,
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        describe::{day_or_moment, parameter},
        error::ApiError,
        params::Params,
    },
    views::{AsText, TimestampText},
};

/// Maximum number of questions that are shown of a group.
const EXAMPLES: usize = 10;

pub(super) fn endpoint() -> Endpoint {
    at("/api/knowledge/unanswered/")
        .get("Lists the questions of visitors that were not answered well, grouped by what they mean.", list)
        .about(
            "A question is there if the bot asked back (`low`), if the visitor said that the answer did not help \
             (`thumb_down`), or if a person was called instead of an answer or right after such a question \
             (`escalated`). The newest 1,000 of the last 90 days that are not closed are grouped. `examples` are the \
             newest ten of a group, and `best` is the entry that a question like `question` comes nearest to now: its \
             `score` and its `confidence` are those of `POST /api/knowledge/ask/`. `id` names the group for as long as \
             its oldest question is open. For the next page, send `next` as `cursor`, with the same `order` and \
             `from`.",
        )
        .query(parameter(
            "order",
            "Which groups come first: those with the newest question, or those with the most questions.",
            json!({ "type": "string", "enum": Order::WORDS, "default": Order::Newest.as_str() }),
        ))
        .query(parameter(
            "from",
            "Only groups with a question that was asked on this day or later, or at this moment (RFC 3339) or later. \
             Anything else is 400.",
            day_or_moment(),
        ))
        .query(parameter(
            "tz",
            "IANA time zone of a day in `from`, such as `Asia/Kathmandu`.",
            json!({ "type": "string", "default": "UTC" }),
        ))
        .query(pages::limit())
        .query(pages::cursor())
        .query(company_id())
        .refuses(ApiError::invalid_parameter("order"))
        .refuses(ApiError::invalid_parameter("cursor"))
        .refuses(ApiError::not_a_date("from"))
        .refuses(ApiError::not_a_zone("tz"))
        .refuses(ApiError::required("company_id"))
        .refuses(Refused::CompanyNotFound)
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
    /// Why most of them count as unanswered; of equal causes, the one for which a visitor did most.
    #[schemars(extend("enum" = Cause::WORDS))]
    why: &'static str,
    /// Number of questions by why they count as unanswered.
    causes: CauseCounts,
    first_at: TimestampText,
    last_at: TimestampText,
    /// The session of the newest question.
    session_id: String,
    /// The entry that comes nearest now; null if none has anything to do with the question.
    best: Option<NearestEntry>,
    /// Some of the questions, newest first.
    examples: Vec<UnansweredQuestion>,
}

/// The entry that comes nearest to a question.
#[derive(Serialize, JsonSchema)]
struct NearestEntry {
    chunk_id: String,
    document: String,
    question: String,
    score: f32,
    /// The probability that it answers the question. It can be above the threshold, as where an answer did not help, or
    /// where the knowledge has changed.
    confidence: f64,
    shared: bool,
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

impl UnansweredGroup {
    /// `None` for a group without a question, which there is not.
    fn of((group, best): (&Group, Option<NearestEntry>)) -> Option<Self> {
        let (first, last) = (group.misses().first()?, group.misses().last()?);
        Some(Self {
            id: first.id.get(),
            question: group.question().to_owned(),
            count: group.misses().len(),
            why: group.why().as_str(),
            causes: CauseCounts {
                low: group.count(Cause::Low),
                thumb_down: group.count(Cause::ThumbDown),
                escalated: group.count(Cause::Escalated),
            },
            first_at: AsText(first.at),
            last_at: AsText(last.at),
            session_id: last.session.as_str().to_owned(),
            best,
            examples: group.misses().iter().rev().take(EXAMPLES).map(UnansweredQuestion::from).collect(),
        })
    }
}

impl NearestEntry {
    /// Returns the entry that comes nearest to a question. Of the company's and the library's, the more probable one counts,
    /// and of equally probable ones the company's.
    fn of(asked: &Asked, question: &str, meanings: &Meanings) -> Option<Self> {
        let rankings = asked.search(&asked.settings).rankings(question, meanings, 1);
        // Of equal ones, the last counts.
        let (origin, best) = rankings
            .into_iter()
            .rev()
            .max_by(|(_, one), (_, other)| one.confidence().total_cmp(&other.confidence()))?;
        let confidence = best.confidence();
        let passage = best.into_passages().into_iter().next()?;
        Some(Self {
            chunk_id: passage.chunk.chunk_id.clone(),
            document: passage.chunk.document.title.clone(),
            question: passage.chunk.question.clone(),
            score: passage.score,
            confidence,
            shared: origin == Origin::Shared,
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
    let from = params.since("from")?;
    let page = move |groups: Groups| match from {
        Some(from) => groups.since(from).page(order, after, limit),
        None => groups.page(order, after, limit),
    };
    let (groups, more) = grouped(&app, supervisor.clone(), company, page).await?;
    let best = nearest(&app, supervisor, company, groups.clone()).await?;
    let next = groups.last().filter(|_| more).and_then(Group::position);
    Ok(Json(UnansweredPage {
        results: groups.iter().zip(best).filter_map(UnansweredGroup::of).collect(),
        next: next.map(|GroupPosition { count, newest }| format!("{count}.{newest}")),
    }))
}

/// Returns the entry that comes nearest to each group.
async fn nearest(
    app: &App,
    supervisor: Supervisor,
    company: CompanyCode,
    groups: Vec<Group>,
) -> Result<Vec<Option<NearestEntry>>, ApiError> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let ((), asked) = asking::with(app, Staff::from(supervisor), company, |_| Ok(())).await?;
    let nearest =
        |asked: &Asked, group: Group, meanings: &Meanings| NearestEntry::of(asked, group.question(), meanings);
    Ok(asking::each(app, &asked, groups, nearest).await?)
}

fn position(cursor: &str) -> Option<GroupPosition> {
    let (count, newest) = cursor.split_once('.')?;
    Some(GroupPosition { count: usize::try_from(number(count)?).ok()?, newest: MissId::new(number(newest)?) })
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
