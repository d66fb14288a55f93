#!/usr/bin/env python3
"""/tsa of a running service: openssl as the client, refusals, restarts, kills, damage, and the day's record.

  TRIALNOTARY: path of the program
"""
import datetime, hashlib, http.client, os, re, signal, subprocess, sys, tempfile, threading, time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service import Service, away_from_midnight, read_json
from tsp import TSQ, TSR, der, fail_info, query, serial_of, status_of

POLICY = "2.999.3161.1"
faults, count = [], 0


def check(good, text):
    global count
    count += 1
    if not good:
        faults.append(text)
        print(f"FAILED: {text}", flush=True)
    return good


def openssl(work, *words):
    done = subprocess.run(["openssl", *words], cwd=work, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def write(work, name, data):
    with open(os.path.join(work, name), "wb") as f:
        f.write(data)


def read(work, name):
    with open(os.path.join(work, name), "rb") as f:
        return f.read()


def ask(s, body, type=TSQ, **more):
    return s.send("POST", "/tsa", body, [("Content-Type", type)] if type else [], **more)


def token(s, body=None):
    """A granted token's octets."""
    answer = ask(s, body or query())
    check(answer.status == 200 and answer.type() == TSR, f"no reply: {answer.status} {answer.body[:200]!r}")
    return status_of(answer.body)[2]


# ---- what openssl makes of it ----

def certificates(s, work):
    answer = s.send("GET", "/tsa/certificates")
    check(answer.type() == "application/pem-certificate-chain", f"certificates as {answer.type()}")
    parts = re.findall(b"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", answer.body, re.S)
    check(len(parts) == 2 and b"".join(parts) == answer.body, "not two certificates")
    write(work, "tsu.pem", parts[0])
    write(work, "ca.pem", parts[1])
    write(work, "crl.der", s.send("GET", "/tsa/crl").body)
    status, text = openssl(work, "verify", "-purpose", "timestampsign", "-CAfile", "ca.pem", "tsu.pem")
    check(status == 0, f"the certificate does not lead to the CA: {text}")
    status, text = openssl(work, "crl", "-inform", "DER", "-in", "crl.der", "-CAfile", "ca.pem", "-noout")
    check("verify OK" in text, f"the CRL is not the CA's: {text}")


def round_trips(s, work):
    write(work, "data", b"some data\n")
    for alg in ("sha256", "sha384", "sha512"):
        for nonce in ((), ("-no_nonce",)):
            for cert in ((), ("-cert",)):
                for policy in ((), ("-tspolicy", POLICY)):
                    words = (f"-{alg}", *nonce, *cert, *policy)
                    openssl(work, "ts", "-query", "-data", "data", *words, "-out", "q.tsq")
                    answer = ask(s, read(work, "q.tsq"))
                    check(answer.status == 200 and answer.type() == TSR and answer.header("cache-control") == "no-store",
                        f"{words}: {answer.status} {answer.headers}")
                    write(work, "r.tsr", answer.body)
                    known = () if cert else ("-untrusted", "tsu.pem")
                    status, text = openssl(work, "ts", "-verify", "-queryfile", "q.tsq", "-in", "r.tsr", "-CAfile", "ca.pem", *known)
                    check(status == 0 and "Verification: OK" in text, f"{words}: {text}")
                    if not cert:
                        status, text = openssl(work, "ts", "-verify", "-queryfile", "q.tsq", "-in", "r.tsr", "-CAfile", "ca.pem")
                        check(status != 0, f"{words}: a certificate is in the token")
                    _, text = openssl(work, "ts", "-reply", "-in", "r.tsr", "-text")
                    check(f"Policy OID: {POLICY}" in text and "Ordering: no" in text and "Accuracy: 0x01 seconds" in text,
                        f"{words}: {text}")
    # other data, another request: openssl must notice, or the checks above are none
    write(work, "data", b"other data\n")
    status, _ = openssl(work, "ts", "-verify", "-data", "data", "-in", "r.tsr", "-CAfile", "ca.pem")
    check(status != 0, "openssl accepts other data")


def extension():
    """A request whose extension is not critical: refused all the same (RFC 3161 2.4.1)."""
    one = der(0x30, der(6, bytes.fromhex("2b0601040182371501")) + der(4, b"\x05\x00"))
    return query(more=der(0xa0, one))


def refusals(s):
    good, policy = query(), bytes.fromhex("883703")
    cases = {
        "MD5": (query("md5"), 0), "SHA-1": (query("sha1"), 0),
        "another policy": (query(policy=policy), 15), "an extension": (extension(), 16),
        "version 2": (query(version=2), 2), "version 0": (query(version=0), 2),
        "a digest cut": (query(digest=b"x" * 31), 5), "a digest of another hash": (query(digest=b"x" * 64), 5),
        "nothing": (b"", 5), "garbage": (b"no request at all", 5), "octets after it": (good + b"\x00", 5),
        "the request twice": (good + good, 5), "the request cut": (good[:-1], 5),
        "certReq FALSE, which is the default": (query(cert=False, more=b"\x01\x01\x00"), 5),
        "a nonce with a zero too many": (query(nonce=b"\x00\x01"), 5), "an empty nonce": (query(nonce=b""), 5),
        "a length that is not the shortest": (b"\x30\x81" + good[1:], 5), "8192 octets of it": (b"\x30" * 8192, 5),
        "a response": (ask(s, good).body, 2), "a nonce that is too long": (query(nonce=b"\x01" * 33), 2),
    }
    for name, (body, want) in cases.items():
        answer = ask(s, body)
        got = fail_info(answer.body) if answer.type() == TSR else answer.body[:200]
        check(answer.status == 200 and got == want, f"{name}: {answer.status}, failInfo {got}, not {want}")
    metrics = s.send("GET", "/metrics").body.decode()
    for name, n in (("badAlg", 2), ("unacceptedPolicy", 1), ("unacceptedExtension", 1), ("systemFailure", 0)):
        check(f'notary_tsa_refused_total{{fail="{name}"}} {n}\n' in metrics, f"metrics do not count {n} times {name}")
    text = ask(s, query(policy=policy)).body
    check(POLICY.encode() in text, f"the refusal does not name the policy: {text!r}")
    largest = token(s, query(nonce=b"\x7f" * 32))
    check(b"\x02\x20" + b"\x7f" * 32 in largest, "the nonce is not echoed")


def over_http(s):
    for media in (TSQ + "; charset=x", TSQ + ";q=1", TSQ.upper(), "Application/Timestamp-Query"):
        check(fail_info(ask(s, query(), type=media).body) is None, f"media type {media} is refused")
    for media in (None, "text/plain", TSR, TSQ + "s", "application/json", ""):
        answer = ask(s, query(), type=media)
        check(answer.status == 415 and answer.type() == "application/problem+json" and read_json(answer.body)["code"] == "HTTP_UNSUPPORTED",
            f"media type {media}: {answer.status} {answer.type()}")
    for size in (8193, 100000):
        answer = ask(s, b"\x30" * size)
        check(answer.status == 413 and answer.type() == "application/problem+json", f"{size} octets: {answer.status}")
    check(ask(s, query(), type=TSQ).status == 200, "after that nothing is answered")
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        answer = s.send(method, "/tsa", None, [("Content-Type", TSQ)])
        check(answer.status == 405 and "POST" in (answer.header("allow") or ""), f"{method} /tsa: {answer.status} {answer.headers}")
    for path in ("/tsa/", "/tsa/x", "/TSA"):
        check(s.send("GET", path).status == 404, f"{path} is there")
    chunked(s)


def chunked(s):
    """One of the requests that ended another server: here it is read, or refused in words."""
    c = http_connection(s)
    body = query()
    c.putrequest("POST", "/tsa", skip_accept_encoding=True)
    c.putheader("Content-Type", TSQ)
    c.putheader("Transfer-Encoding", "chunked")
    c.endheaders()
    for part in (body[:10], body[10:]):
        c.send(b"%x\r\n%s\r\n" % (len(part), part))
    c.send(b"0\r\n\r\n")
    answer = c.getresponse()
    data = answer.read()
    check(answer.status == 200 and fail_info(data) is None, f"chunked: {answer.status} {data[:200]!r}")
    c.close()


def http_connection(s):
    return http.client.HTTPConnection("127.0.0.1", s.port, timeout=60)


# ---- the journal ----

def journal(s):
    return os.path.join(s.folder, "tsa", "journal")


def days(s):
    return sorted(n for n in os.listdir(journal(s)) if re.fullmatch(r"\d{4}-\d\d-\d\d", n))


def h256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def read_journal(s, cut=True):
    """By docs/formats/issue-journal.md: {SHA-256 of the token: serial}; checks every line and chain."""
    found, number = {}, 0
    for name in days(s):
        data = read(journal(s), name)
        whole, _, rest = data.rpartition(b"\n")
        check(cut or rest == b"", f"{name} ends in half a line")
        head, _, lines = (whole + b"\n").partition(b"\n\n")
        chain = h256(head, b"\n\n")
        for one in lines.splitlines(keepends=True):
            text, value = one[:-65], one[-65:-1].decode()
            chain = h256(chain, text)
            if not check(chain.hex() == value, f"{name}: the chain is broken at {one!r}"):
                return found
            if text.startswith(b"end "):
                continue
            serial, when, alg, digest, policy, nonce, token_, _ = text.decode().split(" ")
            check(serial.startswith("02") and int(serial[2:16], 16) > number and when.startswith(name), f"{name}: {text!r}")
            number = int(serial[2:16], 16)
            found[token_] = serial
    return found


def killed_under_load(s):
    """Every token that a client got is in the journal, and no serial is given twice."""
    got, stop = [], threading.Event()

    def client(n):
        c, i = http_connection(s), 0
        while not stop.is_set():
            i += 1
            try:
                c.request("POST", "/tsa", query(nonce=b"\x01%c%c" % (n, i % 256)), {"Content-Type": TSQ})
                answer = c.getresponse()
                data = answer.read()
            except (OSError, http.client.HTTPException):
                return
            if answer.status == 200 and len(data) == int(answer.getheader("Content-Length")):
                got.append(status_of(data)[2])

    for _ in range(3):
        stop.clear()
        enough = len(got) + 30
        threads = [threading.Thread(target=client, args=(n,)) for n in range(8)]
        for t in threads:
            t.start()
        end = time.monotonic() + 60
        while len(got) < enough and time.monotonic() < end:
            time.sleep(0.01)
        s.process.send_signal(signal.SIGKILL)
        s.process.wait()
        stop.set()
        for t in threads:
            t.join()
        s.start()
    serials = [serial_of(t).hex() for t in got]
    check(len(got) > 50 and len(set(serials)) == len(serials), f"{len(got)} tokens, {len(set(serials))} serials")
    found = read_journal(s, cut=False)
    missing = [x for x in got if hashlib.sha256(x).hexdigest() not in found]
    check(not missing, f"{len(missing)} of {len(got)} tokens are not in the journal")
    check(all(found.get(hashlib.sha256(x).hexdigest()) == serial_of(x).hex() for x in got), "serials differ")
    print(f"killed three times after {len(got)} tokens in all")


def restarts(s):
    before = serial_of(token(s))
    check(s.stop() == 0, f"the service did not end well: {s.errors()}")
    s.start()
    after = serial_of(token(s))
    check(len(before) == len(after) == 20 and before[0] == after[0] == 2, "serials of another form")
    check(int.from_bytes(after[:8], "big") > int.from_bytes(before[:8], "big"), f"serials {before.hex()}, {after.hex()}")


def half_a_line(s):
    """What a crash in the middle of a line leaves."""
    check(s.stop() == 0, f"the service did not end well: {s.errors()}")
    path = os.path.join(journal(s), days(s)[-1])
    with open(path, "ab") as f:
        f.write(b"0200000000000099aabbcc")
    s.start()
    token(s)
    read_journal(s, cut=False)
    with open(s.beside("serve.out"), encoding="utf-8") as f:
        check('"event":"issue_journal_cut"' in f.read(), "the log does not say what was cut")


def damage(s):
    """A journal that was changed: said, nothing issued, all else works."""
    check(s.stop() == 0, f"the service did not end well: {s.errors()}")
    path = os.path.join(journal(s), days(s)[-1])
    with open(path, "rb") as f:
        good = f.read()
    with open(path, "wb") as f:
        f.write(good.replace(b"Z sha256 ", b"Z sha255 ", 1))
    s.start(ready=503)
    ready = s.send("GET", "/readyz")
    check(read_json(ready.body)["code"] == "STORE_CORRUPT", f"/readyz says {ready.body!r}")
    answer = ask(s, query())
    check(answer.status == 200 and fail_info(answer.body) == 25, f"a damaged journal: {answer.body!r}")
    check(s.send("GET", "/v1/log").status == 200 and s.send("GET", "/livez").status == 200, "the rest does not work")
    check(s.send("GET", "/tsa/certificates").status == 503, "certificates of an authority that does not work")
    with open(s.beside("serve.out"), encoding="utf-8") as f:
        check(re.search(r'"event":"tokens_not_issued".*line \d+', f.read()) is not None, "the log does not say where")
    s.stop()
    with open(path, "wb") as f:
        f.write(good)
    s.start()
    token(s)


def yesterday(s):
    """A file of the day before, without its end line, as a service leaves it that stops before midnight. Made by the document alone."""
    day = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)).strftime("%Y-%m-%d")
    head = f"trialnotary/issue-journal/1\norigin test.example/1\nday {day}\nfirst 1\nprevious none\n\n".encode()
    chain, text = h256(head), head
    for n in range(1, 4):
        line = f"02{n:014x}{'ab' * 12} {day}T23:59:59Z sha256 {'00' * 32} - - {'11' * 32} ".encode()
        chain = h256(chain, line)
        text += line + chain.hex().encode() + b"\n"
    os.makedirs(journal(s), mode=0o700)
    write(journal(s), day, text)
    end = b"end 3 "
    return day, text + end + h256(chain, end).hex().encode() + b"\n"


