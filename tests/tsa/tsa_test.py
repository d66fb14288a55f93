#!/usr/bin/env python3
"""'trialnotary tsa' with a real authority on loopback, and with one that lies in every way that we know of.

TRIALNOTARY: path of the program.
"""
import fcntl, hashlib, json, os, re, shutil, signal, socket, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from authority import OTHER_POLICY, POLICY, Authority

PROGRAM = os.environ.get("TRIALNOTARY", "trialnotary")
USAGE, NO_INPUT, IO, PERMISSION = 64, 66, 74, 77
REJECTED, UNDECIDED = 1, 2
# What a program that is loaded with work may take beside the time-out of an authority.
SPARE = 20.0

faults = []
count = 0


def check(good, what):
    global count
    count += 1
    if not good:
        faults.append(what)
        print("FAILED:", what, flush=True)


def run(*words, want=0, limit=SPARE):
    """Runs the program; checks its status and that it ends in time."""
    began = time.monotonic()
    try:
        done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=limit + 60)
    except subprocess.TimeoutExpired:
        check(False, f"{' '.join(words)}: hangs")
        return subprocess.CompletedProcess(words, -1, "", "")
    took = time.monotonic() - began
    check(done.returncode == want, f"{' '.join(words)}: status {done.returncode}, not {want}: {done.stdout} {done.stderr}")
    check(took < limit, f"{' '.join(words)}: took {took:.1f} s")
    check("ERROR: AddressSanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr)
    return done


def run_json(*words, want=0, limit=SPARE):
    done = run(*words, "--json", want=want, limit=limit)
    check(done.stdout.count("\n") == 1, f"{' '.join(words)}: not one line: {done.stdout!r}")
    try:
        return json.loads(done.stdout)
    except ValueError:
        check(False, f"{' '.join(words)}: no JSON: {done.stdout!r}")
        return {}


def says(done, pattern, where="stderr"):
    text = getattr(done, where)
    check(re.search(pattern, text) is not None, f"{' '.join(done.args[1:])}: '{pattern}' is not in {text!r}")


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


class Work:
    """A notary and its files of authorities."""

    def __init__(self, folder, authority):
        self.folder, self.authority = os.path.join(folder, "n"), authority
        self.roots = authority.path("ca.pem")
        run("init", self.folder, "--origin", "test.example/tsa")

    def add(self, name, mode="good", profile="p256", *options, want=0, limit=SPARE, tls=False):
        url = mode if "://" in mode else self.authority.url(mode, profile, tls)
        return run("tsa", "add", self.folder, name, url, "--roots", self.roots, *options, want=want, limit=limit)

    def list(self):
        return read(os.path.join(self.folder, "authorities.json"))

    def names(self):
        text = self.list()
        return [a["name"] for a in json.loads(text)["authorities"]] if text else []

    def pem(self, name):
        return read(os.path.join(self.folder, "authorities", name + ".pem"))


# mode: (code, exit status, part of the message)
MODES = {
    "wrong-imprint": ("TS_IMPRINT", REJECTED, "another value"),
    "wrong-nonce": ("TS_NONCE", REJECTED, "nonce"),
    "no-nonce": ("TS_NONCE", REJECTED, "nonce"),
    "replay": ("TS_NONCE", REJECTED, "nonce"),
    "other-ca": ("UNKNOWN_ROOT", UNDECIDED, "leads to no pinned certificate"),
    "expired": ("TS_CERT_TIME", REJECTED, "was not valid at"),
    "not-for-stamping": ("TS_CERT_PROFILE", REJECTED, "timeStamping"),
    "no-certificate": ("UNKNOWN_ROOT", UNDECIDED, "the certificate of the signer is not there"),
    "hour-ago": ("CLOCK_DOUBT", IO, "before this machine's"),
    "hour-ahead": ("CLOCK_DOUBT", IO, "after this machine's"),
    "signature": ("TS_SIGNATURE", REJECTED, "does not verify"),
    "truncated": ("TS_SHAPE", REJECTED, "strict DER"),
    "trailing": ("TS_SHAPE", REJECTED, "strict DER"),
    "indefinite": ("TS_SHAPE", REJECTED, "strict DER"),
    "token-alone": ("TS_SHAPE", REJECTED, "strict DER"),
    "html-as-reply": ("TS_SHAPE", REJECTED, "strict DER"),
    "empty": ("TS_SHAPE", REJECTED, "strict DER"),
    "granted-nothing": ("TS_SHAPE", REJECTED, "without a token"),
    "with-mods": ("TS_STATUS", REJECTED, "answered: grantedWithMods"),
    "rejection": ("TS_STATUS", REJECTED, "answered: rejection, systemFailure: not today"),
    "rejection-with-token": ("TS_STATUS", REJECTED, "rejection, badAlg: take it"),
    "waiting": ("TS_STATUS", REJECTED, "answered: waiting"),
    "http-404": ("FETCH_FAILED", IO, "HTTP status 404"),
    "http-429": ("FETCH_FAILED", IO, "HTTP status 429"),
    "http-500": ("FETCH_FAILED", IO, "HTTP status 500"),
    "retry-date": ("FETCH_FAILED", IO, "HTTP status 503"),
    "redirect": ("FETCH_FAILED", IO, "elsewhere, which is not followed"),
    "html": ("FETCH_FAILED", IO, "'text/html', not 'application/timestamp-reply'"),
    "type": ("FETCH_FAILED", IO, "'application/octet-stream', not"),
    "endless": ("FETCH_FAILED", IO, "too long"),
    "slow": ("FETCH_FAILED", IO, "timed out"),
    "silent": ("FETCH_FAILED", IO, "timed out"),
    "cut": ("FETCH_FAILED", IO, "closed"),
    "password": ("FETCH_FAILED", IO, "HTTP status 401"),
    "client-certificate": ("FETCH_FAILED", IO, "HTTP status 403"),
}


def test_lies(w):
    """Each is refused by its own code, in time, and leaves nothing behind; one question is asked, never two."""
    before = w.list()
    for mode, (code, status, words) in MODES.items():
        timeout = "2" if mode in ("slow", "silent") else "15"
        asked = len(w.authority.asked)
        done = w.add("liar", mode, "p256", "--timeout", timeout, want=status, limit=int(timeout) + SPARE)
        says(done, f"^trialnotary: {code}: .*{re.escape(words)}")
        check(done.stdout == "", f"{mode}: {done.stdout}")
        check(("put them into --roots too" in done.stderr) == (code == "UNKNOWN_ROOT"), f"{mode}: {done.stderr}")
        check(w.list() == before and w.pem("liar") is None, f"{mode} leaves something behind")
        check(len(w.authority.asked) == asked + 1, f"{mode}: asked {len(w.authority.asked) - asked} times")
    # a policy is demanded only of those that it is set for
    done = w.add("liar", "other-policy", "p256", "--policy", POLICY, want=UNDECIDED)
    says(done, f"^trialnotary: TS_POLICY: the token is of policy '{OTHER_POLICY}', not '{POLICY}'")
    # nobody listens
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    says(w.add("liar", f"http://127.0.0.1:{s.getsockname()[1]}/", want=IO), "^trialnotary: FETCH_FAILED: ")
    s.close()
    check(w.list() == before and w.pem("liar") is None, "a failed 'tsa add' leaves something behind")


def test_good(w):
    """Every key and digest; the order; what a test shows."""
    done = w.add("alpha")
    says(done, "(?m)^added alpha$", "stdout")
    digest = hashlib.sha256(pem_der(read(w.roots))).hexdigest()
    says(done, f"{digest}  ca of a test, until 2049-12-31T23:59:59Z", "stdout")
    says(done, "reload")
    check(w.pem("alpha") == read(w.roots), "the roots are not copied")
    check(os.stat(os.path.join(w.folder, "authorities")).st_mode & 0o777 == 0o755, "mode of authorities/")
    told = run_json("tsa", "add", w.folder, "beta", w.authority.url("good", "sha512"), "--roots", w.roots, "--algorithm", "sha512", "--first",
        "--qualified", "--operator", "--policy", POLICY, "--timeout", "15")
    check(told.get("schema") == "trialnotary/tsa-add/1" and told.get("name") == "beta", f"tsa add --json: {told}")
    check(told.get("roots") == [{"sha256": digest, "name": "ca of a test", "end": "2049-12-31T23:59:59Z"}], f"roots: {told}")
    test = told.get("test", {})
    check(test.get("code") == "OK" and test.get("certificate") == "sha512" and test.get("digest") == "sha512" and
        test.get("policy") == POLICY and test.get("certificate_end") == "2049-12-31T23:59:59Z" and test.get("octets", 0) > 500 and
        test.get("round_trip_ms", -1) >= 0 and abs(test.get("offset_ms", 10**9)) <= test.get("uncertainty_ms", 0), f"test: {test}")
    w.add("gamma", "good", "rsa3072", "--no-test")
    check(w.names() == ["beta", "alpha", "gamma"], f"order: {w.names()}")
    a = json.loads(w.list())
    check("wanted" not in a and a["embedded"] is True, "defaults are written")
    check(a["authorities"][0] == {"name": "beta", "url": w.authority.url("good", "sha512"), "roots": "authorities/beta.pem", "policy": POLICY,
        "algorithm": "sha512", "qualified": True, "operator": True, "timeout_ms": 15000}, f"beta: {a['authorities'][0]}")
    all_of = run_json("tsa", "test", w.folder)
    check(all_of.get("schema") == "trialnotary/tsa-test/1" and [x["name"] for x in all_of["authorities"]] == ["beta", "alpha", "gamma"] and
        all(x["test"]["code"] == "OK" for x in all_of["authorities"]), f"tsa test: {all_of}")
    says(run("tsa", "test", w.folder, "gamma"), "(?m)^gamma: works\n  time         20.*Z\n  this clock   [+-].*\n  round trip   .*\n"
        "  certificate  rsa3072, until 2049-12-31T23:59:59Z\n  revocation   its certificate names no CRL and no OCSP .*\n .*do not count .*\n"
        "  policy       .*\n  digest       sha256\n  token        \\d+ octets$", "stdout")
    # nothing to warn of where somebody is named who can be asked
    check(test.get("revocation_missing") is True, f"revocation: {test}")
    for option in ("--crl", "--ocsp"):
        told = run_json("tsa", "add", w.folder, "named", w.authority.url("good"), "--roots", w.roots, option, "http://127.0.0.1:9/x")
        check(told["test"].get("revocation_missing") is False, f"{option}: {told}")
        run("tsa", "remove", w.folder, "named")
    done = run("tsa", "list", w.folder)
    says(done, "(?m)^embedded$", "stdout")
    says(done, f"(?m)^beta +http://127.0.0.1:.*  sha512, policy {re.escape(POLICY)}, qualified, of the operator$", "stdout")
    told = run_json("tsa", "list", w.folder)
    check(told.get("schema") == "trialnotary/tsa-list/1" and told.get("wanted") == 3 and told.get("list") == a, f"tsa list --json: {told}")


def pem_der(pem):
    import ssl
    return ssl.PEM_cert_to_DER_cert(pem.decode())


def test_some_fail(w):
    """'tsa test' goes on after one that does not work, says which, and ends with its code."""
    run("tsa", "add", w.folder, "down", w.authority.url("http-500"), "--roots", w.roots, "--no-test", "--first")
    told = run_json("tsa", "test", w.folder, want=IO)
    tests = {x["name"]: x["test"] for x in told.get("authorities", [])}
    check(list(tests) == ["down", "beta", "alpha", "gamma"], f"names: {list(tests)}")
    check(tests["down"]["code"] == "FETCH_FAILED" and "HTTP status 500" in tests["down"]["text"] and
        all(v is None for k, v in tests["down"].items() if k not in ("code", "text")) and list(tests["down"]) == list(tests["alpha"]) and
        tests["alpha"]["text"] is None,
        f"down: {tests['down']}")
    check(all(tests[n]["code"] == "OK" for n in ("alpha", "beta", "gamma")), f"others: {tests}")
    says(run("tsa", "test", w.folder, want=IO), "FETCH_FAILED: 1 of 4 authorities gave no good time-stamp")
    run("tsa", "test", w.folder, "alpha")
    # a clock that is an hour off is shown with what the authority says
    run("tsa", "add", w.folder, "early", w.authority.url("hour-ahead"), "--roots", w.roots, "--no-test")
    done = run("tsa", "test", w.folder, "early", want=IO)
    says(done, "(?m)^early: CLOCK_DOUBT: ", "stdout")
    says(done, "(?m)^  this clock   -(3599|3600)\\d{3} ms", "stdout")
    run("tsa", "remove", w.folder, "early")
    run("tsa", "remove", w.folder, "down")


def test_lists(w):
    """remove, wanted, embedded."""
    run("tsa", "wanted", w.folder, "2")
    check(json.loads(w.list())["wanted"] == 2, "wanted")
    says(run("tsa", "list", w.folder), "2 of 3 outside the notary")
    for bad in ("0", "4", "-1", "x", "", "02"):
        run("tsa", "wanted", w.folder, bad, want=USAGE)
    run("tsa", "wanted", w.folder, "3")
    check("wanted" not in json.loads(w.list()), "all of them is the default")
    says(run("tsa", "remove", w.folder, "alhpa", want=USAGE), "no authority 'alhpa'; did you mean 'alpha'")
    says(run("tsa", "test", w.folder, "zzzzzz", want=USAGE), "no authority 'zzzzzz': see")
    told = run_json("tsa", "remove", w.folder, "alpha")
    check(told == {"schema": "trialnotary/tsa-remove/1", "embedded": True, "wanted": 2, "authorities": 2}, f"remove: {told}")
    check(w.names() == ["beta", "gamma"] and w.pem("alpha") == read(w.roots), "roots of a removed authority are needed for its tokens")
    run("tsa", "embedded", w.folder, "off")
    check(json.loads(w.list())["embedded"] is False, "embedded off")
    for bad in ("of", "", "true"):
        run("tsa", "embedded", w.folder, bad, want=USAGE)
    run("tsa", "remove", w.folder, "beta")
    says(run("tsa", "remove", w.folder, "gamma", want=USAGE), "CONFIG_SHAPE: without the embedded authority another is needed")
    check(w.names() == ["gamma"], "a refused removal removes")
    run("tsa", "embedded", w.folder, "on")
    run("tsa", "remove", w.folder, "gamma")
    check(json.loads(w.list()) == {"schema": "trialnotary/authorities/1", "embedded": True, "authorities": []}, "the empty list")
    says(run("tsa", "wanted", w.folder, "1", want=USAGE), "no authority was added yet")
    says(run("tsa", "test", w.folder, want=USAGE), "no authority was added yet")
    # the same roots may come back under the name, others may not
    w.add("alpha")
    run("tsa", "remove", w.folder, "alpha")
    w.roots = w.authority.path("only-ca.pem")
    says(w.add("alpha", "good", "only", want=USAGE), "EXISTS: 'authorities/alpha.pem' holds other roots: choose another name")
    check(w.pem("alpha") == read(w.authority.path("ca.pem")), "roots were replaced")
    w.add("only", "good", "only")
    w.roots = w.authority.path("ca.pem")
    run("tsa", "remove", w.folder, "only")


def test_wrong(w, folder):
    """What is wrong on the command line is said before anything is asked."""
    asked = len(w.authority.asked)
    w.add("alpha", "good", "p256", "--no-test")
    before = w.list()
    for name in ("embedded", "Alpha", "a b", "", "a" * 33, "../x", "a.b"):
        w.add(name, want=USAGE)
    says(w.add("alpha", want=USAGE), "EXISTS: there is an authority 'alpha' already")
    for url in ("ftp://127.0.0.1/", "127.0.0.1", "http://", "http://me:secret@127.0.0.1/", "http://127.0.0.1/a b", "https://x/#y",
            "http://" + "a" * 600):
        says(run("tsa", "add", w.folder, "b", url, "--roots", w.roots, want=USAGE), "CONFIG_SHAPE|USAGE")
    for options in (("--algorithm", "sha384"), ("--algorithm", "md5"), ("--algorithm", "x"), ("--policy", "x"), ("--policy", ""), ("--timeout", "0"),
            ("--timeout", "601"), ("--timeout", "1.5"), ("--crl", "x"), ("--crl", ""), ("--ocsp", "x"), ("--user", "a"), ("--user", "a:b"),
            ("--crl", "http://a") * 5, ("--colour", "red"), ("--ca", w.roots), ("--certificate", w.roots), ("--key", w.roots)):
        w.add("b", "good", "p256", *options, want=USAGE)
    for option in ("--password-file", "--certificate", "--key", "--ca"):
        w.add("b", "good", "p256", option, os.path.join(folder, "nothing"), want=NO_INPUT)
    run("tsa", "add", w.folder, "b", w.authority.url(), want=USAGE)
    run("tsa", "add", w.folder, "b", want=USAGE)
    run("tsa", "add", w.folder, "b", w.authority.url(), "--roots", os.path.join(folder, "nothing"), want=NO_INPUT)
    run("tsa", "add", w.folder, "b", w.authority.url(), "--roots", w.folder, want=NO_INPUT)
    for text in (b"", b"no certificate\n", read(w.authority.path("p256.key")), read(w.roots)[:-60]):
        with open(os.path.join(folder, "bad.pem"), "wb") as f:
            f.write(text)
        says(run("tsa", "add", w.folder, "b", w.authority.url(), "--roots", os.path.join(folder, "bad.pem"), want=USAGE), "the file of --roots")
    for words in (("list",), ("test",), ("remove", "a"), ("wanted", "1"), ("embedded", "on"), ("add", "b", w.authority.url())):
        more = ("--roots", w.roots) if words[0] == "add" else ()
        for where, status in ((os.path.join(folder, "nowhere"), NO_INPUT), (folder, NO_INPUT)):
            says(run("tsa", words[0], where, *words[1:], *more, want=status), "NOT_A_NOTARY")
    check(not os.path.exists(os.path.join(folder, "authorities")), "a folder that is no notary was written to")
    check(w.list() == before and w.pem("b") is None, "a wrong command line leaves something behind")
    check(len(w.authority.asked) == asked, "something was asked")
    # a file that is no list stops everything, and is left alone
    for text in (b"x", b"{}", before.replace(b"alpha", b"embedded"), before.replace(b'"url"', b'"colour"')):
        with open(os.path.join(w.folder, "authorities.json"), "wb") as f:
            f.write(text)
        for words in (("list",), ("test",), ("remove", "alpha"), ("wanted", "1"), ("embedded", "on")):
            says(run("tsa", words[0], w.folder, *words[1:], want=USAGE), "CONFIG_SHAPE: 'authorities.json': ")
        says(w.add("b", want=USAGE), "CONFIG_SHAPE: 'authorities.json': ")
        check(w.list() == text, "a list that cannot be read was changed")
    with open(os.path.join(w.folder, "authorities.json"), "wb") as f:
        f.write(before)
    # eight are the most
    for i in range(7):
        w.add(f"more-{i}", "good", "p256", "--no-test")
    says(w.add("ninth", "good", "p256", "--no-test", want=USAGE), "8 authorities already, which is the most")
    check(w.pem("ninth") is None, "roots of a ninth authority stay")
    for name in w.names():
        run("tsa", "remove", w.folder, name)


def test_identity(w, folder):
    """Password, client certificate, TLS."""
    secret = os.path.join(folder, "password")
    with open(secret, "w", encoding="utf-8") as f:
        f.write("secret\n")
    os.chmod(secret, 0o644)
    says(w.add("a", "password", "p256", "--user", "me", "--password-file", secret, want=PERMISSION), "others may read")
    os.chmod(secret, 0o600)
    says(w.add("a", "password", "p256", "--user", "me", "--password-file", secret), "the password goes over the network as it is")
    check(b"secret" not in w.list(), "the password is in the list")
    says(w.add("b", "password", "p256", "--user", "you", "--password-file", secret, want=IO), "HTTP status 401")
    for text in ("", "\n", "a\nb\n", "a\x07"):
        with open(secret, "w", encoding="utf-8") as f:
            f.write(text)
        says(run("tsa", "test", w.folder, "a", want=USAGE), "CONFIG_SHAPE")
    os.remove(secret)
    says(run("tsa", "test", w.folder, "a", want=NO_INPUT), "NO_INPUT")
    # a file in the notary's folder is named from there, so that the notary may be moved
    inside = os.path.join(w.folder, "authorities", "me.password")
    with open(inside, "w", encoding="utf-8") as f:
        f.write("secret")
    os.chmod(inside, 0o600)
    w.add("b", "password", "p256", "--user", "me", "--password-file", inside)
    check(b'"password_file":"authorities/me.password"' in w.list(), "a path inside is not relative")
    moved = w.folder + ".moved"
    os.rename(w.folder, moved)
    run("tsa", "test", moved, "b")
    os.rename(moved, w.folder)
    # and goes with a backup, wherever in the folder it is; what was removed is no reason to have none
    deep = os.path.join(w.folder, "secrets", "for", "others")
    os.makedirs(deep)
    shutil.copy(inside, os.path.join(deep, "password"))
    w.add("bb", "password", "p256", "--user", "me", "--password-file", os.path.join(deep, "password"))
    backup = os.path.join(folder, "backup")
    run("backup", w.folder, "-o", backup)
    check(os.stat(os.path.join(backup, "secrets", "for", "others", "password")).st_mode & 0o777 == 0o600, "mode of a password in a backup")
    run("tsa", "test", backup, "bb")
    run("restore", backup, backup + "-restored")
    run("tsa", "test", backup + "-restored", "bb")
    shutil.rmtree(os.path.join(w.folder, "secrets"))
    run("backup", w.folder, "-o", backup + "-2")
    run("tsa", "remove", w.folder, "bb")
    for left in (backup, backup + "-2", backup + "-restored"):
        shutil.rmtree(left)
    # the server's certificate leads to the roots given, or to nothing
    says(w.add("c", "good", "p256", tls=True, want=IO), "FETCH_FAILED: .*certificate")
    w.add("c", "good", "p256", "--ca", w.authority.path("ca.pem"), tls=True)
    says(w.add("d", "good", "p256", "--ca", w.authority.path("other-ca.pem"), tls=True, want=IO), "FETCH_FAILED: .*certificate")
    says(w.add("d", w.authority.url("good", "p256", True).replace("localhost", "127.0.0.2"), "p256", "--ca", w.authority.path("ca.pem"), want=IO),
        "FETCH_FAILED: ")
    mine = ("--ca", w.authority.path("ca.pem"), "--certificate", w.authority.path("client.pem"), "--key", w.authority.path("client.key"))
    w.add("d", "client-certificate", "p256", *mine, tls=True)
    says(w.add("e", "client-certificate", "p256", *mine[:2], tls=True, want=IO), "HTTP status 403")
    os.chmod(w.authority.path("client.key"), 0o640)
    says(w.add("e", "client-certificate", "p256", *mine, tls=True, want=PERMISSION), "others may read")
    os.chmod(w.authority.path("client.key"), 0o600)
    # a proxy of the environment is not asked
    os.environ["http_proxy"] = os.environ["ALL_PROXY"] = "http://127.0.0.1:1"
    run("tsa", "test", w.folder, "b")
    del os.environ["http_proxy"], os.environ["ALL_PROXY"]
    for name in w.names():
        run("tsa", "remove", w.folder, name)


def test_beside_a_server(w):
    """The verbs work while the notary is in use, and two at once do not lose a line."""
    with open(os.path.join(w.folder, "lock"), "rb+") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        fcntl.flock(lock, fcntl.LOCK_EX)
        w.add("alpha")
        run("tsa", "test", w.folder)
        run("tsa", "list", w.folder)
    threads = [threading.Thread(target=w.add, args=(f"at-once-{i}",)) for i in range(5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    check(sorted(w.names()) == ["alpha"] + [f"at-once-{i}" for i in range(5)], f"at once: {w.names()}")
    check(os.listdir(os.path.join(w.folder, "authorities")).count("at-once-0.pem") == 1, "roots are missing")
    # a verb that is interrupted while it asks leaves no lock behind
    before = w.list()
    p = subprocess.Popen([PROGRAM, "tsa", "add", w.folder, "stuck", w.authority.url("silent"), "--roots", w.roots])
    end = time.monotonic() + SPARE
    while not any(path == "/p256/silent" for path, _ in w.authority.asked[-1:]) and time.monotonic() < end:
        time.sleep(0.05)
    p.send_signal(signal.SIGKILL)
    p.wait()
    run("tsa", "wanted", w.folder, "1")
    check(json.loads(w.list())["authorities"] == json.loads(before)["authorities"], "an interrupted 'tsa add' adds")
    w.add("stuck")


def main():
    folder = tempfile.mkdtemp(prefix="trialnotary-tsa-")
    try:
        authority = Authority(os.path.join(folder, "authority"), tls=True)
        w = Work(folder, authority)
        check(w.list() is None, "a new notary has no list")
        check(run_json("tsa", "list", w.folder).get("list") == {"schema": "trialnotary/authorities/1", "embedded": True, "authorities": []}, "none")
        test_good(w)
        test_lies(w)
        test_some_fail(w)
        test_lists(w)
        test_wrong(w, folder)
        test_identity(w, folder)
        test_beside_a_server(w)
        check(sorted(os.listdir(folder)) == ["authority", "bad.pem", "n"], f"what is left: {os.listdir(folder)}")
        authority.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{count} checks, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
