//! Management of admins and subscriptions by the superadmin, and calls for the caller's own tokens.

use reqwest::Method;
use serde_json::{Value, json};

use super::Caller;
use crate::Call;

/// Existing admins, subscriptions, and the caller's tokens.
pub trait CompanyCalls: Caller {
    /// `PATCH auth/update-admin/{id}/`
    fn update_admin(&self, admin: i64, body: &Value) -> Call {
        self.client().call(Method::PATCH, &format!("/api/auth/update-admin/{admin}/")).json(body)
    }

    /// `DELETE auth/delete-admin/{id}/`
    fn delete_admin(&self, admin: i64) -> Call {
        self.client().call(Method::DELETE, &format!("/api/auth/delete-admin/{admin}/"))
    }

    /// `POST auth/reset-admin-password/`
    fn reset_admin_password(&self, admin: i64) -> Call {
        self.client().post("/api/auth/reset-admin-password/", &json!({"admin_id": admin}))
    }

    /// `GET auth/list-user-plan-assignments/`
    fn list_assignments(&self, query: &[(&str, &str)]) -> Call {
        self.client().get("/api/auth/list-user-plan-assignments/").query(query)
    }

    /// `POST auth/change-admin-plan/{id}/`
    fn change_admin_plan(&self, admin: i64, body: &Value) -> Call {
        self.client().post(&format!("/api/auth/change-admin-plan/{admin}/"), body)
    }

    /// `POST auth/cancel-subscription/`
    fn cancel_subscription(&self, body: &Value) -> Call {
        self.client().post("/api/auth/cancel-subscription/", body)
    }

    /// `POST auth/renew-subscription/`
    fn renew_subscription(&self, body: &Value) -> Call {
        self.client().post("/api/auth/renew-subscription/", body)
    }

    /// `POST auth/upgrade-plan/`
    fn upgrade_plan(&self, body: &Value) -> Call {
        self.client().post("/api/auth/upgrade-plan/", body)
    }

    /// `POST auth/change-password/`
    fn change_password(&self, current: &str, new: &str) -> Call {
        let body = json!({"current_password": current, "new_password": new});
        self.client().post("/api/auth/change-password/", &body)
    }

    /// `POST auth/logout-all/`
    fn logout_all(&self) -> Call {
        self.client().call(Method::POST, "/api/auth/logout-all/")
    }

    /// `POST auth/ws-ticket/`
    fn ws_ticket(&self) -> Call {
        self.client().call(Method::POST, "/api/auth/ws-ticket/")
    }
}

impl<C: Caller + ?Sized> CompanyCalls for C {}