def wait_for(path):
    for _ in range(600):
        if os.path.exists(path):
            return True
        time.sleep(0.05)
    return False


def day_record(work):
    s = Service(os.path.join(work, "day"), tsa_endpoint=1, seal_ms=100)
    day, want = yesterday(s)
    s.start()
    mark = os.path.join(journal(s), day + ".record")
    check(wait_for(mark), "yesterday was not notarised")
    check(read(journal(s), day) == want, "the file of yesterday did not end as the document says")
    record = read(journal(s), day + ".record").decode().strip()
    first = serial_of(token(s))
    check(int.from_bytes(first[:8], "big") == 2 << 56 | 4, f"the numbers do not go on: {first.hex()}")
    head = read(journal(s), days(s)[-1]).decode().split("\n")
    check(head[3] == "first 4" and head[4] == "previous " + want[-65:-1].decode(), f"today's head is {head[:5]}")
    check(s.stop() == 0, f"the service did not end well: {s.errors()}")
    # a crash between record and mark: the same record is found again
    os.unlink(mark)
    s.start()
    check(wait_for(mark), "yesterday was not named again")
    check(read(journal(s), day + ".record").decode().strip() == record, "yesterday was notarised twice")
    read_journal(s, cut=False)
    s.stop()
    check(journal_faults(s) == [], "tsa journal finds faults")
    tampered(s, day)
    listed = s.run("list", s.folder, "--study", "notary-tsa")
    records = [r for r in listed["records"]]
    check(len(records) == 1 and records[0]["id"] == record and records[0]["kind"] == "audit", f"the records are {records}")
    shown = s.run("show", s.folder, record)
    document = shown["documents"][0]
    check(document["name"] == f"issue-journal-{day}.txt" and document["sha256"] == hashlib.sha256(want).hexdigest(), f"it has {document}")


