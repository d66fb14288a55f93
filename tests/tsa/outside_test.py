#!/usr/bin/env python3
"""A service whose seals are stamped by others: another notary's /tsa, 'openssl ts' over HTTP, one with CRLs and OCSP, and one
that lies. What the bundles hold, what each policy says of them, and what happens while nobody answers.

TRIALNOTARY, TRIALVERIFY: paths of the programs.
"""
import datetime, json, os, re, shutil, signal, subprocess, sys, tempfile, time, zipfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "..", "service")]
import authority, revocation_world
from free_port import free_port
from service import PROGRAM, Service

VERIFY = os.environ.get("TRIALVERIFY", "trialverify")
# What a machine that is loaded with work may take.
PATIENCE = 60

faults = []
count = 0


def check(good, what):
    global count
    count += 1
    if not good:
        faults.append(what)
        print("FAILED:", what, flush=True)


def run(*words, want=0):
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    check(done.returncode == want, f"{' '.join(words)}: status {done.returncode}, not {want}: {done.stdout} {done.stderr}")
    return done


def until(good, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if good():
            return True
        time.sleep(0.1)
    check(False, "not within a minute: " + what)
    return False


class Site:
    """A client of the service with a folder of its own."""

    def __init__(self, base, service):
        self.base, self.service, self.number = base, service, 0
        service.party("site-1", "sponsor")
        self.token_file = os.path.join(base, "token")
        with open(self.token_file, "w", encoding="utf-8") as f:
            f.write(service.token("site-1")["token"] + "\n")
        os.chmod(self.token_file, 0o600)

    def here(self):
        return ["--server", f"http://127.0.0.1:{self.service.port}", "--token-file", self.token_file, "--state",
                os.path.join(self.base, "state")]

    def submit(self):
        self.number += 1
        path = os.path.join(self.base, f"document-{self.number}.txt")
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"document {self.number}\n")
        done = run(PROGRAM, "submit", *self.here(), "--study", "DEMO-1", "--kind", "protocol", path)
        return done.stdout.split()[0]

    def bundle(self, record):
        """The bundle as it is now; None while there is none."""
        path = os.path.join(self.base, record[:16] + ".asice")
        if os.path.exists(path):
            os.remove(path)
        done = subprocess.run([PROGRAM, "fetch", *self.here(), record, "-o", path], capture_output=True, text=True, timeout=120)
        return path if done.returncode == 0 else None

    def evidence(self, record):
        path = self.bundle(record)
        if path is None:
            return 0
        with zipfile.ZipFile(path) as z:
            return sum(1 for n in z.namelist() if n.endswith(".ers"))


def ready(service):
    return json.loads(service.send("GET", "/readyz").body)


def works(service):
    return {a["name"]: a["works"] for a in ready(service)["authorities"]}


def reload(service):
    def times():
        with open(service.beside("serve.out"), encoding="utf-8") as f:
            return f.read().count('"event":"reloaded"')
    before = times()
    service.process.send_signal(signal.SIGHUP)
    until(lambda: times() > before, "a reload")


def write_policy(trust, time_rules, revocation="if-present"):
    path = os.path.join(trust, "policy.json")
    with open(path, encoding="utf-8") as f:
        policy = json.load(f)
    policy["time"], policy["revocation"] = time_rules, revocation
    with open(path, "w", encoding="utf-8") as f:
        json.dump(policy, f)


def judge(trust, bundle, want, reason=None, says=()):
    done = run(VERIFY, "--json", "--trust", trust, bundle, want={"VERIFIED": 0, "REJECTED": 1, "INDETERMINATE": 2}[want])
    told = json.loads(done.stdout)["results"][0]
    check(told["verdict"] == want, f"{bundle}: {told['verdict']}, not {want}")
    if reason:
        check(any(r["code"] == reason for r in told["reasons"]), f"no reason {reason}: {told['reasons']}")
    text = subprocess.run([VERIFY, "--trust", trust, bundle], capture_output=True, text=True, timeout=120).stdout
    for word in says:
        check(word in " ".join(text.split()), f"'{word}' is not said: {text}")
    return told


