#!/usr/bin/env python3
"""The whole life of the sample trial over the service: a sponsor, an ethics board, a site, an auditor and a reader, each with
tokens of its own and seeing only what it may; then what a stranger makes of the bundles.

TRIALNOTARY, TRIALVERIFY: paths of the programs. TRIALNOTARY_SOURCE: the project.
"""
import json, os, shutil, subprocess, sys, tempfile, zipfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
from service import PROGRAM, Service

VERIFY = os.environ.get("TRIALVERIFY", "trialverify")
SAMPLES = os.path.join(os.environ.get("TRIALNOTARY_SOURCE", os.path.join(here, "..", "..")), "samples", "trial")
STUDY = "DEMO-1"

faults = []
count = 0


def check(good, what):
    global count
    count += 1
    if not good:
        faults.append(what)
        print("FAILED:", what, flush=True)


class Party:
    """Somebody with a token and a state folder: what the command line does for it, over HTTP."""

    def __init__(self, base, service, name, role, **narrowed):
        self.base, self.service, self.name = base, service, name
        options = [w for k, values in narrowed.items() for v in values for w in ("--" + k, v)]
        service.party(name, role)
        self.secret = service.token(name, *options)["token"]
        self.token_file = os.path.join(base, name + ".token")
        with open(self.token_file, "w", encoding="utf-8") as f:
            f.write(self.secret + "\n")
        os.chmod(self.token_file, 0o600)

    def run(self, verb, *words, want=0):
        here = ["--server", f"http://127.0.0.1:{self.service.port}", "--token-file", self.token_file]
        if verb in ("submit", "fetch", "page", "countersign") or verb.startswith("consent "):
            here += ["--state", os.path.join(self.base, self.name + ".state")]
        done = subprocess.run([PROGRAM, *verb.split(), *here, *words], capture_output=True, text=True, timeout=120)
        check(done.returncode == want, f"{self.name}: {verb} {' '.join(words)}: status {done.returncode}, not {want}: {done.stderr}")
        return done

    def submit(self, kind, *words, details=None, want=0):
        more = ["--details", os.path.join(SAMPLES, "details", details)] if details else []
        done = self.run("submit", "--study", STUDY, "--kind", kind, *more, *words, want=want)
        return done.stdout.split()[0] if done.stdout.split() else done.stderr

    def fetch(self, record, want=0):
        path = os.path.join(self.base, f"{self.name}-{record[:12]}.asice")
        return self.run("fetch", record, "--wait", "30", "--force", "-o", path, want=want), path

    def ask(self, method, path):
        return self.service.send(method, path, headers=[("Authorization", "Bearer " + self.secret)])

    def sees(self):
        """The records of the study that are listed for it."""
        found, after = [], ""
        while True:
            answer = self.ask("GET", f"/v1/records?study={STUDY}&limit=5{after}")
            if answer.status != 200:
                return None
            page = json.loads(answer.body)
            found += [r["id"] for r in page["records"]]
            if not page.get("next"):
                return found
            after = "&after=" + str(page["next"])


def sample(name):
    return os.path.join(SAMPLES, name)


