#!/usr/bin/env python3
"""docs/openapi.json and docs/api.md against the running service: every operation, every answer that can be provoked.

  TRIALNOTARY: path of the program; TRIALNOTARY_SOURCE: the source tree
Nothing seals by itself here (seal_ms is an hour), so that the log stands still unless a step of the test moves it.
"""
import base64, hashlib, io, json, os, subprocess, sys, tempfile, threading, time, zipfile

sys.dont_write_bytecode = True

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import refusals
import schema
from records import Stream, consistent, entry, h256, leaf, line, multipart, root_by_proof, tree_root
from service import Service, client_context
from talk import Talk
from tsp import TSQ, TSR, fail_info, query

SOURCE = os.environ.get("TRIALNOTARY_SOURCE") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
STUDY = "EX-1 \u00e4/&+%"     # has to be encoded in every place

# What is described and not provoked here, with the reason.
EXCUSED = {
}
EXCUSED_CODES = {
    **dict.fromkeys(("INTERNAL", "IO", "NO_MEMORY", "STORE_CORRUPT", "STORE_ROLLED_BACK", "TIME_STOPPED",
                     "SIGNER_FAILED", "TSA_FAILED", "TSA_CA_ENDS", "NOT_VERIFIED", "CLOCK_DOUBT"),
                    "a fault of the notary itself: tests of faults"),
    **dict.fromkeys(("HTTP_BUSY", "STORE_BUSY", "HTTP_TIMEOUT"), "load and slowness: tests of the HTTP layer"),
    **dict.fromkeys(("SIGNATURE_MISSING", "SIGNATURE", "SIGNER_MISMATCH", "SIGNER_CERT_TIME", "XML_SHAPE", "XML_DTD",
                     "MANIFEST_SHAPE", "MANIFEST_DIGEST", "CMS_SHAPE", "CERT_SHAPE", "CERT_PATH", "WEAK_ALGORITHM",
                     "UNKNOWN_ALGORITHM", "UNSUPPORTED"), "a signed record: notary_intake tests"),
}
PARTIES = {"acme": "sponsor", "beta": "sponsor", "board": "ethics-board", "audit-co": "auditor", "ops": "operator"}
TOKENS = {
    "acme": ["acme"], "beta": ["beta"], "board": ["board"], "auditor": ["audit-co"], "ops": ["ops"],
    "other-study": ["acme", "--study", "OTHER"], "consents": ["acme", "--kind", "consent"],
    "submit-only": ["acme", "--right", "submit"], "read-only": ["acme", "--right", "read"],
    "expired": ["acme"], "expired-ops": ["ops"], "revoked": ["acme"], "revoked-ops": ["ops"],
}


def prepare(work):
    """A notary with parties and tokens, before its service is started."""
    s = Service(os.path.join(work, "notary"), seal_ms=3600000, keep_documents=1, client_certificates=1, tsa_endpoint=1)
    for name, role in PARTIES.items():
        s.party(name, role)
    tokens, numbers = {}, {}
    for name, words in TOKENS.items():
        made = s.token(*words)
        tokens[name], numbers[name] = made["token"], made["number"]
    for name in ("revoked", "revoked-ops"):
        s.run("token", "revoke", s.folder, str(numbers[name]))
    for name in ("expired", "expired-ops"):
        s.expire(numbers[name])
    tokens["unknown"] = unknown_token()
    return s, tokens


def unknown_token():
    """In the exact form of docs/formats/audit.md, and nobody's."""
    plain = "tn1_" + base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
    return plain + base64.urlsafe_b64encode(hashlib.sha256(plain.encode()).digest()[:4]).decode().rstrip("=")


def submit(t, stream, token="acme", status=201, **more):
    """A good record: made, sent, and taken into the stream and the list of leaves."""
    s = stream.make(**more)
    a = t.json("submit", status, body=s, token=token)
    check_accepted(t, a, s)
    stream.take(s)
    t.leaves.append(s)
    return s["entry"]["sha256"]


