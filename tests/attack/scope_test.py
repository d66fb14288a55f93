"""Two studies, two sponsors, a site and an auditor at one notary: what is out of a token's scope is answered, octet for
octet, as what is not there (docs/decisions/0028-what-is-out-of-scope-is-unknown.md), and the audit trail tells the truth.

  TRIALNOTARY=... scope_test.py
"""
import json, os, sys, tempfile, time, urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "service"))
from records import Stream, h256, line, multipart, nonce
from service import Service

NDJSON = "application/x-ndjson"
PARTIES = {"acme": "sponsor", "beta": "sponsor", "gamma": "sponsor", "site": "site", "audit-co": "auditor", "ops": "operator"}
TOKENS = {
    "acme": ["acme", "--study", "SA"], "beta": ["beta", "--study", "SB"], "both": ["beta"], "all": ["gamma"],
    "gamma": ["gamma", "--study", "SB"], "gamma-erase": ["gamma", "--right", "erase"],
    "feed": ["beta", "--study", "SB", "--right", "submit"],
    "site": ["site", "--study", "SB", "--kind", "consent", "--kind", "withdrawal"],
    "auditor": ["audit-co", "--study", "SB"], "ops": ["ops"],
}
FORM = {"schema": "trialnotary/details/consent-form/1", "language": "en", "population": "adult",
        "permissions": [{"name": "participation", "purpose": "the trial", "required": True}]}
# Every kind with links that could lead somewhere, or nowhere
TRIED = [("protocol", "supersedes"), ("protocol", "amends"), ("amendment", "amends"), ("ethics-approval", "approves"),
    ("ethics-approval", "countersigns"), ("consent-form", "uses"), ("consent-form", "supersedes"), ("consent", "uses"),
    ("consent", "supersedes"), ("re-consent", "supersedes"), ("withdrawal", "withdraws"), ("access-grant", "grants"),
    ("access-event", "accesses"), ("dataset", "derives-from"), ("dataset", "uses"), ("results", "reports"),
    ("results", "derives-from"), ("database-lock", "locks"), ("product-custody", "transfers"), ("erasure", "erases"),
    ("other", "countersigns"), ("other", "uses"), ("dose-log", "uses"), ("dose-log", "supersedes")]
PERSONAL = {"consent", "re-consent", "withdrawal", "access-grant", "access-event"}


def said(name, **fields):
    return ("details.json", line({"schema": f"trialnotary/details/{name}/1", **fields}))


class Test:
    def __init__(self, work):
        self.count, self.faults = 0, 0
        self.service = Service(os.path.join(work, "notary"), seal_ms=3600000, keep_documents=1)
        for name, role in PARTIES.items():
            self.service.party(name, role)
        made = {name: self.service.token(*words) for name, words in TOKENS.items()}
        self.tokens = {name: m["token"] for name, m in made.items()}
        self.service.start()
        self.streams = {}

    def check(self, good, text):
        self.count += 1
        if not good:
            self.faults += 1
            print(f"FAILED: {text}"[:2000], flush=True)

    def send(self, method, target, token, body=None, type=None, headers=()):
        fields = list(headers) + [("Authorization", "Bearer " + self.tokens[token])]
        return self.service.send(method, target, body, fields + ([("Content-Type", type)] if type else []))

    def post(self, token, submission):
        return self.send("POST", "/v1/records", token, line(submission), "application/json")

    def json(self, status, *what, **more):
        answer = self.send(*what, **more)
        self.check(answer.status == status, f"{what}: {answer.status}, not {status}: {answer.body!r}")
        return json.loads(answer.body)

    def stream(self, token, study):
        return self.streams.setdefault((TOKENS[token][0], study), Stream(study))

    def submit(self, token, study, **more):
        """A good record; its ID."""
        s = self.stream(token, study)
        made = s.make(**more)
        answer = self.post(token, made)
        self.check(answer.status == 201, f"{token} in {study}: {more}: {answer.status} {answer.body!r}")
        return s.take(made)["entry"]["sha256"]

    def seal(self):
        size = self.json(200, "GET", "/v1/log", "ops")["size"]
        self.send("POST", "/v1/seal", "ops")
        for _ in range(600):
            log = self.json(200, "GET", "/v1/log", "ops")
            if log["sealed"] == log["size"] > size:
                return
            time.sleep(0.05)
        self.check(False, "nothing is sealed")

    def same(self, what, answer, id_, nothing, no_id):
        """All of two answers but the time: with the IDs that were asked for taken out, not one octet differs."""
        a, b = (([x.status, sorted((k, v) for k, v in x.headers.items() if k != "date")], x.body.replace(i.encode(), b"ID"))
            for x, i in ((answer, id_), (nothing, no_id)))
        self.check(a == b, f"{what}: {a} is not {b}")