def hour(n):
    return datetime.datetime.utcnow().replace(microsecond=0) + datetime.timedelta(hours=n)


# ---- the authorities ----

def make_revoking(base):
    """openssl ts, with a CA whose CRL and OCSP responder answer over HTTP."""
    os.mkdir(base)
    world = revocation_world.Authority(base)
    world.serve()
    world.root_crl = world.root.crl("", hour(-1), hour(24))
    world.crl = world.ca.crl(world.index(), hour(-1), hour(24))
    world.ocsp = world.answer(world.index())
    return world


def test_all(base):
    other = Service(os.path.join(base, "other"), tsa_endpoint=1)
    lying = authority.Authority(os.path.join(base, "lying"))
    world = make_revoking(os.path.join(base, "world"))
    mine = Service(os.path.join(base, "mine"), seal_ms=50)
    other_base, mine_base = os.path.join(base, "o"), os.path.join(base, "m")
    os.mkdir(other_base), os.mkdir(mine_base)
    # two services stand side by side: their outputs go into folders of their own
    other.beside, mine.beside = (lambda n: os.path.join(other_base, n)), (lambda n: os.path.join(mine_base, n))
    for service in (other, mine):  # both come back at the place where they are known
        service.configure(listen=f"127.0.0.1:{free_port()}")
    other.start()
    try:
        run(PROGRAM, "trust", "export", other.folder, "-o", os.path.join(base, "trust-of-other"), want=74)  # it is served
        roots = os.path.join(base, "roots.pem")
        certificates = other.send("GET", "/tsa/certificates").body.decode()
        with open(roots, "w", encoding="utf-8") as f:
            f.write("-----BEGIN CERTIFICATE-----" + certificates.split("-----BEGIN CERTIFICATE-----")[-1])  # the CA is last
        add = [PROGRAM, "tsa", "add", mine.folder]
        at = f"http://127.0.0.1:{other.port}/tsa"
        run(*add, "alpha", at, "--roots", roots, "--crl", at + "/crl")
        run(*add, "beta", f"http://127.0.0.1:{world.port}/tsr", "--roots", world.path("root.pem"), "--qualified", "--algorithm", "sha512")
        run(*add, "gamma", lying.url("good"), "--roots", lying.path("ca.pem"), "--timeout", "5")
        mine.start()
        test_tokens(base, mine, world)
        test_reload(base, mine, lying)
        test_slow(mine, lying)
        test_silence(base, mine, other, lying)
        check(mine.stop() == 0, "the service ends well")
        run(PROGRAM, "fsck", mine.folder)
        run(PROGRAM, "log", "audit", mine.folder)
    finally:
        for service in (mine, other):
            if service.process:
                service.process.kill()
                service.process.wait()
        lying.close()


site = None


