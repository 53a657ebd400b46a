//! The words of the table: whose objects there are, and which of them a word reaches.

/// Whose an object is, from the point of view of the agent who calls.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Whose {
    /// The agent's own; of sessions, one whose open handoff names the agent.
    Mine,
    /// A session whose resolved handoff names the agent.
    Done,
    /// A session that waits in the own company's queue.
    Queued,
    /// A colleague's; of sessions, one whose open handoff names a colleague.
    Colleagues,
    /// A session of the own company that nobody has escalated.
    Quiet,
    /// Another company's; of sessions, one whose open handoff names its agent.
    Foreign,
    /// A session of another company that nobody has escalated.
    ForeignQuiet,
    /// Nobody's, for it does not exist.
    Absent,
}
use Whose::{Absent, Colleagues, Done, Foreign, ForeignQuiet, Mine, Queued, Quiet};

impl Whose {
    /// Whether it belongs to the caller's company.
    pub(crate) fn is_own_company(self) -> bool {
        matches!(self, Mine | Done | Queued | Colleagues | Quiet)
    }
}

/// From where a caller sees the objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum View {
    /// As the agent whom `Mine` is about, and as everybody else of that company.
    Home,
    /// As the colleague whom `Colleagues` is about.
    Colleague,
    /// As the agent of the other company whom `Foreign` is about, and as its admin.
    Abroad,
}

impl Whose {
    /// Whose it is to somebody who stands elsewhere.
    pub(crate) fn seen_from(self, view: View) -> Self {
        match (view, self) {
            (View::Home, same)
            | (_, same @ Absent)
            | (View::Colleague, same @ (Queued | Quiet | Foreign | ForeignQuiet)) => same,
            (View::Colleague, Mine | Done) => Colleagues,
            (View::Colleague, Colleagues) | (View::Abroad, Foreign) => Mine,
            (View::Abroad, ForeignQuiet) => Quiet,
            (View::Abroad, Quiet) => ForeignQuiet,
            (View::Abroad, Mine | Done | Queued | Colleagues) => Foreign,
        }
    }
}

/// How far a right goes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Reach {
    /// No row at all.
    Nothing,
    /// Rows and sessions of one's own, open or resolved.
    Mine,
    /// Those and the own company's queue.
    MineAndQueue,
    /// The own company.
    Company,
    /// Every company.
    All,
}

impl Reach {
    /// Whether an object of this owner is within reach.
    pub(crate) fn holds(self, whose: Whose) -> bool {
        match self {
            Self::Nothing => false,
            Self::Mine => matches!(whose, Mine | Done),
            Self::MineAndQueue => matches!(whose, Mine | Done | Queued),
            Self::Company => whose.is_own_company(),
            Self::All => whose != Absent,
        }
    }
}

/// What the table says of one caller of one endpoint.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Cell {
    /// `-`: 401 without a token, 403 for staff, whatever the call is about.
    Refused,
    /// `pub` and, where no object is named, `self`, `co` and `all`: the call succeeds.
    Allowed,
    /// `self`, `mine`, `mine+q`, `co`, `all`: what is out of reach is absent.
    Within(Reach),
    /// The same with `403*`: what is out of reach in the own company is refused as such.
    WithinOr403(Reach),
    /// `cap`: whoever holds the session id; within reach the answer is the full one.
    Holder(Reach),
    /// `unlimited`: the endpoint's answer for a caller without a company.
    Unlimited,
    /// `400*`, `403*`, `404*`: the endpoint's own answer to every call, with its code and text.
    Own(u16, &'static str, &'static str),
}

pub(crate) const NO: Cell = Cell::Refused;
pub(crate) const PUB: Cell = Cell::Allowed;
pub(crate) const CAP: Cell = Cell::Holder(Reach::Nothing);
/// `cap`, with the full profile for those who may see the session.
pub(crate) const CAP_MINE_Q: Cell = Cell::Holder(Reach::MineAndQueue);
pub(crate) const CAP_CO: Cell = Cell::Holder(Reach::Company);
pub(crate) const CAP_ALL: Cell = Cell::Holder(Reach::All);
pub(crate) const SELF: Cell = Cell::Within(Reach::Mine);
pub(crate) const MINE: Cell = Cell::Within(Reach::Mine);
pub(crate) const MINE_403: Cell = Cell::WithinOr403(Reach::Mine);
pub(crate) const MINE_Q: Cell = Cell::Within(Reach::MineAndQueue);
pub(crate) const MINE_Q_403: Cell = Cell::WithinOr403(Reach::MineAndQueue);
pub(crate) const CO: Cell = Cell::Within(Reach::Company);
pub(crate) const ALL: Cell = Cell::Within(Reach::All);
pub(crate) const UNLIMITED: Cell = Cell::Unlimited;
/// `400*` of create-agent.
pub(crate) const NO_COMPANY: Cell =
    Cell::Own(400, "bad_request", "Admin user must have a company_id to create agents. Please contact SuperAdmin.");
/// `403*` of the dashboard.
pub(crate) const NO_AGENT: Cell = Cell::Own(403, "permission_denied", "User is not an agent");
/// `404*` of what only agents have.
pub(crate) const NO_PROFILE: Cell = Cell::Own(404, "not_found", "Agent profile not found");
/// `403*` of send-message.
pub(crate) const NO_WRITER: Cell = Cell::Own(403, "permission_denied", "Only agents and admins can send messages");

/// Everything a session can be; an object of accounts is `Mine`, `Colleagues`, `Foreign` or `Absent`.
pub(crate) const EVERY_SESSION: &[Whose] = &[Mine, Done, Queued, Colleagues, Quiet, Foreign, ForeignQuiet, Absent];
/// Sessions that have a handoff.
pub(crate) const HANDOFFS: &[Whose] = &[Mine, Done, Queued, Colleagues, Foreign, Absent];
/// Sessions whose handoff is open.
pub(crate) const OPEN: &[Whose] = &[Mine, Queued, Colleagues, Foreign, Absent];
/// Sessions without an open handoff.
pub(crate) const CLOSED: &[Whose] = &[Done, Quiet, ForeignQuiet, Absent];
/// What there is of agents.
pub(crate) const AGENTS: &[Whose] = &[Mine, Colleagues, Foreign, Absent];
/// What there is of admins, companies and subscriptions.
pub(crate) const COMPANIES: &[Whose] = &[Colleagues, Foreign, Absent];