def personal(kind):
    return {"hidden": True} if kind in PERSONAL else {}


def make_study(t, token, study):
    """Records of every state that somebody could want to know."""
    r, put = {}, lambda **more: t.submit(token, study, **more)
    r["protocol"] = put(documents=[("p.txt", b"protocol " + study.encode())])
    r["superseded"] = put(documents=[("p1.txt", b"1")])
    put(documents=[("p2.txt", b"2")], links=[("supersedes", r["superseded"])])
    r["form"] = put(kind="consent-form", documents=[said("consent-form", **{k: v for k, v in FORM.items() if k != "schema"}), ("f.txt", b"f")])
    r["approval"] = put(kind="ethics-approval", links=[("approves", r["form"])],
        documents=[said("ethics-approval", committee="Board", decision="approved")])
    r["unapproved"] = put(kind="consent-form", documents=[("f2.txt", b"f2")])
    r["rejected"] = put(kind="consent-form", documents=[("f3.txt", b"f3")])
    put(kind="ethics-approval", links=[("approves", r["rejected"])],
        documents=[said("ethics-approval", committee="Board", decision="rejected")])
    r["consent"] = put(kind="consent", hidden=True, documents=[("c1.txt", b"c1 " + study.encode())], links=[("uses", r["form"])])
    r["withdrawn"] = put(kind="consent", hidden=True, documents=[("c2.txt", b"c2")], links=[("uses", r["form"])])
    put(kind="withdrawal", documents=[], links=[("withdraws", r["withdrawn"])])
    r["dataset"] = put(kind="dataset", documents=[("d.csv", b"d " + study.encode())])
    r["results"] = put(kind="results", documents=[("r.txt", b"r")], links=[("reports", r["protocol"])])
    r["schema"] = put(kind="schema", documents=[said("schema", kind="dose-log", rules="rules.json", personal=False),
        ("rules.json", line({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}))])
    r["erased"] = put(kind="dataset", documents=[("e.csv", b"e")])
    t.check(t.send("DELETE", "/v1/records/" + r["erased"], token).status == 200, "nothing was erased")
    shown = t.json(200, "GET", "/v1/records/" + r["erased"], token)
    t.check(shown["state"] == "erased", f"its submitter sees that it was erased: {shown}")
    return r


# ---- reading ----

def asks(t, token, id_):
    """Every path of a record, each in the ways that could tell."""
    at = "/v1/records/" + id_
    for target in (at, at + "?wait=30", at + "/receipt", at + "/bundle", at + "/bundle?wait=30"):
        yield target, t.send("GET", target, token)
    yield "If-None-Match", t.send("GET", at + "/bundle", token, headers=[("If-None-Match", "*")])
    yield "DELETE", t.send("DELETE", at, token)
    yield "HEAD", t.send("HEAD", at, token)
    yield "PUT", t.send("PUT", at, token, b"", "text/plain")


def reading(t, targets, tokens, links=("uses", "supersedes", "reports", "approves", "withdraws")):
    for token in tokens:
        none = nonce()
        nothing = [a for _, a in asks(t, token, none)]
        t.check(nothing[0].status == 404, f"a record that is not there: {nothing[0].status}")
        for name, id_ in targets.items():
            began = time.monotonic()
            for (what, answer), other in zip(asks(t, token, id_), nothing):
                t.same(f"{token} asks for {name}: {what}", answer, id_, other, none)
            t.check(time.monotonic() - began < 20, f"{token} waited for {name}")
        for what in targets.values():
            for link in links:
                t.same(f"{token} searches {link}", t.send("GET", f"/v1/records?link={link}:{what}", token), what,
                    t.send("GET", f"/v1/records?link={link}:{none}", token), none)