def test_tokens(base, mine, world):
    global site
    os.mkdir(os.path.join(base, "site"))
    mine.stop()
    site = Site(os.path.join(base, "site"), mine)
    trust = os.path.join(base, "trust")
    run(PROGRAM, "trust", "export", mine.folder, "-o", trust)
    mine.start()
    record = site.submit()
    until(lambda: site.evidence(record) == 4, "tokens of three authorities")
    until(lambda: any(p.endswith("/ocsp") for p in world.asked), "a question about revocation")
    until(lambda: zip_has(site.bundle(record), "META-INF/trialnotary/ocsp001.der"), "an OCSP response in the bundle")
    until(lambda: revocation_of(trust, site.bundle(record)).count("good") == 3, "revocation data of all that have some")
    bundle = site.bundle(record)
    # the operator's own: nobody else is asked for
    told = judge(trust, bundle, "VERIFIED")
    check(len(told["evidence"]) == 4, f"{len(told['evidence'])} time-stamps")
    write_policy(trust, [{"count": 2, "of": ["alpha", "beta", "gamma"]}])
    judge(trust, bundle, "VERIFIED", says=["alpha", "beta"])
    write_policy(trust, [{"count": 3, "of": ["alpha", "beta", "gamma"]}])
    judge(trust, bundle, "VERIFIED")
    write_policy(trust, [{"count": 1, "qualified": True}, {"count": 2, "operator": False}])
    judge(trust, bundle, "VERIFIED")
    # gamma's certificates name no place to ask for revocation: with data required, it does not count
    write_policy(trust, [{"count": 3, "of": ["alpha", "beta", "gamma"]}], revocation="required")
    judge(trust, bundle, "INDETERMINATE", "POLICY_UNMET", says=["gamma"])
    write_policy(trust, [{"count": 2, "of": ["alpha", "beta", "gamma"]}], revocation="required")
    judge(trust, bundle, "VERIFIED")
    # a policy that names somebody who did not stamp
    run(VERIFY, "trust", "add", trust, "--authority", "delta", "--roots", world.path("other.pem"))
    write_policy(trust, [{"count": 1, "of": ["delta"]}])
    judge(trust, bundle, "INDETERMINATE", "POLICY_UNMET", says=["delta"])
    names = zipfile.ZipFile(bundle).namelist()
    check(sum(n.startswith("META-INF/ASiCEvidenceRecordManifest") for n in names) == 4, f"manifests: {names}")
    with zipfile.ZipFile(bundle) as z:
        check("batch sha512 " in z.read("META-INF/trialnotary/seal-head").decode(), "the SHA-512 tree has a root in the head")
    metrics = mine.send("GET", "/metrics").body.decode()
    check(re.search(r'notary_tsa_requests_total\{tsa="alpha",result="ok"\} [1-9]', metrics), "alpha's tokens are counted")
    check("notary_seals_lacking_tokens 0" in metrics and 'notary_tsa_up{tsa="beta"} 1' in metrics, "gauges")
    check(re.search(r'notary_clock_offset_seconds\{tsa="gamma"\}', metrics), "the clock is compared")


def revocation_of(trust, bundle):
    done = subprocess.run([VERIFY, "--json", "--trust", trust, bundle], capture_output=True, text=True, timeout=120)
    return [e["revocation"] for e in json.loads(done.stdout)["results"][0]["evidence"]]


def zip_has(path, name):
    return path is not None and name in zipfile.ZipFile(path).namelist()


def test_reload(base, mine, lying):
    """An authority that starts to lie is left out, and seen; another list takes effect without a restart."""
    run(PROGRAM, "tsa", "add", mine.folder, "liar", lying.url("wrong-imprint"), "--roots", lying.path("ca.pem"), "--no-test")
    run(PROGRAM, "tsa", "wanted", mine.folder, "4")
    reload(mine)
    record = site.submit()
    until(lambda: site.evidence(record) == 4, "all but the liar")
    until(lambda: works(mine).get("liar") is False, "the liar is seen")
    until(lambda: '"TS_IMPRINT"' in open(mine.beside("serve.out"), encoding="utf-8").read(), "why is in the log")
    check(ready(mine)["seals_lacking_tokens"] >= 1, "what is missing is said")
    run(PROGRAM, "tsa", "remove", mine.folder, "liar")
    run(PROGRAM, "tsa", "wanted", mine.folder, "3")
    reload(mine)
    until(lambda: ready(mine)["seals_lacking_tokens"] == 0, "nothing is missing any more")
    # a list that is damaged changes nothing
    path = os.path.join(mine.folder, "authorities.json")
    good = open(path, encoding="utf-8").read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(good.replace('"wanted"', '"wantd"') if '"wanted"' in good else good.replace('"authorities"', '"authoritys"'))
    mine.process.send_signal(signal.SIGHUP)
    until(lambda: "not reloaded: CONFIG_SHAPE" in mine.errors(), "a damaged list is refused")
    check(len(ready(mine)["authorities"]) == 3, "the old list goes on")
    with open(path, "w", encoding="utf-8") as f:
        f.write(good)
    reload(mine)
    # nor does one that names a secret which others may read: those that were there are asked as before
    secret = os.path.join(mine.folder, "password")
    with open(secret, "w", encoding="utf-8") as f:
        f.write("secret\n")
    os.chmod(secret, 0o600)
    run(PROGRAM, "tsa", "add", mine.folder, "club", lying.url("password"), "--roots", lying.path("ca.pem"), "--user", "me",
        "--password-file", secret, "--no-test")
    os.chmod(secret, 0o644)
    mine.process.send_signal(signal.SIGHUP)
    until(lambda: "not reloaded: PERMISSION" in mine.errors(), "a secret that others may read is refused")
    check(len(ready(mine).get("authorities", [])) == 3, f"the old list goes on: {ready(mine)}")
    record = site.submit()
    until(lambda: site.evidence(record) == 4, "the old list is asked")
    run(PROGRAM, "tsa", "remove", mine.folder, "club")
    reload(mine)


