"""Requests that are wrong on purpose: each is refused as the documents say, and leaves nothing behind."""
import copy, json, threading, urllib.parse

from records import Stream, h256, line, multipart, nonce
from tsp import TSQ, query

JSON, NDJSON = "application/json", "application/x-ndjson"
HUGE = [("Content-Length", "99999999999")]


def samples(t, first):
    """For each operation a request that would be good, with the right token."""
    study, record = {"query": {"study": t.study}}, {"path": {"id": first}}
    good = t.stream.make(documents=[("x.txt", b"x")])
    return {
        "submit": {"body": good}, "list": study, "submitMany": {"body": line(good), "type": NDJSON}, "status": record,
        "erase": record,
        "receipt": record, "bundle": record, "stream": study, "log": {},
        "inclusion": {"query": {"index": 0, "size": 1}},
        "consistency": {"query": {"from": 1, "to": 1}}, "proof": {"query": {"id": first}},
        "seal": {"path": {"number": 1}}, "checkpoint": {},
        "tile": {"path": {"level": 0, "index": "000"}}, "tilePart": {"path": {"level": 0, "index": "000", "width": 1}},
        "entries": {"path": {"index": "000"}}, "entriesPart": {"path": {"index": "000", "width": 1}}, "sealNow": {},
        "parties": {},
        "addParty": {"body": {"name": "nobody-yet", "role": "site"}}, "revokeParty": {"path": {"name": "beta"}},
        "tokens": {},
        "addToken": {"body": {"party": "beta"}}, "revokeToken": {"path": {"number": 2}}, "events": {}, "sealAudit": {},
        "timestamp": {"body": query(), "type": TSQ}, "tsaCertificates": {}, "tsaCrl": {},
        "live": {}, "ready": {}, "metrics": {},
    }


