"""Submissions, made from docs/formats alone (submission.md, statement.md, stream.md, commitment.md, entry.md): a second
implementation beside the program's own, on hashlib and hmac.

  python3 records.py FILE [KIND] <stream.json    the submission of one document; the stream is what GET /v1/stream gave
"""
import base64, hashlib, hmac, json, os, sys


def h256(data):
    return hashlib.sha256(data).hexdigest()


def h512(data):
    return hashlib.sha512(data).hexdigest()


def nonce():
    return os.urandom(32).hex()


def line(value):
    return (json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n").encode()


def group(members):
    """RFC 4998 group hash of both generations: hash over the members' hashes in ascending order (entry.md)."""
    lists = [sorted(bytes.fromhex(m[name]) for m in members) for name in ("sha256", "sha512")]
    return h256(b"".join(lists[0])), h512(b"".join(lists[1]))


def slot(key, seq):
    return hmac.new(bytes.fromhex(key), seq.to_bytes(8, "big"), hashlib.sha256).hexdigest()


def entry(submission):
    e = submission["entry"]
    return f"trialnotary/entry/1\nsha256 {e['sha256']}\nsha512 {e['sha512']}\nslot {e['slot']}\n".encode()


def leaf(submission):
    return hashlib.sha256(b"\0" + entry(submission)).digest()


def digests(name, data):
    return {"name": name, "sha256": h256(data), "sha512": h512(data)}


def tree_root(leaves):
    """RFC 9162 2.1.1."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + tree_root(leaves[:k]) + tree_root(leaves[k:])).digest()


def root_by_proof(leaf_hash, index, size, proof):
    """RFC 9162 2.1.3.2: the root to which an inclusion proof leads."""
    fn, sn, r = index, size - 1, leaf_hash
    for p in proof:
        if sn == 0:
            raise ValueError("the proof is too long")
        if fn & 1 or fn == sn:
            r = hashlib.sha256(b"\1" + p + r).digest()
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            r = hashlib.sha256(b"\1" + r + p).digest()
        fn >>= 1
        sn >>= 1
    if sn:
        raise ValueError("the proof is too short")
    return r


def consistent(first, second, proof, first_root, second_root):
    """RFC 9162 2.1.4.2: whether the proof leads to both roots."""
    if first == second:
        return not proof and first_root == second_root
    path = list(proof) if first & (first - 1) else [first_root] + list(proof)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    if not path:
        return False
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr = hashlib.sha256(b"\1" + c + fr).digest()
            sr = hashlib.sha256(b"\1" + c + sr).digest()
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            sr = hashlib.sha256(b"\1" + sr + c).digest()
        fn >>= 1
        sn >>= 1
    return sn == 0 and fr == first_root and sr == second_root


class Stream:
    """The stream of one party in one study, as its submitter keeps it."""

    def __init__(self, study):
        self.study, self.key, self.id, self.head, self.next = study, nonce(), None, None, 0

    def make(self, kind="protocol", documents=(("protocol.txt", b"text"),), hidden=False, keep=False, links=(),
            edit=None, **texts):
        """
        The next record, without moving the stream on: take() does. edit(parts) changes the statement, the place in the
        stream, ... before anything is hashed.
        """
        files, described = {}, []
        for i, (name, data) in enumerate(sorted(documents), 1):
            d = {**digests(name, data), "size": len(data)}
            if hidden:
                d["confidential"], d["commitment"] = True, f"commitment-{i:03}.json"
                files[d["commitment"]] = ("commitment",
                    line({"schema": "trialnotary/commitment/1", **digests(name, data), "salt": nonce()}))
            else:
                files[name] = ("document", data)
            if keep:
                d["keep"] = True
            described.append(d)
        place = {"schema": "trialnotary/stream/1", "seq": self.next}
        place.update({"stream": self.id, "prev": self.head} if self.next else {"key": self.key})
        parts = {"place": {**place, "nonce": nonce()}, "slot": slot(self.key, self.next), "files": files,
            "documents": described,
                 "statement": {"schema": "trialnotary/statement/1", "kind": kind, "study": self.study, **texts}}
        if links:
            parts["statement"]["links"] = [{"type": t, "record": r} for t, r in sorted(links)]
        if edit:
            edit(parts)
        return self.assemble(parts)

    @staticmethod
    def assemble(parts):
        files = dict(parts["files"])
        if parts["place"] is not None:
            files["stream.json"] = ("stream", line(parts["place"]))
        listed = [{"name": n, "role": role, "sha256": h256(data), "sha512": h512(data)} for n,
            (role, data) in sorted(files.items())]
        files["statement.json"] = ("statement", line({**parts["statement"], "nonce": nonce(), "members": listed}))
        members = []
        for name, (role, data) in sorted(files.items(), key=lambda item: item[0].encode()):
            members.append(digests(name, data))
            if role != "document" or name == "details.json":
                members[-1]["base64"] = base64.b64encode(data).decode()
        id_, id512 = group(members)
        return {"schema": "trialnotary/submission/1", "entry": {"sha256": id_, "sha512": id512, "slot": parts["slot"]},
                "members": members, "documents": parts["documents"]}

    def take(self, submission):
        """The notary accepted it: the next record follows it."""
        self.head = submission["entry"]["sha256"]
        self.id = self.id or self.head
        self.next += 1
        return submission


def multipart(submission, documents, boundary="part-of-a-test"):
    """RFC 7578: the submission, then each document under its own name."""
    head = "--{}\r\nContent-Disposition: form-data; name=\"{}\"{}\r\nContent-Type: {}\r\n\r\n"
    out = head.format(boundary, "submission", "", "application/json").encode() + line(submission) + b"\r\n"
    for name, data in documents:
        out += head.format(boundary, "document", f'; filename="{name}"',
            "application/octet-stream").encode() + data + b"\r\n"
    return out + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def main(path, kind="protocol"):
    place = json.load(sys.stdin)
    stream = Stream(place["study"])
    if place["exists"]:
        stream.key, stream.id, stream.head, stream.next = place["key"], place["stream"], place["head"], place["next"]
    with open(path, "rb") as f:
        submission = stream.make(kind=kind, documents=[(os.path.basename(path), f.read())], hidden=kind in ("consent",
            "withdrawal"))
    sys.stdout.buffer.write(line(submission))


if __name__ == "__main__":
    main(*sys.argv[1:])
