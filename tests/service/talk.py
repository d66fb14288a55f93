"""Requests to a service of which each is held against docs/openapi.json and the tables of docs/api.md.

A Talk counts what it saw, so that in the end it can say which operation and which answer nobody provoked.
"""
import json, re, urllib.parse

from schema import OpenApi
from service import Service, read_json

# Answers of the HTTP layer to any request (docs/http.md); they belong to no operation.
LAYER = {400, 404, 405, 408, 413, 414, 417, 431, 501, 503, 505}
# Fields that mean something to a client: when they are there, the operation must say so.
TELLING = {"etag", "location", "retry-after", "www-authenticate", "content-disposition", "last-modified", "set-cookie",
    "link"}

# Codes with two statuses: a key in work, or with another body; the caller's credential, or the party in the body.
TWO = {"IDEMPOTENCY_KEY": {409, 422}, "TOKEN_REVOKED": {401, 422}}


def status_table(text):
    """The table of docs/api.md that says which status a code has: {status: codes}; 'every other code' is left out."""
    table = {}
    for row in re.findall(r"^\| (\d{3}(?:, \d{3})*) \| (.*) \|$", text, re.M):
        groups = row[1].split(";") if "," in row[0] else [row[1]]
        for status, cell in zip(row[0].split(", "), groups):
            table[int(status)] = set(re.findall(r"`([A-Z][A-Z_]+)`", cell))
    return table


def paths_of(text):
    """The paths of docs/api.md's first table: {(method, path without parameters)}."""
    found = set()
    for cell in re.findall(r"^\| (`(?:GET|POST|DELETE)[^|]*) \|", text, re.M):
        methods = []
        for word in re.findall(r"`([^`]*)`", cell):
            method, _, path = word.partition(" ")
            methods.append(method)
            if path:
                found |= {(m, path.split("?")[0]) for m in methods}
                methods = []
    return found


