"""A company with an object of every kind that a call can name."""

import itertools
import os

import requests

SERVER = os.environ["SWITCHBOARD_URL"]
PASSWORD = "A-long-enough-phrase"
NUMBERS = itertools.count(1)


def call(method, path, token=None, **more):
    """Calls an operation, which must succeed."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    reply = requests.request(method, f"{SERVER}/api/{path}/", headers=headers, timeout=10, **more)
    reply.raise_for_status()
    return reply.json()


def post(path, token=None, **body):
    return call("POST", path, token, json=body)


def email():
    return f"fuzz{next(NUMBERS)}-{os.getpid()}@works.example"


def superadmin(username):
    """Returns a new token of a superadmin; both superadmins have the same password."""
    return post("auth/login", username=username, password=os.environ["SUPERADMIN_PASSWORD"])["access"]


class Company:
    """One company. Generated calls may delete or disable it; then the hooks make another one."""

    def __init__(self):
        # A second superadmin, because generated calls may end the tokens of the first.
        self.root = superadmin("keeper")
        self.plan = self.new_plan()
        opened = post("auth/create-admin", self.root, name="Fuzz Works", email=email(), plan_id=self.plan)
        self.id = opened["company_id"]
        signed_in = post("auth/login", username=opened["email"], password=opened["password"])
        self.admin, self.admin_id = signed_in["access"], signed_in["user"]["id"]
        self.agent_id, login = self.hire()
        choice = {"new_password": PASSWORD, "confirm_password": PASSWORD}
        post("admin-dashboard/agent-first-login", email=login[0], current_password=login[1], **choice)
        self.login = login[0]
        self.agent = self.sign_in()["access"]
        self.session = self.new_session()
        self.profile = self.new_profile(self.session)
        self.handoff = self.new_handoff(self.session)
        post("human-handoff/assign", self.admin, handoff_session_id=self.handoff, agent_id=self.agent_id)
        place = {"session_id": self.session, "company_id": self.id}
        self.file = call("POST", "chatbot/upload", data=place, files={"file": ("note.txt", b"A note.")})

    def sign_in(self):
        """Signs the agent in and returns its tokens."""
        return post("auth/login", username=self.login, password=PASSWORD)

    def new_plan(self):
        return post("auth/create-plan", self.root, plan_name="basic", max_agents=10_000, price="1.00")["id"]

    def hire(self):
        person = {"name": "Fay Fuzz", "phone": "555-0100", "specialization": "All"}
        hired = post("admin-dashboard/create-agent", self.admin, email=email(), **person)
        return hired["agent"]["id"], (hired["email"], hired["password"])

    def new_agent(self):
        return self.hire()[0]

    def new_admin(self):
        added = post("auth/create-admin", self.root, name="Al Added", email=email(), company_id=self.id)
        return post("auth/login", username=added["email"], password=added["password"])["user"]["id"]

    def new_session(self):
        return post("chatbot/chat", message="Hello", company_id=self.id)["session_id"]

    def new_profile(self, session=None):
        visitor = {"session_id": session or self.new_session(), "name": "Vi Visitor", "phone": "9841234567"}
        return post("chatbot/create-profile", **visitor)["profile"]["id"]

    def new_handoff(self, session=None):
        session = session or self.new_session()
        return post("human-handoff/escalate", self.admin, session_id=session, reason="Why not")["handoff_session"]["id"]

    def new_entry(self):
        entry = {"question": "When do you open?", "answer": "At nine.", "document": "Handbook"}
        return post("knowledge/entries", self.admin, **entry)["chunk_id"]

    def new_question(self):
        """Returns the id of a group of open questions, if there is one: generated settings may have the bot answer all."""
        post("chatbot/chat", message=f"Do you sell chains{next(NUMBERS)}?", company_id=self.id)
        groups = call("GET", "knowledge/unanswered", self.admin)["results"]
        return groups[0]["id"] if groups else None

    def new_golden(self):
        question = f"Do you sell boats{next(NUMBERS)}?"
        return post("knowledge/golden", self.admin, question=question, expect="clarify")["id"]

    def new_waiting(self):
        session = self.new_session()
        self.new_handoff(session)
        return session

    def new_reply(self):
        # Agents and admins both try it; it is the admin's, and so the company's.
        name = f"r{next(NUMBERS)}"
        return post("desk/replies", self.admin, shortcut=name, title="A", text="B", scope="company")["id"]

    def new_assignment(self):
        """Returns the subscription of a new company, for renewal or cancellation."""
        opened = post("auth/create-admin", self.root, name="Sub Works", email=email(), plan_id=self.plan)
        admin = post("auth/login", username=opened["email"], password=opened["password"])["user"]["id"]
        found = call("GET", "auth/list-admins", self.root, params={"admin_id": admin})
        return found["current_plan"]["assignment_id"]
