//! The caller of a connection to one session, and the messages that the caller may read.

use actix_web::{HttpRequest, web};
use handoff::{
    live::{self, Batch},
    visitor::Window,
};
use storage::Place;
use tenancy::{
    CompanyCode, SessionId,
    access::{self, SessionAccess, Staff, Visitor},
};

use crate::{
    app::App,
    http::error::ApiError,
    realtime::Occupant,
    routes::sockets::{
        entry::{Closing, Refusal, SignIn},
        frames::Of,
    },
    views::FileLinks,
};

/// Who has opened the connection.
#[derive(Clone)]
pub(super) enum Party {
    /// Somebody who holds the session's id.
    Visitor(Visitor),
    /// Staff with a token.
    Staff(SignIn, Staff),
}

impl Party {
    /// Returns who the caller is among those who are connected to the session.
    pub(super) fn occupant(&self) -> Occupant {
        match self {
            Self::Visitor(_) => Occupant::Visitor,
            Self::Staff(_, Staff::Agent(agent)) => {
                Occupant::Staff { user: agent.user(), name: agent.name().to_owned() }
            }
            Self::Staff(_, Staff::Admin(admin)) => {
                Occupant::Staff { user: admin.user(), name: admin.name().to_owned() }
            }
            Self::Staff(_, Staff::Superadmin(_)) => Occupant::Superadmin,
        }
    }
}

/// What is needed to handle the frames of a connection.
pub(super) struct Caller {
    pub(super) app: web::Data<App>,
    pub(super) req: HttpRequest,
    pub(super) session: SessionAccess,
}

impl Caller {
    pub(super) fn of(&self) -> Of {
        Of { company: self.session.scope().company(), session: self.session.id() }
    }

    pub(super) fn links(&self) -> FileLinks<'_> {
        self.app.file_links(&self.req, self.app.now())
    }

    /// Reads the messages of a window, as `party` may see them.
    pub(super) async fn read(&self, party: &Party, window: Window) -> Result<Batch, Refusal> {
        let (app, id, now) = (&self.app, self.session.id(), self.app.now());
        let (read, unseen) = match party {
            Party::Visitor(visitor) => {
                let read = app.db.read(visitor.clone(), move |store| live::of_visitor(store, window, now)).await;
                (read, Refusal::absent())
            }
            Party::Staff(_, staff) => {
                let unseen = if matches!(staff, Staff::Agent(_)) { Refusal::forbidden() } else { Refusal::absent() };
                let read = move |store: &mut storage::CompanyStore<'_, _>| live::of_staff(store, id, window, now);
                (app.desk_read(staff.clone(), Place::Session(id), read).await.map(Option::flatten), unseen)
            }
        };
        read.map_err(ApiError::from)?.ok_or(unseen)
    }
}

/// Finds a session of an active company.
pub(super) async fn locate(
    app: &App,
    company: CompanyCode,
    session: SessionId,
) -> Result<(Visitor, SessionAccess), Refusal> {
    let located = app.lobby_of(company, move |lobby| access::visitor(lobby, Some(company), Some(session))).await;
    let visitor = located.map_err(|refused| match refused {
        access::Refused::Store(error) => Refusal::from(ApiError::from(error)),
        refused => Refusal::new(Closing::Absent, refused),
    })?;
    let access = visitor.session().ok_or_else(Refusal::absent)?;
    Ok((visitor, access))
}
