//! Companies and their admins, for the superadmin.

use actix_web::{
    HttpRequest,
    web::{self, Json},
};
use identity::{
    Email,
    accounts::Contact,
    admins::{self, AdminFilter, AdminList as _, AdminOrder, CreateAdminError, NewAdmin},
};
use knowledge::markup::neutralise;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use storage::FairnessKey;
use tenancy::{CompanyCode, PlanId, StoreError, UserId, access::Superadmin, audit::Action, plans::Plan};

use super::{
    endpoint::{Endpoint, at},
    sign_in::generate_password,
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Body, Fields, Valid, body},
        created::Created,
        describe::{Field, linked_page, page_size, parameter},
        error::ApiError,
        field_errors::{FieldError, FieldErrors},
        links::Links,
        page::{LinkPage, Paging},
        params::Params,
        rules::{Described, Rule as _, email, integer, name, text},
    },
    views::{AdminRow, AsText, CompanyId, MoneyText},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/auth/create-admin/")
            .post("Opens a company with its first admin, or adds an admin to an existing company.", create)
            .about(
                "The reply shows the generated password, once. With `--require-first-login` it must be replaced \
                 before the first sign-in. `plan_id` is required unless `company_id` is sent.",
            ),
        at("/api/auth/list-admins/")
            .get("Lists the admins of all companies, or shows one.", list)
            .about(
                "Pages: `page` (a number or `last`), `page_size` (10, at most 100). With `admin_id` the reply is \
                 that admin's row instead of a page.",
            )
            .query(parameter("admin_id", "Shows only this admin.", json!({ "type": "integer" })))
            .query(linked_page())
            .query(page_size())
            .query(parameter(
                "search",
                "Part of the name, e-mail address or company code.",
                json!({ "type": "string" }),
            ))
            .query(parameter(
                "ordering",
                "`name`, `email`, `company_id` or `date_joined`; a leading `-` reverses the order.",
                json!({ "type": "string", "default": "-date_joined" }),
            ))
            .refuses(invalid_admin_id())
            .refuses(no_such_admin()),
    ]
}

fn invalid_admin_id() -> ApiError {
    ApiError::bad_request("Invalid admin_id parameter. Must be a number.")
}

fn no_such_admin() -> ApiError {
    ApiError::not_found("Admin not found with the given ID.")
}

body! {
    /// The admin's name and contact data.
    struct AdminBody {
        name: String = name().max(100),
        email: String = email(),
        address: Option<String> = text().optional(),
        contact_person: Option<String> = name().max(100).optional(),
        contact_number: Option<String> = text().max(20).optional(),
        phone_number: Option<String> = text().max(20).optional(),
    }
}

/// A new admin and the company that the admin gets.
struct CreateAdminBody {
    admin: AdminBody,
    target: Target,
}

enum Target {
    NewCompany { plan: i64 },
    Company { code: String, plan: Option<i64> },
}

/// Whether `plan_id` is required depends on `company_id`, so a rule of a single field is not enough.
impl Body for CreateAdminBody {
    const NAMES: Option<&'static [&'static str]> = None;

    fn read(mut fields: Fields<'_>) -> Result<Self, FieldErrors> {
        let target = Target::read(&mut fields);
        match (AdminBody::read(fields), target) {
            (Ok(admin), Ok(target)) => Ok(Self { admin, target }),
            (Ok(_), Err((field, error))) => Err(FieldErrors::of(field, error)),
            (Err(errors), Ok(_)) => Err(errors),
            (Err(mut errors), Err((field, error))) => {
                errors.add(field, error);
                Err(errors)
            }
        }
    }

    fn name() -> String {
        "CreateAdminBody".to_owned()
    }

    fn describe() -> Vec<Field> {
        let field = |name, described: Described| Field { name, schema: described.schema, is_required: false };
        let mut fields = AdminBody::describe();
        fields.push(field("plan_id", integer().optional().describe()));
        fields.push(field("company_id", text().optional().describe()));
        fields
    }
}

impl Target {
    fn read(fields: &mut Fields<'_>) -> Result<Self, (&'static str, FieldError)> {
        let code = text().optional().read(fields, "company_id").map_err(|error| ("company_id", error))?;
        let target = match code.filter(|code| !code.is_empty()) {
            None => integer().read(fields, "plan_id").map(|plan| Self::NewCompany { plan }),
            Some(code) => integer().optional().read(fields, "plan_id").map(|plan| Self::Company { code, plan }),
        };
        target.map_err(|error| ("plan_id", error))
    }
}

#[derive(Serialize, JsonSchema)]
struct CreatedAdmin {
    name: String,
    email: String,
    password: String,
    company_id: CompanyId,
    plan: Option<PlanView>,
}

#[derive(Serialize, JsonSchema)]
struct PlanView {
    id: i64,
    name: &'static str,
    max_agents: i32,
    price: MoneyText,
}

impl From<Plan> for PlanView {
    fn from(plan: Plan) -> Self {
        Self { id: plan.id.get(), name: plan.name.display(), max_agents: plan.max_agents, price: AsText(plan.price) }
    }
}