def journal_faults(s):
    done = subprocess.run([os.environ["TRIALNOTARY"], "tsa", "journal", s.folder, "--json"], capture_output=True)
    found = read_json(done.stdout)
    check((done.returncode != 0) == (found["faults"] > 0) and found["faults"] == len(found["findings"]), f"tsa journal: {found}")
    return [f["code"] for f in found["findings"]]


def tampered(s, day):
    """Who can write the whole folder makes another chain, and is found by the record all the same."""
    path = os.path.join(journal(s), day)
    good = read(journal(s), day)
    lines = good.split(b"\n\n", 1)[1].splitlines()
    head, chain = good.split(b"\n\n", 1)[0] + b"\n\n", None
    chain, text = h256(head), head
    for one in lines[:1] + [b"end 1 "]:
        part = one if one.startswith(b"end") else one[:-64]
        chain = h256(chain, part)
        text += part + chain.hex().encode() + b"\n"
    write(journal(s), day, text)
    check(journal_faults(s) == ["STORE_CORRUPT", "AUDIT_MISMATCH"], "a day that was made again is not found")
    write(journal(s), day, good.replace(b"23:59:59Z", b"23:59:58Z", 1))
    check(journal_faults(s) == ["STORE_CORRUPT"], "a changed line is not found")
    os.rename(path, path + ".away")
    found = read_json(subprocess.run([os.environ["TRIALNOTARY"], "tsa", "journal", s.folder, "--json"], capture_output=True).stdout)
    check((found["faults"], found["away"], found["days"]) == (0, 1, 1), f"a day that was moved away: {found}")
    write(journal(s), day, good)
    check(journal_faults(s) == [], "the good file is no longer good")


def off(work):
    s = Service(os.path.join(work, "off"))
    s.start()
    for method, path in (("POST", "/tsa"), ("GET", "/tsa"), ("GET", "/tsa/certificates"), ("GET", "/tsa/crl")):
        check(s.send(method, path, b"" if method == "POST" else None).status == 404, f"{path} is there though tsa_endpoint is 0")
    check(s.stop() == 0, "the service did not end well")
    check(not os.path.exists(journal(s)), "a journal was made")


def served(work):
    s = Service(os.path.join(work, "notary"), tsa_endpoint=1)
    s.start()
    try:
        certificates(s, work)
        round_trips(s, work)
        refusals(s)
        over_http(s)
        restarts(s)
        killed_under_load(s)
        half_a_line(s)
        damage(s)
        check(s.stop() == 0, f"the service did not end well: {s.errors()}")
        check(s.run("fsck", s.folder)["faults"] == 0, "fsck finds faults")
    finally:
        s.stop()


def main():
    with tempfile.TemporaryDirectory() as work:
        away_from_midnight()
        served(work)
        off(work)
        away_from_midnight()
        day_record(work)
    print(f"{count} checks, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