def check_accepted(t, a, s):
    t.check(a.get("id") == s["entry"]["sha256"], f"accepted under another ID: {a}")
    check_receipt(t, base64.b64decode(a.get("receipt", "")), s)


def check_receipt(t, text, s):
    """By docs/formats/receipt.md: the entry is the one that was sent, and its path leads to the signed root."""
    t.check(text.startswith(b"trialnotary/receipt/1\norigin test.example/1\ngroup ") and text.endswith(entry(s)),
        f"not a receipt of this entry: {text!r}")
    values = {}
    for l in text.decode().split("\n"):
        name, _, value = l.partition(" ")
        values.setdefault(name, []).append(value)
    root = root_by_proof(leaf(s), int(values["index"][0]), int(values["group"][0]),
        [bytes.fromhex(p) for p in values.get("path", [])])
    t.check(root.hex() == values["root"][0], "the receipt's path leads to another root")


def empty_notary(t):
    t.log_size(0)
    t.call("checkpoint", 200)
    t.call("live", 200)
    t.call("ready", 200)
    t.check(t.json("stream", 200, query={"study": STUDY}, token="acme") == {"study": STUDY, "exists": False},
        "a stream before the first record")
    t.check(t.json("list", 200, query={"study": STUDY}, token="acme") == {"records": []}, "records before the first")
    t.call("sealNow", 202, token="ops")
    t.call("seal", 404, path={"number": 1})


def records(t):
    """Submissions of every form, and what can be read of them before and after the seal."""
    s = t.stream = Stream(STUDY)
    text = b"EX-1 protocol\n"
    first = submit(t, s, documents=[("protocol.txt", text)], version="1.0", date="2026-03-01",
        title="Protocol \u201cone\u201d")
    again = t.json("submit", 200, body=t.leaves[0], token="acme")
    check_accepted(t, again, t.leaves[0])
    now = t.json("stream", 200, query={"study": STUDY}, token="acme")
    t.check(now == {"study": STUDY, "exists": True, "stream": first, "head": first, "next": 1, "key": s.key},
        f"the stream is not where it is: {now}")
    t.check(t.json("stream", 200, query={"study": STUDY}, token="beta")["exists"] is False,
        "the stream of another party is shown")
    t.call("proof", 409, "NOT_SEALED", query={"id": first})
    t.check(t.call("bundle", 409, "NOT_SEALED", path={"id": first}, token="acme").header("retry-after") is not None,
        "NOT_SEALED without Retry-After")
    began = time.monotonic()
    shown = t.json("status", 200, path={"id": first}, query={"wait": 1}, token="acme")
    t.check(0.9 <= time.monotonic() - began < 10 and shown["state"] in ("accepted", "sequenced"),
        f"wait=1 did not wait, or too long: {shown}")
    # the form is the last one, and keeps its document
    second = submit(t, s, kind="consent-form", documents=[("form.txt", b"form"), ("form-de.txt", b"Formular")],
        links=[("uses", first)], title="Form")
    submit(t, s, kind="ethics-approval", documents=[("opinion.txt", b"yes")], links=[("approves", second)])
    third = submit(t, s, kind="consent", documents=[("consent-001.txt", b"I agree")], hidden=True,
        links=[("uses", second)])
    kept = s.make(kind="results", documents=[("table.csv", b"a,b\n1,2\n"), ("\u00fcbersicht.txt", b"x" * 3000000)],
        keep=True, links=[("reports", first)])
    body, media = multipart(kept, [("table.csv", b"a,b\n1,2\n"), ("\u00fcbersicht.txt", b"x" * 3000000)])
    check_accepted(t, t.json("submit", 201, body=body, type=media, token="acme"), kept)
    t.leaves.append(s.take(kept))
    key = [("Idempotency-Key", "key-1_of.this")]
    keyed = s.make(documents=[("p2.txt", b"2")], links=[("supersedes", first)], version="2.0")
    check_accepted(t, t.json("submit", 201, body=keyed, token="acme", headers=key), keyed)
    t.leaves.append(s.take(keyed))
    t.check(t.call("submit", 200, body=keyed, token="acme", headers=key).status == 200,
        "the same key with the same body")
    details(t)
    many(t)
    waiting(t, third)
    t.ids = [x["entry"]["sha256"] for x in t.leaves]
    return first, third


