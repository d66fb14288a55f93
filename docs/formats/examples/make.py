#!/usr/bin/env python3
"""Writes the examples of docs/formats from the format documents alone, without the program.

The files are committed; tests read them byte by byte and recompute every value.
"""
import base64, hashlib, hmac, json, os, subprocess, tempfile

os.chdir(os.path.dirname(os.path.abspath(__file__)))
h256 = lambda b: hashlib.sha256(b).hexdigest()
h512 = lambda b: hashlib.sha512(b).hexdigest()
fill = lambda label: hashlib.sha256(b"example " + label.encode()).hexdigest()
line = lambda o: (json.dumps(o, separators=(",", ":"), ensure_ascii=False) + "\n").encode()


def write(name, data):
    with open(name, "wb") as f:
        f.write(data)
    return data


def group(members):
    return (hashlib.sha256(b"".join(sorted(bytes.fromhex(h256(m)) for m in members))).hexdigest(),
            hashlib.sha512(b"".join(sorted(bytes.fromhex(h512(m)) for m in members))).hexdigest())


def member(name, role, data):
    return {"name": name, "role": role, "sha256": h256(data), "sha512": h512(data)}


def entry(ids, slot):
    return f"trialnotary/entry/1\nsha256 {ids[0]}\nsha512 {ids[1]}\nslot {slot}\n".encode()


def slot(key, seq):
    return hmac.new(bytes.fromhex(key), seq.to_bytes(8, "big"), hashlib.sha256).hexdigest()


key = fill("stream key")
protocol = write("protocol.txt", b"DEMO-1 protocol, version 1.0\n")
stream0 = write("stream-0.json", line({"schema": "trialnotary/stream/1", "seq": 0, "key": key, "nonce": fill("stream nonce 0")}))
statement = write("statement.json", line({
    "schema": "trialnotary/statement/1", "kind": "protocol", "study": "DEMO-1", "version": "1.0", "date": "2026-03-01",
    "title": "Protocol of the demonstration trial", "nonce": fill("statement nonce 0"),
    "members": [member("protocol.txt", "document", protocol), member("stream.json", "stream", stream0)]}))
ids0 = group([statement, stream0, protocol])
entry0 = write("entry", entry(ids0, slot(key, 0)))

consent = write("consent.txt", b"I agree. Participant 001 (nobody real)\n")
commitment = write("commitment-001.json", line({
    "schema": "trialnotary/commitment/1", "name": "consent.txt", "sha256": h256(consent), "sha512": h512(consent),
    "salt": fill("salt")}))
stream1 = write("stream-1.json", line({
    "schema": "trialnotary/stream/1", "seq": 1, "stream": ids0[0], "prev": ids0[0], "nonce": fill("stream nonce 1")}))
statement1 = write("statement-consent.json", line({
    "schema": "trialnotary/statement/1", "kind": "consent", "study": "DEMO-1",
    "links": [{"type": "uses", "record": ids0[0]}], "nonce": fill("statement nonce 1"),
    "members": [member("commitment-001.json", "commitment", commitment), member("stream.json", "stream", stream1)]}))
ids1 = group([statement1, stream1, commitment])
entry1 = write("entry-consent", entry(ids1, slot(key, 1)))



def sent(name, data, shown=True):
    m = {"name": name, "sha256": h256(data), "sha512": h512(data)}
    return {**m, "base64": base64.b64encode(data).decode()} if shown else m


def submission(ids, at, members, documents):
    return line({"schema": "trialnotary/submission/1", "entry": {"sha256": ids[0], "sha512": ids[1], "slot": at},
                 "members": members, "documents": documents})


write("submission.json", submission(ids0, slot(key, 0),
    [sent("protocol.txt", protocol, False), sent("statement.json", statement), sent("stream.json", stream0)],
    [{**sent("protocol.txt", protocol, False), "size": len(protocol)}]))
write("submission-consent.json", submission(ids1, slot(key, 1),
    [sent("commitment-001.json", commitment), sent("statement.json", statement1), sent("stream.json", stream1)],
    [{**sent("consent.txt", consent, False), "size": len(consent), "confidential": True, "commitment": "commitment-001.json"}]))

leaf = lambda e: hashlib.sha256(b"\0" + e).digest()
node = lambda l, r: hashlib.sha256(b"\1" + l + r).digest()


def head(number, first, size, batch, checkpoint, previous, tokens=()):
    text = (f"trialnotary/seal-head/1\nseal {number}\norigin demo.example/1\nfirst {first}\nsize {size}\n"
            f"batch sha256 {batch}\ncheckpoint {checkpoint}\nprevious {previous}\n")
    return (text + "".join(f"token {s} {t}\n" for s, t in tokens)).encode()