/// Opens a company with its first admin, or adds an admin to a company, and shows the password once.
async fn create(
    Auth(superadmin): Auth<Superadmin>,
    Valid(CreateAdminBody { admin, target }): Valid<CreateAdminBody>,
    app: web::Data<App>,
) -> Result<Created<CreatedAdmin>, ApiError> {
    let email = Email::parse(&admin.email)?;
    let (password, hash) = generate_password(&app, FairnessKey::Platform).await?;
    let contact = Contact {
        name: neutralise(&admin.name).into_owned(),
        address: admin.address.unwrap_or_default(),
        contact_person: admin.contact_person.unwrap_or_default(),
        contact_number: admin.contact_number.unwrap_or_default(),
        phone_number: admin.phone_number.unwrap_or_default(),
    };
    let first_login = app.require_first_login;
    let (new, now) = (NewAdmin { email: email.clone(), hash, first_login, contact: contact.clone() }, app.now());
    let created = app.db.platform(superadmin, Action::AdminCreated, move |platform| match target {
        Target::NewCompany { plan } => admins::open(platform, new, PlanId::new(plan), now),
        Target::Company { code, plan } => {
            let company = CompanyCode::parse(&code).map_err(|_| CreateAdminError::CompanyInvalid)?;
            admins::join(platform, new, company, plan.map(PlanId::new), now)
        }
    });
    let admins::CreatedAdmin { company, plan, .. } = created.await?;
    Ok(Created(CreatedAdmin {
        name: contact.name,
        email: email.to_string(),
        password: password.expose().to_owned(),
        company_id: AsText(company.code),
        plan: plan.map(PlanView::from),
    }))
}

/// A page of admins, or one admin.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum AdminList {
    One(Box<AdminRow>),
    Page(LinkPage<AdminRow>),
}

/// Lists the admins of all companies, or shows the one that the query names.
async fn list(
    Auth(superadmin): Auth<Superadmin>,
    params: Params,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<Json<AdminList>, ApiError> {
    let now = app.now();
    if let Some(id) = params.integer_or("admin_id", invalid_admin_id)? {
        let admin = app.db.platform_read(superadmin, move |platform| platform.admin(UserId::new(id), now)).await?;
        let admin = admin.ok_or_else(no_such_admin)?;
        return Ok(Json(AdminList::One(Box::new(AdminRow::new(&admin, now)))));
    }
    let paging = Paging::link(&params);
    let filter = AdminFilter {
        search: params.text("search").map(str::to_owned),
        order: params.text("ordering").map_or_else(AdminOrder::default, AdminOrder::parse),
    };
    let read = app.db.platform_read(superadmin, move |platform| {
        paging.fetch(|offset, limit| {
            let count = platform.count_admins(filter.search.as_deref())?;
            Ok::<_, StoreError>((count, platform.page_of_admins(&filter, offset, limit, now)?))
        })
    });
    let page = read.await?.map(|admin| AdminRow::new(&admin, now));
    Ok(Json(AdminList::Page(LinkPage::new(page, &Links::of(&app.public_url, &req, &params))?)))
}

#[cfg(test)]
mod tests {
    use actix_web::{FromRequest as _, test::TestRequest};
    use serde_json::{Value, json};

    use super::*;
    use crate::http::error::Shape;

    async fn read(company: Value, plan: Value) -> Result<CreateAdminBody, ApiError> {
        let mut body = json!({"name": "Tesla Motors", "email": "ann@t.com"});
        for (key, value) in [("company_id", company), ("plan_id", plan)] {
            if value != json!("missing") {
                body[key] = value;
            }
        }
        let (req, mut payload) = TestRequest::default().set_json(body).to_http_parts();
        Valid::from_request(&req, &mut payload).await.map(|Valid(body)| body)
    }

    #[actix_web::test]
    async fn only_an_admin_who_joins_a_company_may_come_without_a_plan() {
        for company in [json!("missing"), json!(null), json!(" ")] {
            let refused = read(company.clone(), json!("missing")).await.err().unwrap();
            assert_eq!(refused.message(), "plan_id: This field is required.");
            let refused = read(company.clone(), json!(null)).await.err().unwrap();
            assert_eq!(refused.message(), "plan_id: This field may not be null.");
            let opens = read(company, json!("7")).await.unwrap().target;
            assert!(matches!(opens, Target::NewCompany { plan: 7 }));
        }
        for plan in [json!("missing"), json!(null)] {
            let joins = read(json!("TES001"), plan).await.unwrap().target;
            assert!(matches!(joins, Target::Company { code, plan: None } if code == "TES001"));
        }
    }

    #[actix_web::test]
    async fn a_missing_plan_is_named_beside_the_other_fields() {
        let refused = Valid::<CreateAdminBody>::extract(&TestRequest::default().to_http_request()).await.err().unwrap();
        let Shape::Fields(errors) = refused.shape() else { panic!("no field errors") };
        let mut wanted = FieldErrors::default();
        for field in ["name", "email", "plan_id"] {
            wanted.add(field, FieldError::new("This field is required."));
        }
        assert_eq!(errors, &wanted);
    }
}