FORM = {"schema": "trialnotary/details/consent-form/1", "language": "en", "population": "adult",
        "permissions": [{"name": "participation", "purpose": "the trial", "required": True}]}


def said(**fields):
    return ("details.json", line(fields))


def details(t):
    """What plain records say of their kind comes with them, and is shown; refusals.py tries the rest."""
    s, scope = t.stream, lambda *countries: said(schema="trialnotary/details/protocol/1", scope={"countries": countries})
    t.unapproved = submit(t, s, kind="consent-form", documents=[said(**FORM)])
    t.rejected = submit(t, s, kind="consent-form", documents=[said(**FORM), ("form.pdf", b"rejected")])
    submit(t, s, kind="ethics-approval", links=[("approves", t.rejected)],
        documents=[said(schema="trialnotary/details/ethics-approval/1", committee="Board", decision="rejected")])
    t.base = submit(t, s, documents=[("base.txt", b"base")])
    t.versions = [submit(t, s, links=[("supersedes", t.base)], documents=[scope(country)]) for country in ("DE", "FR")]
    consent = submit(t, s, kind="consent", documents=[("consent-002.txt", b"me too"), ("details.json", b"nobody sees it")],
        hidden=True, links=[("uses", t.leaves[1]["entry"]["sha256"])])
    # hidden: which part is withdrawn cannot be seen, so neither can it be seen that nothing is left; without documents it is all
    for day in ("monday", "tuesday"):
        submit(t, s, kind="withdrawal", documents=[("details.json", day.encode())], hidden=True, links=[("withdraws", consent)])
    submit(t, s, kind="withdrawal", links=[("withdraws", consent)], documents=[])
    t.withdrawn = consent
    # two of one request, each good alone: the second finds the first, though it is in no store yet
    twice = [("supersedes", t.versions[0])], [("withdraws", submit(t, s, kind="consent", hidden=True, documents=[("c3.txt", b"c3")],
        links=[("uses", t.leaves[1]["entry"]["sha256"])]))]
    for links, kind, code in zip(twice, ("protocol", "withdrawal"), ("VERSION_ORDER", "NOTHING_TO_WITHDRAW")):
        of = lambda i: {"kind": kind, "links": links, "documents": [(f"{i}.txt", b"%d" % i)] if kind == "protocol" else []}
        good = s.take(s.make(**of(1)))
        lines = [good, s.make(**of(2)), good]
        got = t.call("submitMany", 200, body=b"".join(map(line, lines)), type="application/x-ndjson", token="acme").body
        got = [json.loads(l) for l in got.splitlines()]
        t.check([x.get("code") for x in got] == [None, code, None], f"two of one request: {got}")
        t.leaves.append(good)
        t.check(t.call("submit", 200, body=good, token="acme").status == 200, "what was accepted is not judged again")
    shown = t.json("status", 200, path={"id": t.unapproved}, token="auditor")
    t.check(base64.b64decode(shown["details"]) == line(FORM) and shown["documents"][0]["kept"] is True,
        f"the details of a form are not shown: {shown}")
    t.check("details" not in t.json("status", 200, path={"id": consent}, token="acme"), "details of a consent are not there to be shown")
    found = t.json("list", 200, query={"link": f"supersedes:{t.base}"}, token="auditor")["records"]
    t.check([r["id"] for r in found] == t.versions and "details" not in found[0], f"search by a link: {found}")
    t.check(t.json("list", 200, query={"link": f"supersedes:{t.base}"}, token="other-study")["records"] == []
        and t.json("list", 200, query={"link": f"uses:{t.base}"}, token="auditor")["records"] == [], "a search by a link finds too much")