def live(base, s):
    sponsor = Party(base, s, "acme", "sponsor")
    board = Party(base, s, "board", "ethics-board")
    site = Party(base, s, "site-1", "site", study=[STUDY])
    other_site = Party(base, s, "site-9", "site", study=["DEMO-9"])
    auditor = Party(base, s, "inspector", "auditor")
    reader = Party(base, s, "journal", "reader", kind=["dataset", "results", "protocol", "analysis-plan"])
    operator = Party(base, s, "ops", "operator")
    site2 = Party(base, s, "site-2", "site", study=[STUDY, "DEMO-2"])
    s.start()

    # what the sponsor plans, and the board approves
    protocol = sponsor.submit("protocol", "--version", "1.0", sample("protocol-v1.0.md"))
    form = sponsor.submit("consent-form", "--version", "1.0", "--title", "Consent form, English", sample("consent-form-en-v1.0.txt"),
        details="consent-form-en-v1.0.json")
    approval = board.submit("ethics-approval", "--date", "2026-01-20", "--link", f"approves={protocol}", "--link", f"approves={form}",
        sample("ethics-approval.txt"), details="ethics-approval.json")

    # consents of the site, behind commitments: what is in them stays there
    mistakes_before_consent(base, sponsor, site, form)
    consent = site.submit("consent", "--participant", "101", "--set", f"form={form}", sample("consent-101.txt"),
        details="consent-101.json")
    value = json.loads(subprocess.run([PROGRAM, "participant", "show", os.path.join(base, "site-1.state"), "--study", STUDY, "101",
        "--json"], check=True, capture_output=True, text=True).stdout)["value"]
    form2 = sponsor.submit("consent-form", "--version", "2.0", "--title", "Consent form, English", "--link", f"supersedes={form}",
        sample("consent-form-en-v2.0.txt"), details="consent-form-en-v2.0.json")
    board.submit("ethics-approval", "--link", f"approves={form2}", sample("ethics-approval-2.txt"), details="ethics-approval-2.json")
    again = site.submit("re-consent", "--set", f"participant={value}", "--set", f"form={form2}", "--link", f"supersedes={consent}",
        sample("re-consent-101.txt"), details="re-consent-101.json")
    withdrawal = site.submit("withdrawal", "--set", f"participant={value}", "--set", f"consent={again}", sample("withdrawal-101.txt"),
        details="withdrawal-101.json")
    mistakes(base, sponsor, board, site, site2, {"protocol": protocol, "form": form, "form2": form2, "approval": approval,
        "consent": consent, "again": again, "value": value})
    at_the_site(base, sponsor, board, site, site2, {"form": form, "form2": form2, "consent": consent, "again": again, "value": value})
    dataset = sponsor.submit("dataset", "--version", "1.0", "--link", f"uses={protocol}", sample("dataset"))
    results = sponsor.submit("results", "--version", "1.0", "--link", f"derives-from={dataset}", sample("results.md"))
    public = {protocol, dataset, results}
    mine = {consent, again, withdrawal}
    everything = public | mine | {form, form2, approval}

    # links that make no sense are refused by the service too, and nothing is stored
    check("LINK_SHAPE" in board.submit("ethics-approval", "--link", f"withdraws={consent}", sample("ethics-approval.txt"), want=1),
        "a link that makes no sense")
    check("UNKNOWN_RECORD" in site.submit("withdrawal", "--link", "withdraws=" + "0" * 64, want=66), "a link to nothing")

    # who may submit what
    check("FORBIDDEN" in reader.submit("protocol", sample("protocol-v2.0.md"), want=77), "a reader submits nothing")
    check("FORBIDDEN" in auditor.submit("protocol", sample("protocol-v2.0.md"), want=77), "an auditor submits nothing")
    check("FORBIDDEN" in other_site.submit("consent", "--set", f"participant={value}", "--set", f"form={form}", sample("consent-101.txt"),
        details="consent-101.json", want=77), "a site of another study")

    # who sees what
    seen = {p.name: p.sees() for p in (sponsor, board, site, other_site, auditor, reader)}
    check(seen["inspector"] is not None and everything <= set(seen["inspector"]), f"the auditor sees all: {seen['inspector']}")
    check(seen["journal"] is not None and set(seen["journal"]) == public, f"the reader sees its kinds alone: {seen['journal']}")
    check(not seen["site-9"], f"the other study's site sees nothing: {seen['site-9']}")
    check(everything <= set(seen["site-1"] or []), "the site sees its study")
    for record in mine:
        status = reader.ask("GET", f"/v1/records/{record}").status
        check(status in (403, 404), f"a consent is nothing for the reader: {status}")
        check(other_site.ask("GET", f"/v1/records/{record}/bundle").status in (403, 404), "nor for another study's site")

    # what is in a consent is seen by nobody but its site: names, digests, answers
    secret = "future-research"
    for party in (sponsor, board, auditor):
        answer = party.ask("GET", f"/v1/records/{consent}")
        text = answer.body.decode()
        check(secret not in text and value not in text and "consent-101" not in text, f"{party.name} sees into a consent: {text}")
    check(value not in s.send("GET", f"/v1/log/proof?id={consent}").body.decode(), "the public log says nothing of the participant")

    # bundles, with a trust directory that was handed out before
    trust = os.path.join(base, "trust")
    judge(trust, reader.fetch(dataset)[1], {"INDETERMINATE", "VERIFIED"})  # the documents are with the sponsor
    judge(trust, sponsor.fetch(dataset)[1], {"VERIFIED"})
    judge(trust, board.fetch(approval)[1], {"VERIFIED"})
    judge(trust, site.fetch(consent)[1], {"VERIFIED"}, holds="details.json")
    path = auditor.fetch(consent)[1]
    judge(trust, path, {"VERIFIED"}, lacks="details.json")

    # the participant wants to be forgotten: only the site may, and everybody can see that it was done
    check(sponsor.ask("DELETE", f"/v1/records/{consent}").status == 403, "the sponsor may not erase the site's record")
    check(auditor.ask("DELETE", f"/v1/records/{consent}").status == 403, "nor the auditor")
    for record in (withdrawal, again, consent):
        check(site.ask("DELETE", f"/v1/records/{record}").status == 200, "the site erases")
    told = json.loads(site.ask("DELETE", f"/v1/records/{consent}").body)
    check(told["state"] == "erased", f"erased: {told}")
    answer = json.loads(auditor.ask("GET", f"/v1/records/{consent}").body)
    check(answer["state"] == "erased", f"the auditor is told: {answer}")
    erasures = [r for r in auditor.sees() if json.loads(auditor.ask("GET", f"/v1/records/{r}").body).get("kind") == "erasure"]
    check(len(erasures) == 3, f"{len(erasures)} erasures are records")
    judge(trust, auditor.fetch(erasures[0])[1], {"VERIFIED"})
    check("ERASED" in site.fetch(consent, want=1)[0].stderr, "no bundle of what was erased")

    # every access is an event: granted and denied
    events, after = [], ""
    while True:
        page = json.loads(operator.ask("GET", "/v1/audit/events?limit=500" + after).body)
        events += page["events"]
        if not page.get("next"):
            break
        after = "&after=" + str(page["next"])
    denied = {e["party"] for e in events if e["outcome"] == "FORBIDDEN"}
    check({"journal", "inspector", "acme", "site-9"} <= denied, f"denials are events: {denied}")
    check(any(e["party"] == "site-1" and e["right"] == "erase" and e["outcome"] == "OK" for e in events), "erasures are events")
    check(auditor.ask("GET", "/v1/audit/events").status == 403 and s.stop() == 0, "the trail is the operator's")