head1 = write("seal-head-1", head(1, 0, 1, ids0[0], fill("checkpoint 1"), "none"))
write("seal-head-2", head(2, 1, 2, ids1[0], fill("checkpoint 2"), h256(head1), [(1, fill("token 1"))]))


def ed25519(seed, message):
    """Public key and signature (RFC 8032) by the openssl program."""
    with tempfile.TemporaryDirectory() as d:
        path = lambda name: os.path.join(d, name)
        for name, data in (("key", bytes.fromhex("302e020100300506032b657004220420") + seed), ("message", message)):
            with open(path(name), "wb") as f:
                f.write(data)
        run = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True).stdout
        public = run("pkey", "-inform", "DER", "-in", path("key"), "-pubout", "-outform", "DER")[-32:]
        return public, run("pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", path("key"), "-in", path("message"))


# The group of three: the second is entry-consent, so its path has both other entries.
third = entry((fill("record 3"), h512(b"record 3")), fill("slot 3"))
root = node(node(leaf(entry0), leaf(entry1)), leaf(third))
promise = ("trialnotary/receipt/1\norigin demo.example/1\ngroup 3\nroot " + root.hex()
           + "\naccepted 2026-03-02T14:07:31.250Z\ndelay 60\n").encode()
name = b"demo.example/1/receipts"
public, signature = ed25519(bytes.fromhex(fill("receipt key")), promise)
key_id = hashlib.sha256(name + b"\n\x01" + public).digest()[:4]
note = promise + b"\n\xe2\x80\x94 " + name + b" " + base64.b64encode(key_id + signature) + b"\n"
write("receipt", note + f"\nindex 1\npath {leaf(entry0).hex()}\npath {leaf(third).hex()}\n".encode() + entry1)
write("receipts", b"key " + name + b"+" + key_id.hex().encode() + b"+" + base64.b64encode(b"\x01" + public) + b" 60\n")

# A table, its two trees, an excerpt of two rows under SHA-256, and one of all rows under SHA-512.
table = write("ae.csv", "STUDYID,DOMAIN,AESEQ,AETERM,AESEV\r\nDEMO-1,AE,1,Fièvre,MILD\r\nDEMO-1,AE,2,\"Headache,\r\nleft\",MILD\r\n"
                        "DEMO-1,AE,3,100% rash,MODERATE\r\nDEMO-1,AE,4,Nausea,MILD".encode())
rows, quotes, begin = [], 0, 0
for at, octet in enumerate(table):
    quotes += octet == 0x22
    if octet == 0x0a and quotes % 2 == 0:
        rows, begin = rows + [table[begin:at + 1]], at + 1
rows += [table[begin:]]
secret = bytes.fromhex(fill("rows secret"))
salts = [hmac.new(secret, i.to_bytes(8, "big"), hashlib.sha256).digest() for i in range(len(rows))]


def cover(hash_, first, end, shown):
    """Root over the rows [first, end), and the lines of an excerpt for them."""
    if end - first == 1:
        root, lines = hash_(b"\0" + salts[first] + rows[first]).digest(), [""]
        if first in shown:
            text = "".join(chr(c) if 0x20 <= c < 0x7f and c != 0x25 else f"%{c:02x}" for c in rows[first])
            lines = [f"row {first} {salts[first].hex()} {text}\n"]
    else:
        half = 1
        while half * 2 < end - first:
            half *= 2
        left, right = cover(hash_, first, first + half, shown), cover(hash_, first + half, end, shown)
        root, lines = hash_(b"\1" + left[0] + right[0]).digest(), left[1] + right[1]
    if not shown & set(range(first, end)):
        lines = [f"node {first} {end} {root.hex()}\n"]
    return root, lines


def excerpt(name, hash_, shown):
    root, lines = cover(hash_, 0, len(rows), shown)
    write(name, (f"trialnotary/excerpt/1\nrecord {fill('record of rows')}\nmember rows-001.json\nhash {hash_().name}\n"
                 f"count {len(rows)}\nroot {root.hex()}\n" + "".join(lines)).encode())
    return root.hex()


write("rows-001.json", line({
    "schema": "trialnotary/rows/1", "document": "ae.csv", "unit": "csv", "count": len(rows),
    "sha256": excerpt("excerpt", hashlib.sha256, {2, 3}), "sha512": excerpt("excerpt-sha512", hashlib.sha512, set(range(len(rows))))}))
write("rows-secret", f"{secret.hex()}\n".encode())