def many(t):
    """A bulk request: good ones, one that is refused among them, and one of another stream."""
    s, other = t.stream, Stream("OTHER")
    good = [s.take(s.make(kind="dataset", documents=[(f"d{i}.csv", b"%d" % i)])) for i in range(3)]
    wrong = other.make(kind="dataset", edit=lambda p: p["statement"].update(kind="datenset"))
    elsewhere = other.take(other.make(kind="dataset"))
    lines = [good[0], good[1], wrong, elsewhere, good[2], good[0]]
    answer = t.call("submitMany", 200, body=b"".join(map(line, lines)), type="application/x-ndjson", token="acme")
    got = [json.loads(l) for l in answer.body.splitlines()]
    t.check([x.get("id") for x in got] == [x["entry"]["sha256"] if x is not wrong else None for x in lines],
        f"bulk answers in another order: {got}")
    t.check(got[2].get("code") == "UNKNOWN_KIND" and got[2].get("field") == "/members/1/base64",
        f"bulk: the refusal is {got[2]}")
    for a, x in zip(got, lines):
        if x is not wrong:
            check_receipt(t, base64.b64decode(a["receipt"]), x)
    t.leaves += [good[0], good[1], elsewhere, good[2]]


def waiting(t, id_):
    """wait= ends as soon as the record is sealed."""
    results = []
    thread = threading.Thread(target=lambda: results.append(
        t.json("status", 200, path={"id": id_}, query={"wait": 30}, token="acme")))
    began = time.monotonic()
    thread.start()
    time.sleep(0.5)
    t.call("sealNow", 202, token="ops")
    thread.join()
    t.check(results[0].get("state") == "sealed" and time.monotonic() - began < 20,
        f"wait=30 did not end with the seal: {results}")


def seal(t, size):
    """Seals, and waits until the log has so many entries."""
    t.call("sealNow", 202, token="ops")
    for _ in range(600):
        if t.json("log", 200).get("sealed") == size:
            break
        time.sleep(0.05)
    t.log_size(size)


def hidden_from_others(t, first, consent):
    """The stream's key in record 0 and what commitments hide are for their submitter alone."""
    for id_, name in ((first, "stream.json"), (consent, "commitment-001.json")):
        for token, shown in (("acme", True), ("auditor", False), ("board", False)):
            body = t.call("bundle", 200, path={"id": id_}, query={"wait": 30}, token=token).body
            names = zipfile.ZipFile(io.BytesIO(body)).namelist()
            t.check((name in names) == shown and "statement.json" in names, f"{name} of {id_} for {token}: {names}")


def reading(t, first, consent):
    shown = t.json("status", 200, path={"id": first}, token="acme")
    sent = t.leaves[0]
    document = {**sent["documents"][0], "kept": False}
    want = {"id": first, "state": "sealed", "kind": "protocol", "study": STUDY, "submitter": "acme", "index": 0,
        "seal": 1, "stream": first, "seq": 0,
            "version": "1.0", "date": "2026-03-01", "title": "Protocol \u201cone\u201d", "documents": [document]}
    accepted = shown.pop("accepted", None)
    t.check(accepted is not None and {k: v for k, v in shown.items() if k != "links" or v} == want,
        f"the record is {shown}, not {want}")
    personal = t.json("status", 200, path={"id": consent}, token="acme")
    t.check(not {"version", "date", "title"} & set(personal) and personal["links"]
        == [{"type": "uses", "record": t.ids[1]}], f"a personal record: {personal}")
    everything = [r["id"] for r in t.json("list", 200, token="acme")["records"]]
    t.check(everything == t.ids, "the timeline of all studies is not what was submitted")
    t.call("receipt", 200, path={"id": first}, token="acme")
    check_receipt(t, t.call("receipt", 200, path={"id": consent}, token="auditor").body, t.leaves[3])
    hidden_from_others(t, first, consent)
    bundle = t.call("bundle", 200, path={"id": first}, query={"wait": 1}, token="acme")
    t.check(bundle.body.startswith(b"PK") and b"application/vnd.etsi.asic-e+zip" in bundle.body[:100], "not a bundle")
    tag = bundle.header("etag") or '""'
    t.call("bundle", 304, path={"id": first}, token="acme", headers=[("If-None-Match", tag)])
    t.call("bundle", 304, path={"id": first}, token="acme", headers=[("If-None-Match", '"x", ' + tag)])
    t.check(t.call("bundle", 200, path={"id": first}, token="acme", headers=[("If-None-Match", '"x"')]).body
        == bundle.body, "a bundle is not the same twice")
    lists(t, first)