class Talk:
    def __init__(self, service, document, page):
        self.service, self.api = service, OpenApi(document)
        self.table = status_table(page)
        self.tokens, self.faults, self.count = {}, [], 0
        self.seen, self.codes, self.good, self.explained = set(), set(), {}, {}

    def fault(self, text):
        self.faults.append(text)
        print(f"FAILED: {text}", flush=True)

    def check(self, good, text):
        self.count += 1
        if not good:
            self.fault(text)
        return good

    def target(self, operation, path=None, query=()):
        at = self.api.operations[operation]["path"]
        for name, value in (path or {}).items():
            at = at.replace("{" + name + "}", str(value))
        pairs = query.items() if isinstance(query, dict) else query
        if isinstance(query, str):
            return f"{at}?{query}"
        return at + ("?" + urllib.parse.urlencode([(k, str(v)) for k, v in pairs]) if pairs else "")

    def call(self, operation, status, code=None, field=None, path=None, query=(), body=None, type=None, token=None,
            headers=(), method=None):
        """One request of an operation, which must be answered with this status and code. token: a name, or None."""
        o = self.api.operations[operation]
        fields = list(headers)
        if token is not None:
            fields.append(("Authorization", "Bearer " + self.tokens.get(token, token)))
        if type is None and isinstance(body, dict):
            type = "application/json"
        if isinstance(body, dict):
            body = (json.dumps(body) + "\n").encode()
        if type:
            fields.append(("Content-Type", type))
        target = self.target(operation, path, query)
        if body is None and o["method"] == "POST" and not any(k == "Content-Length" for k, _ in fields):
            body = b""
        answer = self.service.send(o["method"], target, body, fields)
        what = f"{o['method']} {target[:150]} ({token or 'no token'}{', ' + type if type else ''})"
        self.judge(operation, answer, what)
        self.check(answer.status == status and (code is None or self.code(answer) == code),
                   f"{what}: expected {status} {code or ''}, got {answer.status} {answer.body[:300]!r}")
        if field is not None:
            self.check(self.member(answer, "field") == field, f"{what}: field must be '{field}': {answer.body[:300]!r}")
        if answer.status in (200, 201, 202):
            self.good[operation] = (target, token)
            self.check_request(operation, query, body, type, what)
        return answer

    def json(self, *args, **more):
        """As call(), and the JSON of the answer; {} when there is none, which call() has counted already."""
        answer = self.call(*args, **more)
        try:
            return read_json(answer.body)
        except ValueError:
            return {}

    @staticmethod
    def member(answer, name):
        try:
            return read_json(answer.body).get(name)
        except (ValueError, AttributeError):
            return None

    def code(self, answer):
        return self.member(answer, "code")

    def check_request(self, operation, query, body, type_, what):
        """What a good request sends must be described: else the document forbids what works."""
        o = self.api.operations[operation]
        for name, value in dict(query).items():
            p = o["parameters"].get(("query", name))
            if self.check(p is not None, f"{what}: parameter '{name}' is not described"):
                value = int(value) if p["schema"].get("type") == "integer" else str(value)
                self.faulty(self.api.check(p["schema"], value), f"{what}: parameter {name}")
        if body and self.check(o["body"] is not None, f"{what}: a body is not described"):
            media = (type_ or "").split(";")[0]
            described = o["body"]["content"].get(media)
            if self.check(described is not None,
                    f"{what}: the media type is not described") and media == "application/json":
                self.faulty(self.api.check(described["schema"], read_json(body)), f"{what}: request")
            elif media == "application/x-ndjson":
                for one in body.splitlines():
                    self.faulty(self.api.check(described["schema"], read_json(one)), f"{what}: request line")

    def faulty(self, found, what):
        self.count += 1
        for f in found[:5]:
            self.fault(f"{what}: {f}")

    # ---- answers ----

    def judge(self, operation, answer, what):
        response = self.api.operations[operation]["responses"].get(answer.status)
        self.check_fields(answer, what)
        if not self.check(response is not None,
                f"{what}: status {answer.status} is not described: {answer.body[:300]!r}"):
            return
        self.seen.add((operation, answer.status))
        for name, header in response.get("headers", {}).items():
            header, value = self.api.follow(header), answer.header(name)
            if self.check(value is not None or not header["required"],
                    f"{what}: {answer.status} without {name}") and value is not None:
                self.faulty(self.api.check(header["schema"], value), f"{what}: {answer.status} {name}")
        for name in TELLING & set(answer.headers):
            described = {n.lower() for n in response.get("headers", {})}
            self.check(name in described, f"{what}: {answer.status} has {name}, which is not described")
        self.check_body(response, answer, what)

    def check_fields(self, answer, what):
        self.check(answer.header("x-content-type-options") == "nosniff" and answer.header("server") is None and
                   answer.header("cache-control") is not None and answer.header("date") is not None,
                   f"{what}: fields of every answer are missing, or one too many is there: {answer.headers}")

    def check_body(self, response, answer, what):
        content = response.get("content")
        if content is None:
            self.check(answer.body == b"", f"{what}: {answer.status} has a body")
            return
        if not self.check(answer.type() in content,
                f"{what}: {answer.status} is '{answer.type()}', not {list(content)}"):
            return
        schema = content[answer.type()]["schema"]
        try:
            if answer.type() == "application/x-ndjson":
                values = [read_json(one) for one in answer.body.splitlines()]
            elif answer.type().endswith("json"):
                values = [read_json(answer.body)]
            else:
                values = [answer.body.decode("latin-1" if "contentMediaType" in schema else "utf-8")]
        except ValueError as e:
            self.fault(f"{what}: the body cannot be read: {e}: {answer.body[:200]!r}")
            return
        for value in values:
            self.faulty(self.api.check(schema, value), f"{what}: {answer.status}")
            if isinstance(value, dict) and "code" in value:
                self.check_code(value, answer.status if answer.status >= 400 else None, what)

    def check_code(self, problem, status, what):
        """A refusal: code, status and texts agree with the tables; status is None for a line of a bulk answer."""
        code = problem["code"]
        self.codes.add(code)
        if code not in self.explained:
            self.explained[code] = Service.run("explain", code)
        known = self.explained[code]
        self.check(problem["next"] == known["next"], f"{what}: next step of {code} is not the one of 'explain'")
        if status is None:
            return
        wanted = TWO.get(code) or {s for s, codes in self.table.items() if code in codes} or {422}
        self.check(status in wanted, f"{what}: {code} with status {status}; docs/api.md says {sorted(wanted)}")
        self.check(problem.get("type") == f"urn:trialnotary:problem:{code}" and problem.get("status") == status and
                   problem.get("title") == known["text"],
                   f"{what}: type, status or title do not belong to {code}: {problem}")

    def layer(self, method, target, status, code, body=None, headers=()):
        """A request that the HTTP layer refuses, whatever the path."""
        answer = self.service.send(method, target, body, headers)
        what = f"{method} {target[:150]}"
        self.check_fields(answer, what)
        self.check(status in LAYER and answer.status == status and self.code(answer) == code,
                   f"{what}: expected {status} {code}, got {answer.status} {answer.body[:300]!r}")
        if answer.type() == "application/problem+json":
            self.faulty(self.api.check({"$ref": "#/components/schemas/Problem"}, read_json(answer.body)), what)
            self.codes.add(self.code(answer))
        return answer

    # ---- the end ----

    def unseen(self, excused):
        """Every good or 4xx answer of every operation was seen, but the excused ones; an excuse must be needed."""
        for name, o in self.api.operations.items():
            for status in o["responses"]:
                if status >= 500:
                    continue
                if (name, status) in self.seen:
                    self.check((name, status) not in excused, f"{name} {status} is excused, but was seen")
                else:
                    self.check((name, status) in excused,
                        f"{name} {status} ({o['method']} {o['path']}) was never provoked")

    def unseen_codes(self, excused):
        parts = self.api.document["components"]
        in_use = set(parts["schemas"]["Code"]["enum"])
        for code in sorted(in_use):
            self.check((code in self.codes) != (code in excused),
                f"code {code} was {'seen, but is excused' if code in excused else 'never seen'}")
        for code in sorted(set(excused) - in_use):
            self.fault(f"code {code} is excused, but is not in the document")
        for code in sorted(in_use):
            self.check("code" in Service.run("explain", code), f"'trialnotary explain' does not know {code}")

    def is_described(self, names):
        """Whether an object with these names would be good in some schema."""
        schemas = [c for s in self.api.document["components"]["schemas"].values() for c in s.get("oneOf", [s])
            if "properties" in c]
        return any(set(c["required"]) <= names <= set(c["properties"]) for c in schemas)

    def compare_pages(self, page):
        """docs/api.md and docs/openapi.json have the same paths and the same table of codes."""
        ours = {(o["method"], re.sub(r"\{\w+\}", "*", o["path"])) for o in self.api.operations.values()}
        ours = {(m, "/tile/..." if p.startswith("/tile/") else p) for m, p in ours}
        theirs = {(m, re.sub(r"/(ID|NUMBER|NAME)\b", "/*", p)) for m, p in paths_of(page)}
        for only in sorted(ours ^ theirs):
            self.check(False, f"{only} is in docs/{'openapi.json' if only in ours else 'api.md'} alone")
        self.check(len(theirs) > 20, f"only {len(theirs)} paths were found in docs/api.md")
        for example in re.findall(r"^```json\n(.*?)^```$", page, re.M | re.S):
            self.check(self.is_described(set(json.loads(example))),
                f"docs/api.md: no schema has exactly the names of {example[:60]}...")
        for name, response in self.api.document["components"]["responses"].items():
            rules = response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]
            status, codes = rules["status"]["const"], set(rules["code"]["enum"])
            if status == 422:
                others = set().union(*(c for s, c in self.table.items() if s != 422)) - set(TWO)
                self.check(not codes & others, f"422 has codes of another status: {sorted(codes & others)}")
            elif status == 503:
                self.check(self.table[status] <= codes,
                    f"503: docs/api.md also has {sorted(self.table[status] - codes)}")
            else:
                self.check(self.table.get(status) == codes, f"{name}: docs/api.md has {self.table.get(status)}")