def searching(t, records):
    for token in ("beta", "auditor"):
        for text in (b"protocol SA", b"c1 SA", b"d SA"):
            a, b = (t.send("GET", "/v1/records?sha256=" + h, token) for h in (h256(text), nonce()))
            t.same(f"{token} searches {text}", a, "-", b, "-")
        studies = [t.send("GET", "/v1/records?study=" + s, token) for s in ("SA", "SX", "notary-audit")]
        t.check(studies[0].status == 403, "the timeline of another study")
        for other in studies[1:]:
            t.same(f"{token} asks for timelines", studies[0], "-", other, "-")
        seen = {r["study"] for r in t.json(200, "GET", "/v1/records?limit=1000", token)["records"] if "study" in r}
        t.check(seen == {"SB"}, f"the timeline of all studies for {token}: {seen}")
    a, b = (t.send("GET", "/v1/stream?study=" + s, "beta") for s in ("SA", "SX"))
    t.same("streams", a, "-", b, "-")
    t.check(records["protocol"] not in str(t.send("GET", "/v1/records", "beta").body), "the timeline shows another study")


def crowd(t, sa):
    """More records with one document and one link than a turn looks at: neither a page nor a cursor tells of them."""
    s = t.stream("acme", "SA")
    lines = [line(s.take(s.make(kind="consent", hidden=True, documents=[("blank.txt", b"blank")], links=[("uses", sa["form"])])))
        for _ in range(2100)]
    got = t.send("POST", "/v1/records/bulk", "acme", b"".join(lines), NDJSON)
    t.check(got.body.count(b'"accepted"') == 2100, "a crowd was not taken")
    r = t.json(200, "GET", f"/v1/records?link=uses:{sa['form']}&limit=1000", "acme")
    t.check(len(r["records"]) == 1000 and "next" in r, "its submitter finds the crowd")
    for token in ("beta", "auditor"):
        none = nonce()
        t.same("a search for a crowd", t.send("GET", f"/v1/records?link=uses:{sa['form']}", token), sa["form"],
            t.send("GET", f"/v1/records?link=uses:{none}", token), none)
        t.same("a search for what a crowd hides", t.send("GET", "/v1/records?sha256=" + h256(b"blank"), token), "-",
            t.send("GET", "/v1/records?sha256=" + none, token), "-")
    t.submit("beta", "SB", documents=[("blank.txt", b"blank")])
    r = t.json(200, "GET", "/v1/records?sha256=" + h256(b"blank"), "auditor")
    t.check([x["study"] for x in r["records"]] == ["SB"] and "next" not in r, f"what comes after the crowd is found: {r}")


# ---- linking ----

def makes(t, token, study, kind, link, target, wrong_place=False):
    """A record with this link; nothing of it tells one target from another but the ID."""
    move = (lambda p: p["place"].update(seq=p["place"]["seq"] + 7)) if wrong_place else None
    links = [(link, target)]
    if kind == "dose-log" and link != "uses":
        links.append(("uses", t.sb["schema"]))
    return t.stream(token, study).make(kind=kind, links=links, documents=[("x.txt", b"x")], edit=move, **personal(kind))


def linking(t, token, targets, tried):
    """Alone, with documents, and among many: no link to these is taken, and all are refused as one to nothing is."""
    def size(): return t.json(200, "GET", "/v1/log", "ops")["size"], t.send("GET", "/v1/stream?study=SB", token).body
    before = size()
    for kind, link in tried:
        none = nonce()
        nothing = t.post(token, makes(t, token, "SB", kind, link, none))
        code = json.loads(nothing.body)["code"]
        t.check(code in ("UNKNOWN_RECORD", "NOTHING_TO_WITHDRAW") and none.encode() in nothing.body,
            f"{kind} {link} nothing: {nothing.body!r}")
        lines = []
        for name, id_ in targets.items():
            for wrong_place in (False, True):
                answer = t.post(token, makes(t, token, "SB", kind, link, id_, wrong_place))
                t.same(f"{token}: {kind} {link} {name}", answer, id_, nothing, none)
            lines.append((id_, makes(t, token, "SB", kind, link, id_)))
        if kind == "dataset":
            for id_ in list(targets.values())[:3]:
                got = [t.send("POST", "/v1/records", token, *with_documents(t, token, kind, link, i)) for i in (id_, none)]
                t.same(f"{token}: {kind} {link} with documents", got[0], id_, got[1], none)
        lines.append((none, makes(t, token, "SB", kind, link, none)))
        got = t.send("POST", "/v1/records/bulk", token, b"".join(line(m) for _, m in lines), NDJSON)
        answers = {a.replace(id_.encode(), b"ID") for a, (id_, _) in zip(got.body.splitlines(), lines)}
        t.check(got.status == 200 and len(got.body.splitlines()) == len(lines) and len(answers) == 1,
            f"{token}: many {kind} {link}: {answers}")
    t.check(size() == before, f"{token}: something was stored")