def lists(t, first):
    ids = lambda **query: [r["id"] for r in t.json("list", 200, query=query, token="acme")["records"]]
    mine = [i for i, s in zip(t.ids, t.leaves) if s is not t.leaves[-2]]     # the record of study OTHER
    t.check(ids(study=STUDY) == mine and ids(study="OTHER") == [t.ids[-2]] and ids(study="NONE") == [],
        "the timelines are not what was submitted")
    paged, query = [], {"study": STUDY, "limit": 2}
    while True:
        page = t.json("list", 200, query=query, token="acme")
        paged += [r["id"] for r in page["records"]]
        t.check(len(page["records"]) <= 2 and len(paged) <= len(mine), "pages do not end")
        if "next" not in page or len(paged) > len(mine):
            break
        query["after"] = page["next"]
    t.check(paged == mine, "the pages together are not the timeline")
    t.check(ids(sha256=h256(b"EX-1 protocol\n")) == [first] and ids(sha256=h256(b"nothing")) == [], "search by digest")
    hidden = {"sha256": h256(b"I agree")}
    t.check(ids(**hidden) == [t.ids[3]], "its submitter does not find a confidential document")
    # a count of what was found would tell of records that are not shown
    t.check(ids(**hidden, after=3) == [t.ids[3]] and ids(**hidden, after=4) == [],
        "the cursor of a search is no place in the log")
    for token in ("auditor", "beta"):
        t.check(t.json("list", 200, query=hidden, token=token)["records"] == [],
            f"{token} finds a confidential document")
        t.check(t.json("status", 200, path={"id": t.ids[3]}, token=token)["documents"] == [],
            f"{token} is shown a confidential document")
    t.check(t.json("list", 200, query={"sha256": h256(b"form")}, token="other-study")["records"] == [],
        "a search leaves the scope of studies")
    t.check([r["kind"] for r in t.json("list", 200, query={"sha256": h256(b"I agree")}, token="consents")["records"]]
        == ["consent"], "search in a scope of kinds")


def log(t):
    """The log that everybody sees is the tree over the entries that were sent."""
    n = len(t.leaves)
    head = t.log_size(n)
    hashes = [leaf(s) for s in t.leaves]
    note = t.call("checkpoint", 200).body.decode()
    t.check(head["root"] == tree_root(hashes).hex() and head["checkpoint"] == note,
        "the head is not that of the entries that were sent")
    t.check(note.split("\n")[:3] == ["test.example/1", str(n), base64.b64encode(tree_root(hashes)).decode()],
        f"the checkpoint is {note}")
    proofs(t, hashes, [(i, size) for size in range(1, n + 1) for i in range(size)])
    t.check(t.call("proof", 200, query={"id": t.ids[0]}).body.startswith(b"c2sp.org/tlog-proof@v1\n"),
        "not a tlog-proof")
    seal = t.json("seal", 200, path={"number": 1})
    t.check(seal["head"].startswith("trialnotary/seal-head/1\nseal 1\n") and (seal["first"], seal["size"]) == (0, n),
        f"seal 1 is {seal}")
    got = t.call("tilePart", 200, path={"level": 0, "index": "000", "width": n}).body
    t.check(got == b"".join(hashes), "the tile holds other hashes")
    got = t.call("entriesPart", 200, path={"index": "000", "width": n}).body
    t.check(got == b"".join(len(entry(s)).to_bytes(2, "big") + entry(s) for s in t.leaves),
        "the tile holds other entries")


