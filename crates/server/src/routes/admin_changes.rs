//! Changes to existing admins, for the superadmin.

use actix_web::web::{self, Json};
use chatbot::settings::Change;
use identity::{
    Email,
    admins::{self, AdminChange, DeleteAdminError, UpdateAdminError},
};
use knowledge::markup::neutralise;
use schemars::JsonSchema;
use serde::Serialize;
use storage::FairnessKey;
use tenancy::{UserId, access::Superadmin, audit::Action};

use super::{
    endpoint::{Endpoint, at},
    sign_in::generate_password,
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        error::ApiError,
        paths::PathId,
        rules::{email, integer, name, or_reset, text},
    },
    views::{AdminRow, AsText, CompanyId},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/auth/update-admin/{id:[0-9]+}/")
            .update("Changes an admin.", update)
            .about(
                "Only the fields that are sent change; `null` empties a contact field. The company code, role and \
                 username never change. A new name of the company's owner also renames the company.",
            )
            .refuses(UpdateAdminError::NotFound),
        at("/api/auth/delete-admin/{id:[0-9]+}/")
            .delete("Deletes an admin.", delete)
            .about("Deleting a company's last admin closes the company and cancels its subscription.")
            .refuses(DeleteAdminError::NotFound),
        at("/api/auth/reset-admin-password/")
            .post("Gives an admin a generated password, which must be replaced at the next sign-in.", reset_password)
            .about("The reply shows the password, once. All tokens of the admin end."),
    ]
}

body! {
    /// The changes to an admin.
    struct UpdateAdminBody {
        name: Option<String> = name().max(100).optional().not_null().not_blank(),
        email: Option<String> = email().optional().not_null().not_blank(),
        first_name: Change<String> = or_reset(name().max(150)),
        last_name: Change<String> = or_reset(name().max(150)),
        address: Change<String> = or_reset(text()),
        contact_person: Change<String> = or_reset(name().max(100)),
        contact_number: Change<String> = or_reset(text().max(20)),
        phone_number: Change<String> = or_reset(text().max(20)),
    }
}

body! {
    /// The admin who needs a new password.
    struct ResetAdminBody {
        admin_id: i64 = integer(),
    }
}

impl TryFrom<UpdateAdminBody> for AdminChange {
    type Error = ApiError;

    fn try_from(body: UpdateAdminBody) -> Result<Self, ApiError> {
        Ok(Self {
            name: body.name.as_deref().map(plain),
            email: body.email.as_deref().map(Email::parse).transpose()?,
            first_name: emptied(body.first_name).as_deref().map(plain),
            last_name: emptied(body.last_name).as_deref().map(plain),
            address: emptied(body.address),
            contact_person: emptied(body.contact_person),
            contact_number: emptied(body.contact_number),
            phone_number: emptied(body.phone_number),
        })
    }
}

/// Neutralises the markup in a name; see docs/compatibility.md, Markup.
fn plain(name: &str) -> String {
    neutralise(name).into_owned()
}

/// Returns the new text, if it changes. A reset empties it.
fn emptied(change: Change<String>) -> Option<String> {
    match change {
        Change::Keep => None,
        Change::Reset => Some(String::new()),
        Change::To(text) => Some(text),
    }
}

#[derive(Serialize, JsonSchema)]
struct UpdatedAdmin {
    message: &'static str,
    admin: AdminRow,
}

#[derive(Serialize, JsonSchema)]
struct DeletedAdminReply {
    message: &'static str,
    deleted_admin: DeletedAdmin,
    company_closed: bool,
}

/// The admin before the deletion.
#[derive(Serialize, JsonSchema)]
struct DeletedAdmin {
    id: i64,
    name: String,
    email: String,
    company_id: Option<CompanyId>,
}

impl From<admins::DeletedAdmin> for DeletedAdminReply {
    fn from(admins::DeletedAdmin { admin, company_closed }: admins::DeletedAdmin) -> Self {
        Self {
            // Existing clients look for the first sentence.
            message: if company_closed {
                "Admin deleted successfully. This was the last admin, so the company was closed and its \
                 subscription cancelled."
            } else {
                "Admin deleted successfully"
            },
            deleted_admin: DeletedAdmin {
                id: admin.user.get(),
                name: admin.contact.map(|contact| contact.name).unwrap_or_default(),
                email: admin.email.to_string(),
                company_id: admin.company.map(|company| AsText(company.code)),
            },
            company_closed,
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct AdminPasswordReset {
    message: &'static str,
    email: String,
    new_password: String,
}

/// Changes the fields of an admin that are sent.
async fn update(
    Auth(superadmin): Auth<Superadmin>,
    PathId(id): PathId,
    Valid(body): Valid<UpdateAdminBody>,
    app: web::Data<App>,
) -> Result<Json<UpdatedAdmin>, ApiError> {
    let (change, now) = (AdminChange::try_from(body)?, app.now());
    let updated = app.db.platform(superadmin, Action::AdminUpdated, move |platform| {
        admins::update(platform, UserId::new(id), change, now)
    });
    let admin = AdminRow::new(&updated.await?, now);
    app.hub.staff_changed(None);
    Ok(Json(UpdatedAdmin { message: "Admin updated successfully", admin }))
}

/// Deletes an admin, and closes the company if this was its last admin.
async fn delete(
    Auth(superadmin): Auth<Superadmin>,
    PathId(id): PathId,
    app: web::Data<App>,
) -> Result<Json<DeletedAdminReply>, ApiError> {
    let now = app.now();
    let deleted = app
        .db
        .platform(superadmin, Action::AdminDeleted, move |platform| admins::delete(platform, UserId::new(id), now))
        .await?;
    app.hub.staff_changed(None);
    Ok(Json(deleted.into()))
}

/// Gives an admin a generated password and shows it once.
async fn reset_password(
    Auth(superadmin): Auth<Superadmin>,
    Valid(body): Valid<ResetAdminBody>,
    app: web::Data<App>,
) -> Result<Json<AdminPasswordReset>, ApiError> {
    let (user, now) = (UserId::new(body.admin_id), app.now());
    let (password, hash) = generate_password(&app, FairnessKey::Platform).await?;
    let reset = app.db.platform(superadmin, Action::PasswordReset, move |platform| {
        admins::reset_password(platform, user, &hash, now)
    });
    let email = reset.await?;
    app.hub.staff_changed(None);
    Ok(Json(AdminPasswordReset {
        message: "Password reset successfully",
        email: email.to_string(),
        new_password: password.expose().to_owned(),
    }))
}