def test_slow(mine, lying):
    """One that takes its time delays neither the seal nor the others."""
    run(PROGRAM, "tsa", "remove", mine.folder, "gamma")
    run(PROGRAM, "tsa", "add", mine.folder, "snail", lying.url("silent"), "--roots", lying.path("ca.pem"), "--timeout", "30", "--no-test")
    run(PROGRAM, "tsa", "wanted", mine.folder, "3")
    reload(mine)
    began = time.monotonic()
    records = [site.submit() for _ in range(3)]
    until(lambda: all(site.evidence(r) == 3 for r in records), "own, alpha, beta")
    check(time.monotonic() - began < 25, f"it took {time.monotonic() - began:.0f} s")
    run(PROGRAM, "tsa", "remove", mine.folder, "snail")
    run(PROGRAM, "tsa", "wanted", mine.folder, "1")
    reload(mine)


def test_silence(base, mine, other, lying):
    """Without an own authority and with nobody who answers, records are taken and wait; then all of them get one seal."""
    run(PROGRAM, "tsa", "remove", mine.folder, "beta")
    run(PROGRAM, "tsa", "embedded", mine.folder, "off")
    reload(mine)
    check(other.stop() == 0, "the other ends well")
    records = [site.submit() for _ in range(3)]
    until(lambda: works(mine) == {"alpha": False}, "alpha is seen to be away")
    records += [site.submit() for _ in range(2)]
    answer = mine.send("GET", "/readyz")
    check(answer.status == 200 and ready(mine)["waiting_seconds"] >= 0, f"/readyz: {answer.status} {answer.body}")
    check(all(site.bundle(r) is None for r in records), "nothing is sealed yet")
    # killed while it waits: nothing is lost
    mine.process.kill()
    mine.process.wait()
    mine.process = None
    mine.start()
    time.sleep(0.5)
    other.start()
    until(lambda: all(site.evidence(r) == 1 for r in records), "all are sealed once alpha is back")
    seals = {json.loads(run(PROGRAM, "status", *site.here(), r, "--json").stdout)["records"][0]["seal"] for r in records}
    check(len(seals) <= 3, f"they coalesce: seals {seals}")
    trust = os.path.join(base, "trust")
    write_policy(trust, [{"count": 1, "operator": False}])
    judge(trust, site.bundle(records[0]), "VERIFIED")
    write_policy(trust, [{"count": 1, "operator": True}])
    judge(trust, site.bundle(records[0]), "INDETERMINATE", "POLICY_UNMET", says=["embedded"])


def main():
    base = tempfile.mkdtemp(prefix="trialnotary-outside-")
    try:
        test_all(base)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    print(f"{count} checks, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