def proofs(t, hashes, wanted):
    """Inclusion of index in size, and consistency of index + 1 with size; of any size, not checkpoints alone."""
    for index, size in wanted:
        p = t.json("inclusion", 200, query={"index": index, "size": size})
        t.check(root_by_proof(hashes[index], index, size, [bytes.fromhex(x) for x in p["proof"]])
            == tree_root(hashes[:size]),
                f"inclusion of {index} in {size}: {p}")
        p = t.json("consistency", 200, query={"from": index + 1, "to": size})
        t.check(consistent(index + 1, size, [bytes.fromhex(x) for x in p["proof"]], tree_root(hashes[:index + 1]),
            tree_root(hashes[:size])),
                f"consistency of {index + 1} with {size}: {p}")


def full_tile(t):
    """256 entries and more, in one bulk request."""
    s, lines = t.stream, []
    t.call("proof", 409, "NOT_SEALED", query={"id": submit(t, s, kind="other", documents=[("n.txt", b"waits")])})
    while len(t.leaves) + len(lines) < 258:
        lines.append(s.take(s.make(kind="other", documents=[("n.txt", b"%d" % len(lines))])))
    answer = t.call("submitMany", 200, body=b"".join(map(line, lines)), type="application/x-ndjson", token="acme")
    t.check(all("id" in json.loads(l) for l in answer.body.splitlines()), "bulk: not all were taken")
    t.leaves += lines
    seal(t, 258)
    hashes = [leaf(x) for x in t.leaves]
    t.check(t.call("tile", 200, path={"level": 0, "index": "000"}).body == b"".join(hashes[:256]),
        "the full tile holds other hashes")
    t.check(t.call("tilePart", 200, path={"level": 1, "index": "000", "width": 1}).body == tree_root(hashes[:256]),
        "level 1")
    got = t.call("entries", 200, path={"index": "000"}).body
    t.check(got == b"".join(len(entry(x)).to_bytes(2, "big") + entry(x) for x in t.leaves[:256]),
        "the full tile holds other entries")
    proofs(t, hashes, [(i, size) for size in (255, 256, 257, 258) for i in (0, 4, 100, 254)] + [(255, 256), (256, 257),
        (256, 258), (257, 258)])


def erasing(t, consent):
    n = t.json("log", 200)["size"]
    done = t.json("erase", 200, path={"id": consent}, token="acme")
    again = t.json("erase", 200, path={"id": consent}, token="acme")
    t.check(done.get("id") == consent and "erasure" in done and again == {"id": consent, "state": "erased"},
        f"erased: {done}; again: {again}")
    seal(t, n + 1)
    shown = t.json("status", 200, path={"id": consent}, token="acme")
    t.check(shown == {"id": consent, "state": "erased", "index": 3, "seal": 1},
        f"of an erased record is shown: {shown}")
    t.call("bundle", 410, "ERASED", path={"id": consent}, token="acme")
    t.call("receipt", 410, "ERASED", path={"id": consent}, token="acme")
    t.call("submit", 410, "ERASED", body=t.leaves[3], token="acme")
    t.call("proof", 200, query={"id": consent})
    own = t.json("status", 200, path={"id": done["erasure"]}, token="acme")
    t.check({"type": "erases", "record": consent} in own.get("links", []), f"the record of the erasure is {own}")


