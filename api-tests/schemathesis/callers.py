"""Hooks for schemathesis: calls by every role in turn, and identifiers of existing objects."""

import itertools
import pathlib
import sys

import requests
import schemathesis

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from company import PASSWORD, Company, email, superadmin  # noqa: E402  (needs the path above)

ROLES = ("SUPERADMIN", "ADMIN", "AGENT")


class Staff:
    """The current tokens of the callers."""

    def __init__(self):
        self.root = self.works = None

    def company(self):
        self.works = self.works or Company()
        return self.works

    def token(self, role):
        if role == "SUPERADMIN":
            self.root = self.root or superadmin("root")
            return self.root
        return self.company().admin if role == "ADMIN" else self.company().agent

    def forget(self, token):
        """Drops an ended token: the superadmin signs in again, or a new company is made."""
        if token == self.root:
            self.root = None
        elif self.works and token in (self.works.admin, self.works.agent):
            self.works = None


STAFF = Staff()
CYCLES = {}


def next_choice(case, purpose, choices):
    """Returns the next of these choices. Each operation has its own cycle, so that runs are reproducible."""
    return next(CYCLES.setdefault((case.operation.label, purpose), itertools.cycle(choices)))


@schemathesis.auth(refresh_interval=None)
class Bearer:
    """Cycles through the roles: three times those that may call the operation, then every role once."""

    def get(self, case, context):
        definition = context.operation.definition.raw
        if not definition.get("security"):
            return None
        may = tuple(definition.get("x-roles") or ROLES)
        return STAFF.token(next_choice(case, "role", may * 3 + ROLES))

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


def named(path, name, works):
    """Returns an existing value for a field or parameter, a new one if the call uses it up."""
    match name:
        case "username" | "email" if "login" in path and "first" not in path:
            return works.login
        case "email":
            return email()
        case "password":
            return PASSWORD
        case "refresh":
            return works.sign_in()["refresh"]
        case "file" if "docs" in path:
            return "start.js"
        case "session_id":
            if "desk/sessions" in path:
                return works.new_waiting() if path.rstrip("/").endswith(("claim", "transfer")) else works.session
            return works.new_session() if "escalate" in path else works.session
        case "company_id":
            return works.id
        case "handoff_session_id":
            return works.new_handoff() if "resolve" in path else works.handoff
        case "attachment_ids":
            return [works.file["id"]]
        case "plan_id":
            return works.plan
        case "new_plan_id":
            return works.new_plan()
        case "assignment_id":
            return works.new_assignment()
        case "agent_id":
            return works.new_agent() if "reset" in path else works.agent_id
        case "admin_id":
            return works.new_admin() if "reset" in path else works.admin_id
        case "user_id":
            return works.admin_id
        case "id" if "user-profiles" in path:
            return works.new_profile() if "delete" in path else works.profile
        case "id" if "unanswered" in path:
            return works.new_question()
        case "id" if "golden" in path:
            return works.new_golden()
        case "expect":
            return works.new_entry()
        case "id" if "replies" in path:
            return works.new_reply()
        case "id" if "agent" in path:
            return works.new_agent()
        case "id":
            return works.new_admin() if "delete" in path or "update" in path else works.admin_id
        case "chunk_id":
            return works.new_entry() if "entries/" in path.removesuffix("/") else None
        case "path":
            return works.file["file_url"].split("?")[0].removeprefix("/media/")
        case _:
            return None


@schemathesis.hook
def before_call(context, case, kwargs):
    """Puts existing identifiers into two of three valid calls; the others keep the generated values."""
    mode = case.meta.generation.mode if case.meta else None
    if mode is None or not mode.is_positive or not next_choice(case, "named", (True, True, False)):
        return
    for part in (case.path_parameters, case.query, case.body):
        for name in list(part) if isinstance(part, dict) else ():
            try:
                value = named(case.path, name, STAFF.company())
            except requests.HTTPError:
                # An earlier call has deleted or disabled the company.
                STAFF.works = None
                value = named(case.path, name, STAFF.company())
            if value is not None:
                part[name] = value


@schemathesis.hook
def after_call(context, case, response):
    """Drops a token that was refused, or that the call has revoked."""
    sent = response.request.headers.get("Authorization", "").removeprefix("Bearer ")
    ending = ("/logout-all", "/agent-logout", "/change-password")
    ends = any(part in case.path for part in ending) and response.status_code == 200
    if ends or response.status_code == 401:
        STAFF.forget(sent)
