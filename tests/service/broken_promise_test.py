"""
A notary that gives a receipt and keeps the entry out of its log: anybody can prove it, offline, by the three steps of
docs/formats/receipt.md ("A broken promise"), with openssl, hashes and what the notary itself published.
"""
import base64, calendar, hashlib, json, os, re, subprocess, sys, tempfile, time

sys.dont_write_bytecode = True
from records import Stream, entry, line, tree_root
from service import Service

VERIFY = os.environ["TRIALVERIFY"]
checks = faults = 0


def check(good, what):
    global checks, faults
    checks += 1
    if not good:
        faults += 1
        print(f"FAILED: {what}")


def openssl(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, capture_output=True)


# ---- the notary, which lies ----

def sign(key, data, work):
    path = os.path.join(work, "to-sign")
    with open(path, "wb") as f:
        f.write(data)
    done = openssl("pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", path)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def lie(folder, trust, submission, accepted, work):
    """A receipt for an entry that is nowhere, by the notary's own key."""
    with open(os.path.join(trust, "receipts"), encoding="utf-8") as f:
        name, id_ = re.match(r"key (\S+)\+([0-9a-f]{8})\+", f.read()).groups()
    text = entry(submission)
    root = hashlib.sha256(b"\0" + text).hexdigest()
    note = f"trialnotary/receipt/1\norigin test.example/1\ngroup 1\nroot {root}\n"
    note += f"accepted {accepted}\ndelay 60\n"
    signature = sign(os.path.join(folder, "keys", "receipt.key"), note.encode(), work)
    stamp = base64.b64encode(bytes.fromhex(id_) + signature).decode()
    return (note + f"\n\u2014 {name} {stamp}\n\nindex 0\n").encode() + text


# ---- what anybody does ----

def read_der(data, at=0):
    """One element: (tag, content from, content to)."""
    tag, n, at = data[at], data[at + 1], at + 2
    if n & 0x80:
        size = n & 0x7F
        n, at = int.from_bytes(data[at:at + size], "big"), at + size
    return tag, at, at + n


def children(data, begin, end):
    while begin < end:
        tag, start, stop = read_der(data, begin)
        yield tag, begin, start, stop
        begin = stop


def token_name(der):
    """What a seal head names: SHA-256 over signedAttrs (as encoded, tag [0]) and signature octets (seal.md)."""
    _, start, stop = read_der(der)
    explicit = list(children(der, start, stop))[1]
    signed = list(children(der, *read_der(der, explicit[2])[1:]))
    info = read_der(der, signed[-1][2])
    parts = list(children(der, *info[1:]))
    attrs = next(p for p in parts if p[0] == 0xA0)
    signature = [p for p in parts if p[0] == 0x04][-1]
    return hashlib.sha256(der[attrs[1]:attrs[3]] + der[signature[2]:signature[3]]).hexdigest()


def batch_root(ids):
    """RFC 4998 tree of a batch: ascending, in pairs, the odd one carried up (seal.md)."""
    level = sorted(ids)
    while len(level) > 1:
        level = [hashlib.sha256(b"".join(sorted(level[i:i + 2]))).digest() if i + 1 < len(level) else level[i]
            for i in range(0, len(level), 2)]
    return level[0]


def check_token(seal, head_text, trust, work):
    """The token is over the seal root of this head, signed by the pinned authority; returns its time."""
    batch = bytes.fromhex(re.search(r"^batch sha256 ([0-9a-f]{64})$", head_text, re.M).group(1))
    root = hashlib.sha256(b"".join(sorted([hashlib.sha256(head_text.encode()).digest(), batch]))).hexdigest()
    path = os.path.join(work, "token")
    with open(path, "wb") as f:
        f.write(base64.b64decode(seal["tokens"][0]["token"]))
    done = openssl("ts", "-verify", "-digest", root, "-in", path, "-token_in", "-CAfile",
        os.path.join(trust, "tsa", "embedded.pem"))
    check(done.returncode == 0, f"the token of seal {seal['number']}: {done.stderr}")
    return seal["tokens"][0]["gen_time"]


def check_log_signature(checkpoint, trust, work):
    with open(os.path.join(trust, "tlog-policy"), encoding="utf-8") as f:
        key = base64.b64decode(re.search(r"^log \S+?\+[0-9a-f]{8}\+(\S+)", f.read(), re.M).group(1))[1:]
    note, _, stamp = checkpoint.partition("\n\n")
    signature = base64.b64decode(stamp.split(" ")[2])[4:]
    paths = [os.path.join(work, n) for n in ("log.der", "note", "signature")]
    for path, data in zip(paths, (bytes.fromhex("302a300506032b6570032100") + key, (note + "\n").encode(), signature)):
        with open(path, "wb") as f:
            f.write(data)
    done = openssl("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths[0], "-rawin", "-in", paths[1],
        "-sigfile", paths[2])
    check(done.returncode == 0, f"the log's signature: {done.stderr}")