def with_documents(t, token, kind, link, target):
    s = t.stream(token, "SB").make(kind=kind, links=[(link, target)], documents=[("x.txt", b"x")], keep=True)
    return multipart(s, [("x.txt", b"x")])


def several_links(t, sa):
    """A good link beside, before and after it changes nothing; nor does what else is wrong with the good one."""
    none = nonce()
    for good in (t.sb["protocol"], t.sb["superseded"], t.sb["consent"]):
        for first, second in (("supersedes", "uses"), ("uses", "supersedes")):
            got = []
            for id_ in (sa["protocol"], sa["erased"], sa["consent"], none):
                s = t.stream("beta", "SB").make(kind="other", links=[(first, good), (second, id_)])
                got.append((t.post("beta", s), id_))
            for answer, id_ in got[:-1]:
                t.same("two links", answer, id_, got[-1][0], none)


def allowed(t, sa, sb):
    """What stays possible: links across studies for who may read both, and what a token of few kinds is for."""
    r = t.submit("both", "SB", kind="results", documents=[("m.txt", b"m")], links=[("derives-from", sa["dataset"])])
    shown = t.json(200, "GET", "/v1/records/" + r, "beta")
    t.check(shown["links"] == [{"type": "derives-from", "record": sa["dataset"]}], f"a record that derives: {shown}")
    t.submit("both", "SB", kind="dose-log", documents=[("l.txt", b"l")], links=[("uses", sb["schema"])])
    got = t.post("both", t.stream("both", "SB").make(kind="dose-log", documents=[("l.txt", b"l")], links=[("uses", sa["schema"])]))
    t.check(json.loads(got.body)["code"] == "LINK_SHAPE" and b"another study" in got.body, f"a kind of another study: {got.body!r}")
    for token in ("both", "beta"):
        code = lambda **more: json.loads(t.post(token, t.stream(token, "SB").make(**more)).body)["code"]
        t.check(code(links=[("supersedes", sb["consent"])]) == "LINK_SHAPE", "a link that makes no sense")
        t.check(code(kind="consent", hidden=True, links=[("uses", sb["unapproved"])]) == "FORM_UNAPPROVED", "a form that nobody approved")
        t.check(code(links=[("supersedes", sb["superseded"])]) == "VERSION_ORDER", "a second successor")


def few_kinds(t, sb):
    """A site's token for consents and withdrawals names the form and the consent, and learns of nothing else in its study."""
    consent = t.submit("site", "SB", kind="consent", hidden=True, links=[("uses", sb["form"])])
    t.submit("site", "SB", kind="consent", hidden=True, links=[("uses", sb["form"]), ("supersedes", consent)])
    code = lambda **more: json.loads(t.post("site", t.stream("site", "SB").make(hidden=True, **more)).body)["code"]
    t.check(code(kind="consent", links=[("uses", sb["unapproved"])]) == "FORM_UNAPPROVED", "its form has no approval")
    t.check(code(kind="withdrawal", links=[("withdraws", sb["withdrawn"])]) == "NOTHING_TO_WITHDRAW", "it is withdrawn")
    t.submit("site", "SB", kind="withdrawal", documents=[], links=[("withdraws", consent)])
    hidden = {k: sb[k] for k in ("protocol", "approval", "dataset", "results", "schema", "erased", "superseded")}
    linking(t, "site", hidden, [("consent", "uses"), ("consent", "supersedes"), ("withdrawal", "withdraws"), ("withdrawal", "uses")])
    linking(t, "site", {k: sb[k] for k in ("form", "unapproved", "rejected")}, [("consent", "supersedes"), ("withdrawal", "withdraws")])


def feed(t, sb, sa):
    """A token that only submits: links that fit are taken; of what does not, it is told what its own records are alone."""
    theirs = t.submit("all", "SB", documents=[("gamma.txt", b"gamma")])
    own = t.submit("feed", "SB", documents=[("own.txt", b"own")])
    linking(t, "feed", {"gamma's": theirs, **sa}, [("consent", "supersedes"), ("dataset", "derives-from"), ("withdrawal", "withdraws")])
    got = t.post("feed", t.stream("feed", "SB").make(kind="dataset", links=[("derives-from", own)]))
    t.check(json.loads(got.body)["code"] == "LINK_SHAPE", f"its own record is hidden from it: {got.body!r}")
    t.submit("feed", "SB", documents=[("next.txt", b"next")], links=[("supersedes", theirs)])
    for id_ in (theirs, nonce()):
        t.check(t.send("GET", "/v1/records/" + id_, "feed").status == 403, "a token that may not read has its 403")
    none = nonce()
    t.same("who may erase, and read nothing", t.send("DELETE", "/v1/records/" + sa["protocol"], "gamma-erase"), sa["protocol"],
        t.send("DELETE", "/v1/records/" + none, "gamma-erase"), none)
    t.check(t.send("DELETE", "/v1/records/" + sa["protocol"], "all").status == 403, "who reads a record is told that it is another's")