def details_of(base, name, **changes):
    """A sample's details with some fields changed, or left out (None)."""
    with open(os.path.join(SAMPLES, "details", name), encoding="utf-8") as f:
        fields = json.load(f)
    fields.update(changes)
    path = os.path.join(base, f"changed-{len(os.listdir(base))}.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({k: v for k, v in fields.items() if v is not None}, f)
    return path


def refused(party, code, kind, *words, details=None, study=STUDY, status=1):
    """Refused with this code, by the client or by the server, and nothing is there that was not."""
    more = ["--details", details] if details else []
    before = party.sees()
    done = party.run("submit", "--study", study, "--kind", kind, *more, *words, want=status)
    check(f"{code}: " in done.stderr, f"{kind} {' '.join(words)}: {code} is not said: {done.stderr}")
    check(party.sees() == before, f"{kind} {' '.join(words)}: refused, but something was stored")
    return done.stderr


def mistakes_before_consent(base, sponsor, site, form):
    """Before the second form there is none but the first, which is approved; a third one is not."""
    other = sponsor.submit("consent-form", "--version", "0.9", sample("consent-form-en-v1.0.txt"), details="consent-form-en-v1.0.json")
    said = refused(site, "FORM_UNAPPROVED", "consent", "--set", "participant=" + "cd" * 32, "--set", f"form={other}",
        sample("consent-101.txt"), details=details_of(base, "consent-101.json"))
    check("the server says" in said, "the server finds it, even where the client sees no approval")
    refused(site, "FORM_UNAPPROVED", "consent", "--link", f"uses={other}", sample("consent-101.txt"))
    # given before the board had approved the form: only the client knows when
    early = details_of(base, "consent-101.json", given="2025-12-31T10:00:00+01:00")
    said = refused(site, "FORM_UNAPPROVED", "consent", "--set", "participant=" + "cd" * 32, "--set", f"form={form}",
        sample("consent-101.txt"), details=early)
    check("the server says" not in said, "the client finds it before anything is sent")


def mistakes(base, sponsor, board, site, elsewhere, ids):
    """Wrong on purpose, each as the samples' README lists it, over HTTP."""
    text, value, again = sample("consent-101.txt"), ids["value"], ids["again"]
    consent = lambda **changes: details_of(base, "consent-101.json", participant="ef" * 32, form=ids["form"], **changes)
    yes = {"name": "participation", "granted": True}

    # permissions that contradict, that the form does not offer, that it requires; a form that is none
    refused(site, "PERMISSION_CONTRADICTION", "consent", text, details=consent(permissions=[yes, {**yes, "granted": False}]))
    refused(site, "PERMISSION_CONTRADICTION", "consent", text, details=consent(permissions=[{"name": "participation", "granted": False},
        {"name": "future-research", "granted": True}]))
    refused(site, "PERMISSION_UNKNOWN", "consent", text, details=consent(permissions=[yes, {"name": "gene-therapy", "granted": True}]))
    refused(site, "LINK_SHAPE", "consent", text, details=details_of(base, "consent-101.json", participant="ef" * 32, form=ids["protocol"]))
    refused(site, "DETAILS_SHAPE", "consent", text, details=consent(given="yesterday"))
    refused(site, "DETAILS_SHAPE", "consent", text, details=details_of(base, "consent-101.json", participant=None, form=ids["form"]))

    # a participant's value of another study: of a number, and by hand
    site.run("submit", "--study", STUDY, "--kind", "access-event", "--participant", value, "--set", "who=x", "--set", "purpose=y",
        "--set", "when=2026-05-01", "--link", f"accesses={again}")
    there = sponsor_form(base, sponsor, board)
    elsewhere.run("submit", "--study", "DEMO-2", "--kind", "consent", "--details", details_of(base, "consent-101.json",
        participant="12" * 32, form=there), text)
    state = os.path.join(base, "site-2.state")
    added = subprocess.run([PROGRAM, "participant", "add", state, "--study", "DEMO-2", "8"], check=True, capture_output=True, text=True)
    for taken in ("12" * 32, added.stdout.strip()):
        said = refused(elsewhere, "PARTICIPANT_REUSED", "consent", text, details=details_of(base, "consent-101.json",
            participant=taken, form=ids["form"]))
        check("the server says" not in said and taken not in said, "the client finds it, and the value is in no message")

    # versions: of what is superseded already; both ways round in places they share
    refused(sponsor, "VERSION_ORDER", "consent-form", "--link", f"supersedes={ids['form']}", sample("consent-form-en-v2.0.txt"),
        details=details_of(base, "consent-form-en-v2.0.json", summary="once more"))
    refused(site, "VERSION_ORDER", "re-consent", "--link", f"supersedes={ids['consent']}", text,
        details=details_of(base, "re-consent-101.json", participant=value, form=ids["form2"], copy_given=None))
    refused(board, "VERSION_ORDER", "ethics-approval", "--link", f"supersedes={second_opinion(base, board, ids)}",
        sample("ethics-approval-2.txt"), details=details_of(base, "ethics-approval-2.json", conditions="others"))

    # withdrawals: of what is not there, of what is no consent, of another participant's, of what is withdrawn, of what was refused
    gone = lambda **changes: details_of(base, "withdrawal-101.json", **{"participant": value, "consent": again, **changes})
    refused(site, "NOTHING_TO_WITHDRAW", "withdrawal", text, details=gone(consent="0" * 64))
    refused(site, "NOTHING_TO_WITHDRAW", "withdrawal", text, details=gone(consent=ids["form"]))
    refused(site, "NOTHING_TO_WITHDRAW", "withdrawal", text, details=gone(participant="aa" * 32))
    refused(site, "NOTHING_TO_WITHDRAW", "withdrawal", text, details=gone(when="2026-07-01"))
    refused(site, "PERMISSION_UNKNOWN", "withdrawal", text, details=gone(permissions=["gene-therapy"]))


def at_the_site(base, sponsor, board, site, elsewhere, ids):
    """What a site asks and makes with its own folder, while the records are at the server."""
    ask = ("--study", STUDY, "--participant", "101")

    def status(party, want, at, *who):
        done = party.run("consent status", *(who or ask), "--purpose", "future-research", "--at", at, "--json",
            want={"GRANTED": 0, "UNKNOWN": 2}.get(want, 1))
        check(json.loads(done.stdout)["state"] == want, f"{party.name} at {at}: not {want}: {done.stdout}")
        return done
    status(site, "GRANTED", "2026-03-01")
    status(site, "REFUSED", "2026-03-20")
    status(site, "WITHDRAWN", "2026-05-01")
    status(site, "REFUSED", "2026-03-20", "--study", STUDY, "--participant", ids["value"])
    left = [f for _, _, files in os.walk(os.path.join(base, "site-1.state")) for f in files if f.startswith("consent.db")]
    check(left == [], f"an index stays behind: {left}")
    done = status(elsewhere, "UNKNOWN", "2026-03-20", "--study", STUDY, "--participant", ids["value"])
    site.run("consent status", "--study", STUDY, "--participant", "102", "--purpose", "x", want=66)
    listed = json.loads(site.run("consent list", *ask, "--json").stdout)["records"]
    check([r["kind"] for r in listed] == ["consent", "consent", "withdrawal", "access-event"] and listed[0]["id"] == ids["consent"]
        and all(r["participant"] == ids["value"] for r in listed), f"the list of a participant: {listed}")
    gaps = json.loads(site.run("consent gaps", "--study", STUDY, "--at", "2026-07-01", "--json").stdout)["gaps"]
    check(gaps == [], f"gaps: {gaps}")
    done = site.run("consent check", *ask, "--purpose", "participation", "--who", "biobank", "--record", "--json", want=1)
    event = json.loads(done.stdout)["event"]
    check(json.loads(site.ask("GET", f"/v1/records/{event}").body)["kind"] == "access-event", "the refusal of access is a record")

    # a page, a FHIR Consent and a record for the participant: only with the site's own folder
    page = os.path.join(base, "page.html")
    site.run("page", ids["again"], "-o", page)
    judged = subprocess.run([VERIFY, "receipt", "--json", "--trust", os.path.join(base, "trust"), page], capture_output=True, text=True)
    check('"verdict":"VERIFIED"' in judged.stdout, f"the page: {judged.stdout}")
    with open(page, encoding="utf-8") as f:
        check(ids["again"] in f.read(), "the page shows its record")
    check("DOCUMENT_MISSING" in elsewhere.run("page", ids["again"], "-o", page + "2", want=66).stderr, "no page without the details")
    check("no DIR" in site.run("page", base, ids["again"], "-o", page + "3", want=64).stderr, "a folder too many")
    fhir = os.path.join(base, "consent.json")
    site.run("consent export", ids["consent"][:16], "--format", "fhir-json", "-o", fhir)
    told = json.loads(site.run("consent export", ids["again"], "--format", "ts27560").stdout)
    check(told["header"]["record_id"] == ids["again"] and "withdraw" in json.dumps(told), f"ISO/IEC TS 27560: {told}")
    check("DOCUMENT_MISSING" in elsewhere.run("consent export", ids["again"], "--format", "ts27560", want=66).stderr, "no export either")
    with open(fhir, encoding="utf-8") as f:
        text = f.read()
    with open(fhir, "w", encoding="utf-8") as f:
        f.write(text.replace(ids["value"], "34" * 32))
    words = ("--study", STUDY, "--form", ids["form"], "--role", "participant")
    check("UNKNOWN_PARTICIPANT" in site.run("consent import", fhir, *words, "--participant", "103", want=66).stderr, "import of a number that is not there")
    site.run("consent import", fhir, *words, "--participant", "34" * 32, "--dry-run")
    before = site.sees()
    site.run("consent import", fhir, *words, "--participant", "34" * 32)
    check(len(site.sees()) == len(before) + 1, "an imported consent is a record")
    unapproved = sponsor.submit("consent-form", "--version", "0.8", sample("consent-form-en-v1.0.txt"), details="consent-form-en-v1.0.json")
    with open(fhir, encoding="utf-8") as f:
        text = f.read()
    with open(fhir, "w", encoding="utf-8") as f:
        f.write(text.replace(ids["form"], unapproved))
    done = site.run("consent import", fhir, "--study", STUDY, "--form", unapproved, "--role", "participant", "--participant", "34" * 32, want=1)
    check("FORM_UNAPPROVED" in done.stderr, f"import on a form that nobody approved: {done.stderr}")

    # a signature of what is there: the key stays with the board
    key, cert = os.path.join(base, "board.key"), os.path.join(base, "board.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Dr. A",
        "-days", "30", "-addext", "keyUsage=critical,digitalSignature", "-keyout", key, "-out", cert], check=True, capture_output=True)
    signed = json.loads(board.run("countersign", ids["form2"], "--sign", key, "--cert", cert, "--meaning", "review", "--json").stdout)
    check(signed["countersigns"] == ids["form2"] and signed["new"], f"countersigned: {signed}")
    again = json.loads(board.run("countersign", ids["form2"], "--sign", key, "--cert", cert, "--meaning", "review", "--json").stdout)
    check(again["id"] == signed["id"] and not again["new"], "the same signature is the same record")
    check("UNKNOWN_RECORD" in board.run("countersign", "0" * 64, "--sign", key, "--cert", cert, "--meaning", "review", want=66).stderr,
        "nothing to sign")
    for verb in ("participant list", "erase", "export"):
        done = subprocess.run([PROGRAM, *verb.split(), "--server", "https://x", base], capture_output=True, text=True)
        check(done.returncode == 64 and "takes no server" in done.stderr, f"{verb} --server: {done.stderr}")