class Refusals:
    def __init__(self, t, first):
        self.t, self.first, self.samples = t, first, samples(t, first)
        t.check(set(self.samples) == set(t.api.operations), "an operation has no sample request")
        self.before = self.state()

    def state(self):
        """What a refused request must not change."""
        get = lambda target, token: self.t.service.send("GET", target, None,
            [("Authorization", "Bearer " + self.t.tokens[token])]).body
        study = urllib.parse.quote(self.t.study)
        tokens = json.loads(get("/v1/tokens", "ops"))["tokens"]
        for one in tokens:
            one.pop("used", None)       # midnight
        return [json.loads(get("/v1/log", "ops"))["size"], get(f"/v1/records?study={study}&limit=1000", "acme"),
            get("/v1/records?study=OTHER", "acme"),
                get(f"/v1/stream?study={study}", "acme"), get("/v1/stream?study=OTHER", "acme"),
                get("/v1/stream?study=NEW", "acme"),
                get("/v1/parties", "ops"), tokens, get(f"/v1/records/{self.first}", "acme")]

    def unchanged(self, what):
        now = self.state()
        self.t.check(now == self.before, f"{what}: refused, but something was stored")
        self.before = now

    def no(self, operation, status, code=None, **more):
        """One refused request; what changes things must have changed nothing."""
        answer = self.t.call(operation, status, code, **more)
        if self.t.api.operations[operation]["method"] != "GET":
            self.unchanged(f"{operation} {code} {str(more)[:200]}")
        return answer

    def guarded(self):
        return [(name, o["right"], self.samples[name]) for name, o in self.t.api.operations.items() if o["right"]
            and name != "metrics"]

    # ---- who ----

    def credentials(self):
        good = self.t.tokens["acme"]
        for name, right, sample in self.guarded():
            ended = {"admin": "-ops"}.get(right, "")
            self.no(name, 401, "UNAUTHENTICATED", **sample)
            self.no(name, 401, "UNAUTHENTICATED", token="unknown", **sample)
            self.no(name, 401, "TOKEN_EXPIRED", token="expired" + ended, **sample)
            self.no(name, 401, "TOKEN_REVOKED", token="revoked" + ended, **sample)
        for value in ("Bearer", "Bearer ", "Bearer x", "Bearer " + good[:-1], "Bearer " + good + "x",
                "Bearer " + good.upper(), "Basic " + good, good,
                      "Bearer " + good[:-1] + ("A" if good[-1] != "A" else "E"), "Bearer " + "a" * 5000):
            self.no("status", 401, "UNAUTHENTICATED", headers=[("Authorization", value)], path={"id": self.first})
            self.no("submit", 401, "UNAUTHENTICATED", headers=[("Authorization", value)], **self.samples["submit"])

    def rights(self):
        has = {"submit": ["auditor", "ops", "read-only"], "read": ["ops", "submit-only"], "erase": ["auditor", "board",
            "ops", "read-only"],
               "admin": ["acme", "auditor", "board"]}
        for name, right, sample in self.guarded():
            for token in has[right]:
                self.no(name, 403, "FORBIDDEN", token=token, **sample)
        for query in ({}, {"sha256": h256(b"EX-1 protocol\n")}):
            for token in ("ops", "submit-only"):
                self.no("list", 403, "FORBIDDEN", token=token, query=query)

    def scopes(self):
        t, record = self.t, {"path": {"id": self.first}}
        for name in ("submit", "stream", "list"):
            self.no(name, 403, "FORBIDDEN", token="other-study", **self.samples[name])
        self.no("submit", 403, "FORBIDDEN", token="consents", **self.samples["submit"])
        for name in ("status", "receipt", "bundle", "erase"):       # as if it were not there: tests/attack/scope_test.py
            for token in ("other-study", "consents"):
                self.no(name, 404, "UNKNOWN_RECORD", token=token, **self.samples[name])
        for token in ("other-study", "consents"):
            answer = t.call("submitMany", 200, body=line(self.samples["submit"]["body"]), type=NDJSON, token=token)
            t.check(t.code(answer) == "FORBIDDEN", f"bulk with a token of another scope: {answer.body!r}")
            self.unchanged("bulk out of scope")
        kinds = {r["kind"] for r in t.json("list", 200, query={"study": t.study}, token="consents")["records"]}
        t.check(kinds == {"consent"}, f"a list out of scope: {kinds}")
        t.call("status", 200, token="beta", **record)          # any sponsor's token without a scope reads
        self.no("erase", 403, "FORBIDDEN", token="beta", **record)
        self.no("erase", 404, "UNKNOWN_RECORD", token="acme", path={"id": nonce()})

    # ---- what ----

    def parameters(self):
        for name, o in self.t.api.operations.items():
            sample = dict(self.samples[name])
            token = {"admin": "ops", None: None}.get(o["right"], "acme")
            query = urllib.parse.urlencode(sample.pop("query", {}))
            for more in ("wiat=1", "x=", "a=1&a=1", "wait", "=1", "%ff=1", "b=%zz"):
                self.no(name, 400, "HTTP_SHAPE", query=f"{query}&{more}".lstrip("&"), token=token, **sample)
            if query:
                self.no(name, 400, "HTTP_SHAPE", query=f"{query}&{query}", token=token, **sample)
            for required in [n for (where, n), p in o["parameters"].items() if where == "query" and p["required"]]:
                kept = [p for p in query.split("&") if not p.startswith(required + "=")]
                self.no(name, 400, "HTTP_SHAPE", query="&".join(kept), field=required, token=token, **sample)
        self.values()

    def values(self):
        """Parameters whose value is out of range."""
        study, record = {"study": self.t.study}, {"id": self.first}
        for value in ("0", "31", "-1", "+1", "01", "1.0", "", "x", "1 ", "99999999999999999999"):
            for name in ("status", "bundle"):
                self.no(name, 400, "HTTP_SHAPE", field="wait", path=record, query={"wait": value}, token="acme")
            if value != "31":
                self.no("list", 400, "HTTP_SHAPE", field="limit", query={**study, "limit": value}, token="acme")
                self.no("events", 400, "HTTP_SHAPE", field="limit", query={"limit": value}, token="ops")
        for limit in (1001, 10000):
            self.no("list", 400, "HTTP_SHAPE", field="limit", query={**study, "limit": limit}, token="acme")
            self.no("events", 400, "HTTP_SHAPE", field="limit", query={"limit": limit}, token="ops")
        for cursor in ("", "x", "-1", "1.5", "01", "99999999999999999999999", "../1", "\u00e4"):
            self.no("list", 400, "HTTP_SHAPE", field="after", query={**study, "after": cursor}, token="acme")
            self.no("events", 400, "HTTP_SHAPE", field="after", query={"after": cursor}, token="ops")
        for wrong in ("", "a" * 129):
            self.no("list", 400, "HTTP_SHAPE", field="study", query={"study": wrong}, token="acme")
            self.no("stream", 400, "HTTP_SHAPE", field="study", query={"study": wrong}, token="acme")
        for wrong in ("", "ab", "g" * 64, "A" * 64, "0" * 63, "0" * 65):
            self.no("list", 400, "HTTP_SHAPE", field="sha256", query={"sha256": wrong}, token="acme")
            self.no("proof", 400, "HTTP_SHAPE", field="id", query={"id": wrong})
        self.no("list", 400, "HTTP_SHAPE", query={**study, "sha256": h256(b"")}, token="acme")
        for wrong in ("", "supersedes", "supersedes:", "supersedes:" + "a" * 63, "supersede:" + "a" * 64, ":" + "a" * 64,
                "supersedes:" + "A" * 64, "supersedes=" + "a" * 64):
            self.no("list", 400, "HTTP_SHAPE", field="link", query={"link": wrong}, token="acme")
        linked = {"link": "uses:" + "a" * 64}
        self.no("list", 400, "HTTP_SHAPE", field="study", query={**study, **linked}, token="acme")
        self.no("list", 400, "HTTP_SHAPE", field="link", query={"sha256": h256(b""), **linked}, token="acme")
        size = self.before[0]
        for index, of in ((0, 0), ("x", 1), (0, "x"), (-1, 1), ("01", 2), (2 ** 64, 2 ** 64), (0, 2 ** 64)):
            self.no("inclusion", 400, "HTTP_SHAPE", query={"index": index, "size": of})
        for index, of in ((1, 1), (size, size), (0, size + 1)):
            self.no("inclusion", 422, "PROOF_INDEX", query={"index": index, "size": of})
        for old, new in ((0, 0), (0, 1), ("x", 1), (1, "x"), (1, "01"), (1, 2 ** 64)):
            self.no("consistency", 400, "HTTP_SHAPE", query={"from": old, "to": new})
        for old, new in ((2, 1), (1, size + 1), (size + 1, size + 1)):
            self.no("consistency", 422, "PROOF_INDEX", query={"from": old, "to": new})

    def unknown(self):
        other = nonce()
        for name in ("status", "receipt", "bundle", "erase"):
            self.no(name, 404, "UNKNOWN_RECORD", path={"id": other}, token="acme")
            for wrong in (self.first.upper(), self.first[:63], self.first[:8], self.first + "0", "x"):
                self.no(name, 404, "UNKNOWN_RECORD", path={"id": wrong}, token="acme")
        self.no("proof", 404, "UNKNOWN_RECORD", query={"id": other})
        for number in ("2", "0", "01", "x", "-1", "99999999999999999999"):
            self.no("seal", 404, "HTTP_NOT_FOUND", path={"number": number})
        for number in ("9999", "0", "x", "01", "99999999999999999999"):
            self.no("revokeToken", 404, "UNKNOWN_TOKEN", path={"number": number}, token="ops")
        for name in ("nobody", "Acme", "acm", "a" * 65, "unknown"):
            self.no("revokeParty", 404, "UNKNOWN_PARTY", path={"name": name}, token="ops")
        self.no("addToken", 404, "UNKNOWN_PARTY", body={"party": "nobody"}, token="ops")
        for level, index, width in ((0, "001", 1), (0, "000", 250), (1, "000", 1), (0, "0", 1), (0, "000", 0),
                (0, "000", 256), (0, "x000/000", 1), (9, "000", 1), ("01", "000", 1)):
            self.no("tilePart", 404, "HTTP_NOT_FOUND", path={"level": level, "index": index, "width": width})
        self.no("tile", 404, "HTTP_NOT_FOUND", path={"level": 0, "index": "000"})     # not full yet
        self.no("entries", 404, "HTTP_NOT_FOUND", path={"index": "000"})
        self.no("entriesPart", 404, "HTTP_NOT_FOUND", path={"index": "000", "width": 200})
        for path in ("/", "/v1", "/v1/", "/v1/records/", f"/v1/records/{self.first}/", "/v1/nothing", "/v2/records",
                f"/v1/records/{self.first}/x", "/V1/log", "/tile", "/tile/x"):
            self.t.layer("GET", path, 404, "HTTP_NOT_FOUND")
        for path in ("/v1//log", "/v1/../v1/log", "/v1/log%2f", "/v1/./log", "/v1/log%00"):
            self.t.layer("GET", path, 400, "HTTP_SHAPE")

    # ---- bodies ----

    def bodies(self):
        for name, token in (("submit", "acme"), ("submitMany", "acme"), ("addParty", "ops"), ("addToken", "ops")):
            sample = self.samples[name]
            body = sample["body"] if isinstance(sample["body"], bytes) else line(sample["body"])
            right = sample.get("type", JSON)
            for media in ("text/plain", "application/x-www-form-urlencoded", NDJSON if right == JSON else JSON,
                    JSON + "x", "multipart/mixed; boundary=x"):
                self.no(name, 415, "HTTP_UNSUPPORTED", body=body, type=media, token=token)
            self.no(name, 415, "HTTP_UNSUPPORTED", body=body, token=token)
            self.no(name, 413, "HTTP_LIMIT", headers=HUGE, type=right, token=token)
        for name, token in (("submit", "acme"), ("addParty", "ops"), ("addToken", "ops")):
            good = line(self.samples[name]["body"])
            for body in (b"", b"{", b"[]", b"null", b"{}", good + good, good[:-2], b"\xef\xbb\xbf" + good,
                    good.replace(b'"', b"'"), b"\xff" + good,
                         good[:-2] + b',"more":1}', b'{"a":1,"a":2}', b"[" * 5000, good.replace(b":", b"::", 1),
                         b"{\"schema\":NaN}"):
                self.no(name, 400, "JSON_SHAPE", body=body, type=JSON, token=token)
        for media in ("text/plain", "application/timestamp-reply", TSQ + "x", JSON):
            self.no("timestamp", 415, "HTTP_UNSUPPORTED", field="Content-Type", body=query(), type=media)
        self.no("timestamp", 415, "HTTP_UNSUPPORTED", field="Content-Type", body=query())
        self.no("timestamp", 413, "HTTP_LIMIT", headers=HUGE, type=TSQ)
        self.no("timestamp", 413, "HTTP_LIMIT", body=b"0" * 8193, type=TSQ)
        for name in ("sealNow", "sealAudit"):
            self.no(name, 413, "HTTP_LIMIT", body=b"{}", type=JSON, token="ops")
        for body in (b"", b"\n", b"{}\n\n", b"x\n", line(self.samples["submit"]["body"])[:-3] + b"\n"):
            answer = self.t.service.send("POST", "/v1/records/bulk", body,
                [("Authorization", "Bearer " + self.t.tokens["acme"]), ("Content-Type", NDJSON)])
            self.t.judge("submitMany", answer, f"bulk {body[:40]!r}")
            codes = [json.loads(l).get("code")
                for l in answer.body.splitlines()] if answer.status == 200 else [self.t.code(answer)]
            self.t.check(all(codes), f"bulk {body[:40]!r} was taken: {answer.body[:200]!r}")
            self.unchanged("bulk of no records")

    def care(self):
        for name in ("", "A", "-a", "a" * 65, "a b", "unknown", "local", "notary", "\u00e4", 1, None):
            self.no("addParty", 400, "JSON_SHAPE", field="/name", body={"name": name, "role": "site"}, token="ops")
        for role in ("king", "", "Site", 1, None):
            self.no("addParty", 400, "JSON_SHAPE", field="/role", body={"name": "new", "role": role}, token="ops")
        self.no("addParty", 409, "EXISTS", body={"name": "acme", "role": "sponsor"}, token="ops")
        for value in ({"days": 0}, {"days": 731}, {"days": "1"}, {"days": 1.5}, {"studies": []}, {"studies": [""]},
                {"studies": ["a" * 129]}, {"studies": ["a\nb"]},
                      {"studies": "x"}, {"kinds": ["konsent"]}, {"kinds": []}, {"kinds": {}}, {"rights": ["reed"]},
                      {"rights": []}, {"rights": [1]},
                      {"rights": "read"}, {"spki": "ab"}, {"spki": 1}, {"party": None}, {"party": ""}):
            self.no("addToken", 400, "JSON_SHAPE", field="/" + next(iter(value)), body={"party": "beta", **value},
                token="ops")
        self.no("addParty", 400, "JSON_SHAPE", body={"name": "a\u0000", "role": "site"}, token="ops")
        self.no("addToken", 413, "LIMIT", body={"party": "beta", "studies": [f"S-{i}" for i in range(65)]}, token="ops")
        self.no("addToken", 403, "FORBIDDEN", body={"party": "audit-co", "rights": ["submit"]}, token="ops")

    # ---- records ----

    def record(self, status, code, field=None, change=None, token="acme", **more):
        """A record with one fault; change(submission) changes the finished document, edit(parts) what it is made of."""
        more.setdefault("documents", [("a.txt", b"a")])
        s = self.t.stream.make(**more)
        if change:
            change(s)
        return self.no("submit", status, code, field=field, body=s, token=token)

    def records(self):
        t, first, consent = self.t, self.first, self.t.ids[3]
        at = lambda n: f"/members/{n}/base64"
        def digest(s): s["members"][1]["sha256"] = nonce()
        def id_(s): s["entry"]["sha256"] = nonce()
        def id512(s): s["entry"]["sha512"] = "0" * 128
        def size(s): s["documents"][0]["size"] = -1
        def name(s): s["documents"][0]["name"] = "../x"
        def lost(s): s["documents"] = []
        def document(s): s["documents"][0]["sha256"] = nonce()
        def alias(s): s["members"][0]["name"] = "A.TXT"
        self.record(422, "DIGEST_MISMATCH", "/members/1/sha256", digest)
        self.record(422, "ENTRY_MISMATCH", "/entry/sha256", id_)
        self.record(422, "ENTRY_MISMATCH", "/entry/sha512", id512)
        self.record(400, "JSON_SHAPE", "/documents/0/size", size)
        self.record(422, "NAME_SHAPE", "/documents/0/name", name)
        self.record(422, "GROUP_MISMATCH", "/documents", lost)
        self.record(422, "GROUP_MISMATCH", "/documents/0/sha256", document)
        self.record(422, "GROUP_MISMATCH", None, alias)
        self.record(422, "UNKNOWN_KIND", at(1), kind="protokol")
        self.record(422, "STATEMENT_SHAPE", at(1), kind="Protocol")
        self.record(422, "STATEMENT_SHAPE", at(1), title="")
        self.record(422, "STATEMENT_SHAPE", "/documents", documents=[])
        self.record(422, "PERSONAL_FIELD", None, kind="consent")
        self.record(422, "PERSONAL_FIELD", None, kind="consent", hidden=True, title="Somebody")
        self.record(422, "LINK_SHAPE", at(1), links=[("knows", first)])
        self.record(422, "LINK_SHAPE", None, links=[("supersedes", consent)])
        self.record(404, "UNKNOWN_RECORD", None, links=[("supersedes", nonce())])
        self.record(422, "SLOT_MISMATCH", "/entry/slot", edit=lambda p: p.update(slot=nonce()))
        self.record(422, "STREAM_SHAPE", at(2), edit=lambda p: p["place"].update(schema="trialnotary/stream/2"))
        self.record(422, "COMMITMENT_SHAPE", at(0), hidden=True, kind="consent", edit=salt)
        self.record(403, "PERMISSION", None, edit=lambda p: p.update(place=None, slot=nonce()))
        gap = self.record(409, "STREAM_CONFLICT", at(2), edit=lambda p: p["place"].update(seq=t.stream.next + 1))
        t.check(t.stream.head in (t.member(gap, "detail") or ""), "STREAM_CONFLICT does not name the head")
        self.record(409, "STREAM_CONFLICT", at(2), edit=lambda p: p["place"].update(seq=t.stream.next - 1))
        self.record(409, "STREAM_CONFLICT", at(2), edit=lambda p: p["place"].update(prev=nonce()))
        self.record(409, "STREAM_CONFLICT", at(2), edit=lambda p: p["place"].update(stream=nonce()))
        fresh = Stream("NEW")
        fresh.id = fresh.head = nonce()
        fresh.next = 1
        self.no("submit", 409, "STREAM_CONFLICT", body=fresh.make(), token="acme")
        again = Stream(t.study)
        self.no("submit", 409, "STREAM_CONFLICT", body=again.make(), token="acme")
        self.no("submit", 409, "STREAM_CONFLICT", body=t.stream.make(), token="beta")      # acme's stream, not beta's
        twin = copy.deepcopy(t.leaves[0])
        twin["entry"]["sha512"] = "0" * 128
        self.no("submit", 422, "ENTRY_MISMATCH", body=twin, token="acme")
        twin = copy.deepcopy(t.leaves[1])
        twin["entry"]["slot"] = nonce()
        self.no("submit", 409, "ENTRY_CONFLICT", field="/entry/slot", body=twin, token="acme")
        self.details()
        self.kept()

    def details(self):
        """What a record says of its kind, by the rules of the kind, and beside other records; alone and among many."""
        t, first = self.t, self.first
        said = lambda **fields: [("details.json", line(fields))]
        form = {"schema": "trialnotary/details/consent-form/1", "language": "en", "population": "adult",
                "permissions": [{"name": "participation", "purpose": "the trial", "required": True}]}
        scope = lambda *countries: said(schema="trialnotary/details/protocol/1", scope={"countries": countries})
        def silent(s): s["members"][0].pop("base64")
        self.record(400, "JSON_SHAPE", "/members/0", silent, kind="consent-form", documents=said(**form))
        for fault in ({"language": "english"}, {"permissions": []}, {"schema": "trialnotary/details/consent/1"},
                {"population": None}):
            self.record(422, "DETAILS_SHAPE", "/members/0/base64", kind="consent-form", documents=said(**{**form, **fault}))
        self.record(400, "JSON_SHAPE", "/members/0/base64", kind="consent-form", documents=[("details.json", b"no JSON")])
        self.record(413, "LIMIT", "/members/0/base64", kind="consent-form",
            documents=said(**form, summary="x" * 66000))
        twice = [form["permissions"][0]] * 2
        self.record(422, "DETAILS_SHAPE", "/members/0/base64", kind="consent-form", documents=said(**{**form, "permissions": twice}))
        hidden = {"hidden": True, "documents": [("details.json", b"hidden")]}
        faults = [("FORM_UNAPPROVED", {"kind": "consent", "links": [("uses", t.unapproved)], **hidden}),
            ("FORM_UNAPPROVED", {"kind": "re-consent", "links": [("uses", t.rejected)], **hidden}),
            ("VERSION_ORDER", {"links": [("supersedes", t.base)]}),
            ("VERSION_ORDER", {"links": [("supersedes", t.base)], "documents": scope("AT", "FR")}),
            ("NOTHING_TO_WITHDRAW", {"kind": "withdrawal", "links": [("withdraws", nonce())], **hidden}),
            ("NOTHING_TO_WITHDRAW", {"kind": "withdrawal", "links": [("withdraws", first)], **hidden}),
            ("NOTHING_TO_WITHDRAW", {"kind": "withdrawal", "links": [("withdraws", t.withdrawn)], **hidden}),
            ("LINK_SHAPE", {"kind": "consent", "links": [("uses", t.leaves[1]["entry"]["sha256"]), ("uses", t.rejected)], **hidden})]
        for code, made in faults:
            self.record(422, code, None, **made)
            made.setdefault("documents", [("a.txt", b"a")])
            answer = self.no("submitMany", 200, body=line(t.stream.make(**made)), type=NDJSON, token="acme")
            t.check(json.loads(answer.body)["code"] == code, f"many: {answer.body} is not {code}")
        self.record(404, "UNKNOWN_RECORD", None, kind="withdrawal", links=[("withdraws", nonce())], documents=[])

    def kept(self):
        """Documents in the request: all that are announced, no other, and exactly those."""
        documents = [("a.txt", b"aaaa"), ("b.txt", b"bbbb")]
        s = self.t.stream.make(documents=documents, keep=True)
        unkept = self.t.stream.make(documents=documents)
        for sub, sent, status, code in (
                (s, documents[:1], 422, "DOCUMENT_MISSING"), (s, [], 422, "DOCUMENT_MISSING"),
                (s, [("a.txt", b"aaaa"), ("b.txt", b"bbbc")], 422, "DIGEST_MISMATCH"),
                (s, [("a.txt", b"aaaa"), ("b.txt", b"bbbb2")], 422, "DIGEST_MISMATCH"),
                (s, documents + [("c.txt", b"")], 400, "HTTP_SHAPE"), (s, documents + documents[:1], 400, "HTTP_SHAPE"),
                (unkept, documents, 400, "HTTP_SHAPE")):
            body, media = multipart(sub, sent)
            self.no("submit", status, code, body=body, type=media, token="acme")
        body, media = multipart(s, documents)
        for wrong, as_type in ((body[:-10], media), (body, "multipart/form-data"),
                (body, "multipart/form-data; boundary=other"), (b"", media),
                               (body.replace(b'"submission"', b'"else"'), media), (body.replace(b"\r\n", b"\n"),
                               media)):
            self.no("submit", 400, "HTTP_SHAPE", body=wrong, type=as_type, token="acme")
        self.no("submit", 422, "DOCUMENT_MISSING", body=s,
            token="acme")                                 # announced, but nothing came

    def idempotency(self):
        """One key, one body; keys are the party's own."""
        t = self.t
        other = t.stream.make(documents=[("other.txt", b"other")])
        key = [("Idempotency-Key", "key-1_of.this")]
        self.no("submit", 422, "IDEMPOTENCY_KEY", field="Idempotency-Key", body=other, token="acme", headers=key)
        for wrong in ("", "a b", "a" * 65, "\u00e9", "a,b", '"a"'):
            self.no("submit", 400, "HTTP_SHAPE", field="Idempotency-Key", body=other, token="acme",
                headers=[("Idempotency-Key", wrong.encode())])
        many = {"type": NDJSON, "token": "acme", "headers": [("Idempotency-Key", "bulk-1")]}
        before = t.stream.next
        self.no("submitMany", 200, body=line(t.leaves[0]), **many)
        t.check(t.stream.next == before, "a bulk request of what was there")
        self.no("submitMany", 422, "IDEMPOTENCY_KEY", field="Idempotency-Key", body=line(other), **many)
        self.in_work(t.leaves)
        refused = t.stream.make(kind="protokol")
        fresh = [("Idempotency-Key", "refused-1")]
        self.no("submit", 422, "UNKNOWN_KIND", body=refused, token="acme", headers=fresh)
        self.no("submit", 422, "UNKNOWN_KIND", body=refused, token="acme", headers=fresh)
        self.no("submit", 409, "STREAM_CONFLICT", body=t.stream.make(), token="beta",
            headers=key)     # beta's key, not acme's

    def in_work(self, leaves):
        """Requests with one key at the same time: one is done, the others have to wait."""
        t, o = self.t, self.t.api.operations["submitMany"]
        body = b"".join(line(s) for s in leaves) * 40
        for attempt in range(50):
            fields = [("Authorization", "Bearer " + t.tokens["acme"]), ("Content-Type", NDJSON),
                ("Idempotency-Key", f"work-{attempt}")]
            answers = []
            threads = [threading.Thread(target=lambda: answers.append(t.service.send("POST", o["path"], body, fields)))
                for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            waiting = [a for a in answers if a.status == 409]
            t.check(len(answers) == 4 and {a.status for a in answers} <= {200, 409} and len(waiting) < 4,
                f"at the same time: {[a.status for a in answers]}")
            for a in waiting:
                t.judge("submitMany", a, "bulk with a key in work")
                t.check(t.code(a) == "IDEMPOTENCY_KEY" and a.header("retry-after") is not None,
                    f"a key in work: {a.body!r} {a.headers}")
            if waiting:
                break
        self.unchanged("requests at the same time")

    # ---- HTTP itself ----

    def methods(self):
        by_path = {}
        for name, o in self.t.api.operations.items():
            by_path.setdefault(o["path"], []).append((name, o["method"]))
        for path, known in by_path.items():
            has = {m for _, m in known}
            allow = has | ({"HEAD"} if "GET" in has else set()) | {"OPTIONS"}
            target = self.t.target(known[0][0], self.samples[known[0][0]].get("path"))
            for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - has:
                answer = self.t.layer(method, target, 405, "HTTP_METHOD", body=b"" if method in ("POST", "PUT",
                    "PATCH") else None)
                self.t.check(set((answer.header("allow") or "").split(", ")) == allow,
                    f"405 for {method} {target}: Allow is {answer.header('allow')}, not {allow}")
            answer = self.t.service.send("OPTIONS", target)
            self.t.check(answer.status in (200, 204) and set((answer.header("allow") or "").split(", ")) == allow,
                f"OPTIONS {target}: {answer.status} {answer.headers}")
        self.unchanged("other methods")

    def limits(self):
        self.t.layer("GET", "/v1/log?" + "x" * 5000, 414, "HTTP_LIMIT")
        self.t.layer("GET", "/v1/log", 431, "HTTP_LIMIT", headers=[("X-Long", "x" * 20000)])
        self.t.layer("GET", "/v1/log", 431, "HTTP_LIMIT", headers=[(f"X-{i}", "x") for i in range(80)])
        self.t.layer("GET", "/v1/log", 417, "HTTP_UNSUPPORTED", headers=[("Expect", "magic")])
        many = {"schema": "trialnotary/submission/1", "entry": {}, "members": [0] * 300000, "documents": []}
        answer = self.t.call("submit", 413, body=many, token="acme")
        self.t.check(self.t.code(answer) == "LIMIT", f"too many members: {answer.body[:200]!r}")
        # each would be answered: 64 MiB of them with gigabytes
        self.no("submitMany", 413, "LIMIT", body=b"\n" * 100001, type=NDJSON, token="acme")
        # what is no form with documents need not be taken in, to be refused then
        for media, room in ((JSON, "33619968"), (NDJSON, "33619968")):
            self.no("submit", 413, "HTTP_LIMIT", headers=[("Content-Length", str(int(room) + 1))], type=media, token="acme")
        self.unchanged("limits")


def salt(parts):
    role, data = parts["files"]["commitment-001.json"]
    parts["files"]["commitment-001.json"] = (role, data.replace(b'"salt"', b'"malt"'))


def all_of_them(t, first):
    r = Refusals(t, first)
    for step in (r.credentials, r.rights, r.scopes, r.parameters, r.unknown, r.bodies, r.care, r.records, r.idempotency,
            r.methods, r.limits):
        faults, count = len(t.faults), t.count
        step()
        r.unchanged(step.__name__)
        print(f"refusals, {step.__name__}: {t.count - count} checks, {len(t.faults) - faults} faults", flush=True)