def entries(service, size):
    """All entries of the log from its entry bundles (C2SP tlog-tiles); small logs have one."""
    data = service.send("GET", f"/tile/entries/000.p/{size}").body
    found = []
    while data:
        n = int.from_bytes(data[:2], "big")
        found.append(data[2:2 + n])
        data = data[2 + n:]
    return found


def prove(service, receipt, trust, work):
    """The three steps; True when the promise was broken for certain."""
    path = os.path.join(work, "receipt")
    with open(path, "wb") as f:
        f.write(receipt)
    # 1. the promise, and its deadline
    told = subprocess.run([VERIFY, "receipt", "--trust", trust, path, "--json"], capture_output=True, text=True)
    if told.returncode != 0:
        return False
    accepted = re.search(rb"^accepted (\S+)$", receipt, re.M).group(1).decode()
    deadline = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(calendar.timegm(time.strptime(accepted[:19],
        "%Y-%m-%dT%H:%M:%S")) + 60))
    # 2. a seal head that names a token dated after the deadline
    last = json.loads(service.send("GET", "/v1/log").body)["seals"]
    seal = json.loads(service.send("GET", f"/v1/seals/{last}").body)
    named = re.findall(r"^token ([0-9]+) ([0-9a-f]{64})$", seal["head"], re.M)
    if not named:
        return False
    earlier = json.loads(service.send("GET", f"/v1/seals/{named[0][0]}").body)
    check(token_name(base64.b64decode(earlier["tokens"][0]["token"])) == named[0][1], "the head names the earlier token")
    if check_token(earlier, earlier["head"], trust, work)[:19] <= deadline:
        return False
    check_token(seal, seal["head"], trust, work)
    # 3. all entries of its checkpoint
    own = "\n".join(seal["checkpoint"].split("\n")[:5]) + "\n"
    named_checkpoint = re.search(r"^checkpoint ([0-9a-f]{64})$", seal["head"], re.M).group(1)
    check(hashlib.sha256(own.encode()).hexdigest() == named_checkpoint, "the head is over this checkpoint")
    check_log_signature(own, trust, work)
    texts = entries(service, seal["size"])
    root = base64.b64encode(tree_root([hashlib.sha256(b"\0" + t).digest() for t in texts])).decode()
    check(root == seal["checkpoint"].split("\n")[2] and len(texts) == seal["size"], "these are all entries of the checkpoint")
    ids = [bytes.fromhex(re.search(rb"^sha256 ([0-9a-f]{64})$", t, re.M).group(1).decode()) for t in texts]
    check(batch_root(ids[seal["first"]:]).hex() == re.search(r"^batch sha256 (\S+)$", seal["head"], re.M).group(1),
        "the batch is that of the entries")
    return receipt[receipt.index(b"trialnotary/entry/1"):] not in texts


def main():
    with tempfile.TemporaryDirectory(prefix="trialnotary-test-") as work:
        s = Service(os.path.join(work, "n"), seal_ms=50)
        trust = os.path.join(work, "trust")
        s.party("acme", "sponsor")
        auth = [("Authorization", "Bearer " + s.token("acme")["token"]), ("Content-Type", "application/json")]
        s.run("trust", "export", s.folder, "-o", trust)
        s.start()
        stream, kept = Stream("EX-1"), None
        for i in range(3):
            made = stream.take(stream.make(documents=[("a.txt", b"%d" % i)]))
            answer = s.send("POST", "/v1/records", line(made), auth)
            check(answer.status == 201, f"submission: {answer.body}")
            kept = kept or base64.b64decode(json.loads(answer.body)["receipt"])
            s.send("GET", f"/v1/records/{made['entry']['sha256']}?wait=30", headers=auth)
        old = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 120))
        lost = Stream("EX-2").make()
        broken = lie(s.folder, trust, lost, old, work)
        check(prove(s, broken, trust, work), "the broken promise is proved")
        # nobody can accuse a notary that kept its promise, or one whose time is not over
        in_log = stream.take(stream.make(documents=[("b.txt", b"x")]))
        s.send("POST", "/v1/records", line(in_log), auth)
        s.send("GET", f"/v1/records/{in_log['entry']['sha256']}?wait=30", headers=auth)
        check(not prove(s, lie(s.folder, trust, in_log, old, work), trust, work), "a kept promise is no broken one")
        check(not prove(s, kept, trust, work), "the deadline is not over")
        check(not prove(s, broken.replace(b"delay 60", b"delay 50"), trust, work), "a changed receipt proves nothing")
        check(s.stop() == 0, "the service ends well")
    print(f"{checks} checks, {faults} failed")
    return 1 if faults else 0


sys.exit(main())