# ---- what the operator sees ----

def trail(t, sa):
    """Each attempt is an event that says what was asked for and that it was denied; gamma has asked for nothing before."""
    last = t.json(200, "GET", "/v1/audit/events?limit=1000", "ops")
    while "next" in last:
        after, last = last["next"], t.json(200, "GET", f"/v1/audit/events?limit=1000&after={last['next']}", "ops")
    after = max(e["number"] for e in last["events"])
    none, want = nonce(), []
    for id_, outcome in ((sa["protocol"], "FORBIDDEN"), (none, "UNKNOWN_RECORD")):
        for target in ("", "/receipt", "/bundle"):
            t.send("GET", f"/v1/records/{id_}{target}", "gamma")
            want.append(("read", id_, outcome, 1))
        t.send("DELETE", "/v1/records/" + id_, "gamma")
        want.append(("erase", id_, outcome, 1))
    s = t.stream("gamma", "SB")
    for id_ in (sa["consent"], none):
        made = s.make(kind="dataset", links=[("uses", id_)])
        t.post("gamma", made)
        want.append(("submit", made["entry"]["sha256"], "UNKNOWN_RECORD", 1))
        if id_ != none:
            want.append(("read", id_, "FORBIDDEN", 1))
    for ids in ((sa["form"], none, sa["form"]), (sa["form"], sa["results"])):
        t.send("POST", "/v1/records/bulk", "gamma", b"".join(line(s.make(kind="dataset", links=[("uses", i)])) for i in ids), NDJSON)
        want.append(("read", sa["form"] if none in ids else None, "FORBIDDEN", 2))
    t.send("GET", "/v1/records?study=SA", "gamma")
    events = t.json(200, "GET", f"/v1/audit/events?limit=1000&after={after}", "ops")["events"]
    mine = [(e["right"], e.get("record"), e["outcome"], e["count"]) for e in events if e["party"] == "gamma" and "study_sha256" not in e]
    t.check(mine == want, f"the trail has {mine}, not {want}")
    t.check([e["outcome"] for e in events if e.get("study_sha256") == h256(b"SA") and e["party"] == "gamma"] == ["FORBIDDEN"],
        "the timeline that was denied is no event")


def timing(t, sa):
    """Not by orders of magnitude: the best of many, so that what else runs here does not count."""
    best = {}
    for _ in range(40):
        for name, id_ in (("there", sa["protocol"]), ("not there", nonce())):
            began = time.monotonic()
            t.send("GET", "/v1/records/" + id_, "auditor")
            best[name] = min(best.get(name, 60), time.monotonic() - began)
    low, high = sorted(best.values())
    t.check(high < 5 * low + 0.005, f"times differ: {best}")


def main():
    with tempfile.TemporaryDirectory() as work:
        t = Test(work)
        try:
            sa, t.sb = make_study(t, "acme", "SA"), make_study(t, "both", "SB")
            for state in ("accepted", "sealed"):
                reading(t, sa, ("beta", "auditor"))
                linking(t, "beta", sa, TRIED if state == "sealed" else TRIED[7:12])
                if state == "accepted":
                    t.seal()
            reading(t, {k: v for k, v in t.sb.items() if k not in ("consent", "withdrawn")}, ("site",), links=())
            searching(t, sa)
            several_links(t, sa)
            allowed(t, sa, t.sb)
            few_kinds(t, t.sb)
            feed(t, t.sb, sa)
            crowd(t, sa)
            trail(t, sa)
            timing(t, sa)
        finally:
            status = t.service.stop()
        t.check(status == 0, f"the service ended with {status}: {t.service.errors()}")
        print(f"{t.count} checks, {t.faults} failed")
        return 1 if t.faults or t.count < 1000 else 0


if __name__ == "__main__":
    sys.exit(main())