def care(t):
    made = t.json("addParty", 201, body={"name": "site-berlin", "role": "site"}, token="ops")
    t.check((made["name"], made["role"]) == ("site-berlin", "site"), f"the new party is {made}")
    token = t.json("addToken", 201, body={"party": "site-berlin", "days": 30, "studies": ["EX-1"],
        "kinds": ["consent", "withdrawal"]}, token="ops")
    t.tokens["berlin"] = token["token"]
    t.check(t.json("stream", 200, query={"study": "EX-1"}, token="berlin")["exists"] is False,
        "the new token is not known at once")
    t.call("stream", 403, "FORBIDDEN", query={"study": STUDY}, token="berlin")
    pinned = t.json("addToken", 201, body={"party": "acme", "rights": ["read"], "spki": t.spki}, token="ops")
    t.call("addToken", 409, "EXISTS", body={"party": "acme", "rights": ["read"], "spki": t.spki}, token="ops")
    t.check("token" not in pinned, f"a pinned certificate has a token: {pinned}")
    shown = {x["number"]: x for x in t.json("tokens", 200, token="ops")["tokens"]}
    berlin, certificate = shown[token["number"]], shown[pinned["number"]]
    t.check((berlin["studies"], sorted(berlin["kinds"]), berlin["type"], berlin["party"]) == (["EX-1"],
        ["consent", "withdrawal"], "token", "site-berlin"),
            f"the new token is {berlin}")
    t.check((certificate["rights"], certificate["type"]) == (["read"], "certificate"),
        f"the certificate is {certificate}")
    t.check(t.tokens["berlin"] not in json.dumps(shown), "a token is shown again")
    again = t.json("addToken", 201, body={"party": "site-berlin"}, token="ops")["number"]
    for before in (False, True):
        t.check(t.json("revokeToken", 200, path={"number": again}, token="ops") == {"number": again, "before": before},
            "the token is revoked")
        t.check(t.json("revokeParty", 200, path={"name": "site-berlin"}, token="ops") == {"name": "site-berlin",
            "before": before}, "the party is revoked")
    t.call("addToken", 422, "TOKEN_REVOKED", body={"party": "site-berlin"}, token="ops")
    t.call("stream", 401, "TOKEN_REVOKED", query={"study": "EX-1"}, token="berlin")
    parties = {p["name"]: p for p in t.json("parties", 200, token="ops")["parties"]}
    t.check("revoked" in parties["site-berlin"] and "revoked" not in parties["acme"],
        "the revoked party is not shown as such")
    t.call("metrics", 200)
    for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"):   # anybody may be behind a proxy on this machine
        by = [(name, "for=192.0.2.1")]
        t.call("metrics", 401, "UNAUTHENTICATED", headers=by)
        t.call("metrics", 403, "FORBIDDEN", token="acme", headers=by)
        t.call("metrics", 200, token="ops", headers=by)
    first = t.json("events", 200, token="ops", query={"limit": 3})
    t.check([e["number"] for e in first["events"]] == [1, 2, 3], f"the first events are {first}")
    more = t.json("events", 200, token="ops", query={"limit": 1000, "after": first["next"]})
    t.check(more["events"][0]["number"] == 4, "the cursor does not go on")
    sealed = t.json("sealAudit", 200, token="ops")
    t.check(len(sealed.get("documents", [])) == 1, f"the audit trail was not notarised: {sealed}")
    seal(t, len(t.leaves) + 1)
    trail = t.json("status", 200, path={"id": sealed["documents"][0]["record"]}, token="acme")
    t.check((trail["kind"], trail["study"], trail["submitter"], trail["index"]) == ("audit", "notary-audit", "notary",
        len(t.leaves)), f"the trail's record is {trail}")


def stamps(t):
    """What service_tsa does in full."""
    answer = t.call("timestamp", 200, body=query(), type=TSQ)
    t.check(answer.type() == TSR and fail_info(answer.body) is None, f"no token: {answer.body!r}")
    t.check(fail_info(t.call("timestamp", 200, body=b"no request", type=TSQ).body) == 5, "garbage is not badDataFormat")
    chain = t.call("tsaCertificates", 200).body
    t.check(chain.count(b"-----BEGIN CERTIFICATE-----") == 2, f"the certificates are {chain!r}")
    t.check(t.call("tsaCrl", 200).body.startswith(b"0\x81"), "not a CRL")


def heads(t):
    """HEAD is GET without the body, for everything that was read."""
    for operation, (target, token) in sorted(t.good.items()):
        if t.api.operations[operation]["method"] != "GET" or "wait=" in target:
            continue
        fields = [("Authorization", "Bearer " + t.tokens[token])] if token else []
        a, b = t.service.send("GET", target, None, fields), t.service.send("HEAD", target, None, fields)
        t.check(a.status == b.status and b.body == b"" and all(a.header(n) == b.header(n) for n in ("content-type",
            "etag", "cache-control")),
                f"HEAD {target}: {b.status} {b.headers}, but GET: {a.status} {a.headers}")