def sponsor_form(base, sponsor, board):
    """The same form in the other study, approved there."""
    made = []
    for party, kind, details, words in ((sponsor, "consent-form", "consent-form-en-v1.0.json", [sample("consent-form-en-v1.0.txt")]),
            (board, "ethics-approval", "ethics-approval.json", [sample("ethics-approval.txt")])):
        links = ["--link", f"approves={made[0]}"] if made else []
        done = party.run("submit", "--study", "DEMO-2", "--kind", kind, "--details", os.path.join(SAMPLES, "details", details), *links, *words)
        made.append(done.stdout.split()[0])
    return made[0]


def second_opinion(base, board, ids):
    """An opinion that another one has replaced already."""
    first = board.submit("ethics-approval", "--link", f"approves={ids['protocol']}", "--set", "committee=Board", "--set", "decision=approved")
    board.submit("ethics-approval", "--link", f"approves={ids['protocol']}", "--link", f"supersedes={first}", "--set", "committee=Board",
        "--set", "decision=conditional")
    return first


def judge(trust, bundle, want, holds=None, lacks=None):
    if not os.path.exists(bundle):
        check(False, f"there is no {bundle}")
        return
    done = subprocess.run([VERIFY, "--json", "--trust", trust, bundle], capture_output=True, text=True, timeout=120)
    told = json.loads(done.stdout)["results"][0]
    check(told["verdict"] in want, f"{os.path.basename(bundle)}: {told['verdict']}: {told['reasons']}")
    names = zipfile.ZipFile(bundle).namelist()
    check(holds is None or holds in names, f"{bundle} lacks {holds}: {names}")
    check(lacks is None or lacks not in names, f"{bundle} holds {lacks}")


def main():
    base = tempfile.mkdtemp(prefix="trialnotary-life-")
    s = Service(os.path.join(base, "notary"), seal_ms=100)
    try:
        subprocess.run([PROGRAM, "trust", "export", s.folder, "-o", os.path.join(base, "trust")], check=True, capture_output=True)
        live(base, s)
        for verb in (["fsck"], ["log", "audit"], ["audit", "check"]):
            done = subprocess.run([PROGRAM, *verb, s.folder], capture_output=True, text=True, timeout=120)
            check(done.returncode == 0, f"{' '.join(verb)}: {done.stdout} {done.stderr}")
    finally:
        if s.process:
            s.process.kill()
            s.process.wait()
        shutil.rmtree(base, ignore_errors=True)
    print(f"{count} checks, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
