//! The cells of the table: owners of objects, and the rights that a cell grants.

/// The owner of an object, from the point of view of the calling agent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Whose {
    /// The agent's own object. For sessions: the open handoff names the agent.
    Mine,
    /// A session whose resolved handoff names the agent.
    Done,
    /// A session in the own company's queue.
    Queued,
    /// A colleague's object. For sessions: the open handoff names a colleague.
    Colleagues,
    /// A session of the own company that has not been escalated.
    Quiet,
    /// Another company's object. For sessions: the open handoff names an agent of that company.
    Foreign,
    /// A session of another company that has not been escalated.
    ForeignQuiet,
    /// An object that does not exist.
    Absent,
}
use Whose::{Absent, Colleagues, Done, Foreign, ForeignQuiet, Mine, Queued, Quiet};

impl Whose {
    /// Returns whether the object belongs to the caller's company.
    pub(crate) fn is_own_company(self) -> bool {
        matches!(self, Mine | Done | Queued | Colleagues | Quiet)
    }
}

/// The point of view of a caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum View {
    /// The agent to whom `Mine` refers, and all other callers except those below.
    Home,
    /// The colleague to whom `Colleagues` refers.
    Colleague,
    /// The agent of the other company to whom `Foreign` refers, and that company's admin.
    Abroad,
}

impl Whose {
    /// Returns the owner from another point of view.
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

/// The objects that a right covers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Reach {
    /// No objects.
    Nothing,
    /// The caller's own objects and sessions, open or resolved.
    Mine,
    /// The same and the own company's queue.
    MineAndQueue,
    /// All objects of the own company.
    Company,
    /// The objects of every company.
    All,
}

impl Reach {
    /// Returns whether the right covers an object of this owner.
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

/// A cell of the table: the right of one caller to one endpoint.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Cell {
    /// The call is always refused: 401 without a token, 403 for staff.
    Refused,
    /// The call is public and always succeeds.
    Allowed,
    /// The call succeeds for objects within reach; all others are answered as absent.
    Within(Reach),
    /// The same, but objects of the own company that are out of reach are refused with 403.
    WithinOr403(Reach),
    /// The same, but sessions that a colleague has are refused with 409, which names the colleague.
    WithinOr409(Reach),
    /// The session id alone gives access; within reach the answer has full details.
    Holder(Reach),
    /// The endpoint answers a caller without a company with an unlimited plan.
    Unlimited,
    /// The endpoint refuses every call with this status, code and text.
    Own(u16, &'static str, &'static str),
}

pub(crate) const NO: Cell = Cell::Refused;
pub(crate) const PUB: Cell = Cell::Allowed;
pub(crate) const CAP: Cell = Cell::Holder(Reach::Nothing);
/// A session id gives access; agents get the full profile for own and queued sessions.
pub(crate) const CAP_MINE_Q: Cell = Cell::Holder(Reach::MineAndQueue);
pub(crate) const CAP_CO: Cell = Cell::Holder(Reach::Company);
pub(crate) const CAP_ALL: Cell = Cell::Holder(Reach::All);
pub(crate) const SELF: Cell = Cell::Within(Reach::Mine);
/// Lists and changes of which the caller has none: agents keep their own.
pub(crate) const NONE: Cell = Cell::Within(Reach::Nothing);
pub(crate) const MINE: Cell = Cell::Within(Reach::Mine);
pub(crate) const MINE_403: Cell = Cell::WithinOr403(Reach::Mine);
pub(crate) const MINE_Q: Cell = Cell::Within(Reach::MineAndQueue);
pub(crate) const MINE_Q_403: Cell = Cell::WithinOr403(Reach::MineAndQueue);
pub(crate) const MINE_Q_409: Cell = Cell::WithinOr409(Reach::MineAndQueue);
pub(crate) const CO: Cell = Cell::Within(Reach::Company);
pub(crate) const ALL: Cell = Cell::Within(Reach::All);
pub(crate) const UNLIMITED: Cell = Cell::Unlimited;
/// The refusal of create-agent for a superadmin.
pub(crate) const NO_COMPANY: Cell =
    Cell::Own(400, "bad_request", "Admin user must have a company_id to create agents. Please contact SuperAdmin.");
/// The refusal of the dashboard for callers who are not agents.
pub(crate) const NO_AGENT: Cell = Cell::Own(403, "permission_denied", "User is not an agent");
/// The answer to callers without an agent profile.
pub(crate) const NO_PROFILE: Cell = Cell::Own(404, "not_found", "Agent profile not found");
/// The refusal of a new password that is the current one.
pub(crate) const SAME: Cell =
    Cell::Own(400, "validation_error", "new_password: This password must not be the same as the current one.");
/// The refusal of send-message for a superadmin.
pub(crate) const NO_WRITER: Cell = Cell::Own(403, "permission_denied", "Only agents and admins can send messages");

/// All owners of sessions. Accounts are only `Mine`, `Colleagues`, `Foreign` or `Absent`.
pub(crate) const EVERY_SESSION: &[Whose] = &[Mine, Done, Queued, Colleagues, Quiet, Foreign, ForeignQuiet, Absent];
/// Sessions that have a handoff.
pub(crate) const HANDOFFS: &[Whose] = &[Mine, Done, Queued, Colleagues, Foreign, Absent];
/// Sessions whose handoff is open.
pub(crate) const OPEN: &[Whose] = &[Mine, Queued, Colleagues, Foreign, Absent];
/// Sessions without an open handoff.
pub(crate) const CLOSED: &[Whose] = &[Done, Quiet, ForeignQuiet, Absent];
/// The owners of agents.
pub(crate) const AGENTS: &[Whose] = &[Mine, Colleagues, Foreign, Absent];
/// The owners of admins, companies and subscriptions.
pub(crate) const COMPANIES: &[Whose] = &[Colleagues, Foreign, Absent];