def large_page(t):
    """Records with thousands of documents: a page ends before it is too large for a memory, and none is left out."""
    s, sent = Stream("LARGE"), []
    for n in range(4):
        one = s.make(documents=[(f"{n}-{i}-" + "n" * 180, b"%d" % i) for i in range(9000)])
        t.check(t.service.send("POST", "/v1/records", line(one), [("Authorization", "Bearer " + t.tokens["acme"]),
            ("Content-Type", "application/json")]).status == 201, "a large record is refused")
        sent.append(s.take(one)["entry"]["sha256"])
    got, after = [], "0"
    while after is not None and len(got) < 4:
        body = t.service.send("GET", f"/v1/records?study=LARGE&limit=1000&after={after}", None,
            [("Authorization", "Bearer " + t.tokens["acme"])]).body
        page = json.loads(body)
        got.append([r["id"] for r in page["records"]])
        after = page.get("next")
    t.check(got == [sent[:3], sent[3:]], f"pages of large records: {[len(p) for p in got]}")


def certificates(t, work):
    """The same over TLS; who the client is, its certificate's pinned key says."""
    mine = client_context(os.path.join(work, "client.pem"), os.path.join(work, "client.key"))
    t.service.configure(tls="on")
    t.service.start(mine)
    record = t.json("status", 200, path={"id": t.ids[0]})
    t.check(record.get("id") == t.ids[0], "the pinned key is not known")
    t.call("stream", 403, "FORBIDDEN", query={"study": STUDY})
    t.call("status", 401, "TOKEN_REVOKED", path={"id": t.ids[0]}, token="revoked")      # a token that is there decides
    t.service.tls = client_context()
    t.call("status", 401, "UNAUTHENTICATED", path={"id": t.ids[0]})
    t.call("status", 200, path={"id": t.ids[0]}, token="acme")
    t.call("live", 200)


def make_certificate(work):
    run = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=work).stdout
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
        "/CN=client of a test", "-days", "2",
        "-keyout", "client.key", "-out", "client.pem")
    return h256(run("pkey", "-in", "client.key", "-pubout", "-outform", "DER"))


class Test(Talk):
    def log_size(self, want):
        head = self.json("log", 200)
        self.check(head.get("size") == want, f"the log has {head.get('size')} entries, not {want}")
        return head


def main():
    print(f"{schema.self_test()} checks of the checker")
    with open(os.path.join(SOURCE, "docs", "openapi.json"), encoding="utf-8") as f:
        document = json.load(f)
    with open(os.path.join(SOURCE, "docs", "api.md"), encoding="utf-8") as f:
        page = f.read()
    with tempfile.TemporaryDirectory() as work:
        service, tokens = prepare(work)
        t = Test(service, document, page)
        t.tokens, t.leaves, t.study, t.spki = tokens, [], STUDY, make_certificate(work)
        t.faulty(t.api.lint_all(), "docs/openapi.json")
        t.compare_pages(page)
        try:
            service.start()
            empty_notary(t)
            first, consent = records(t)
            reading(t, first, consent)
            log(t)
            refusals.all_of_them(t, first)
            full_tile(t)
            care(t)
            stamps(t)
            erasing(t, consent)
            heads(t)
            large_page(t)
            t.check(service.stop() == 0, f"the service did not end well: {service.errors()}")
            certificates(t, work)
            t.check(service.stop() == 0, f"the service did not end well: {service.errors()}")
        finally:
            if service.process:
                print(service.errors())
            service.stop()
        t.unseen(EXCUSED)
        t.unseen_codes(EXCUSED_CODES)
        fsck = service.run("fsck", service.folder)
        t.check(fsck["faults"] == 0, f"fsck finds {fsck}")
        print(f"{t.count} checks, {len(t.faults)} faults")
        return 1 if t.faults else 0


if __name__ == "__main__":
    sys.exit(main())
