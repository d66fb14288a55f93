#!/usr/bin/env python3
"""Makes the seeds of verify_ber, verify_cms_attrs and verify_meaning from the vectors in tests/vectors/tst.

    tests/fuzz/make_cms_seeds.py

The results are committed; tests never call it.
"""
import hashlib
import os

here = os.path.dirname(os.path.abspath(__file__))
vectors = os.path.join(here, "..", "vectors", "tst")


def read(name):
    with open(os.path.join(vectors, name), "rb") as f:
        return f.read()


def put(target, name, data):
    folder = os.path.join(here, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 0x80:
        return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def open_der(tag, *parts):
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        part = [arc & 0x7F]
        while arc > 0x7F:
            arc >>= 7
            part.insert(0, 0x80 | (arc & 0x7F))
        out += bytes(part)
    return der(0x06, out)


def children(body):
    out = []
    while body:
        n, head = body[1], 2
        if n >= 0x80:
            head = 2 + (n & 0x7F)
            n = int.from_bytes(body[2:head], "big")
        out.append((body[0], body[head : head + n], body[: head + n]))
        body = body[head + n :]
    return out


def attr(name, *values):
    return der(0x30, oid(name), der(0x31, *values))


def with_attrs(attrs, extra_signer=b"", make=der):
    """detached.p7s with unsigned attributes."""
    (_, info, _), = children(read("detached.p7s"))
    kind, (_, explicit, _) = children(info)
    (_, data, _), = children(explicit)
    *before, (_, signers, _) = children(data)
    (_, signer, _), = children(signers)
    field = make(0xA1, attrs) if attrs else b""
    signers = make(0x31, make(0x30, signer, field), extra_signer)
    return make(0x30, kind[2], make(0xA0, make(0x30, b"".join(b[2] for b in before), signers)))


AA = "1.2.840.113549.1.9.16.2."
token, cert, crl = read("p256-bare.tst"), read("tsa-p256.der"), read("crl-before.der")
small = der(0x30, der(0x02, b"\1"))
stamps = attr(AA + "14", token, small)
record = attr(AA + "49", small)
values = attr(AA + "23", der(0x30, cert)) + attr(
    AA + "24", der(0x30, der(0xA0, der(0x30, crl)), der(0xA1, der(0x30, small)), der(0xA2, small))
)
sha256 = der(0x30, oid("2.16.840.1.101.3.4.2.1"))


def digest(b):
    return der(0x04, hashlib.sha256(b).digest())


v3 = attr(
    "0.4.0.19122.1.5",
    der(0x30, sha256, der(0x30, digest(cert)), der(0x30), der(0x30, digest(oid(AA + "14") + small))),
)
v1 = attr("0.4.0.1733.2.5", der(0x30, der(0x30, digest(cert)), der(0x30), der(0x30, digest(stamps))))
second = children(children(children(children(read("detached.p7s"))[0][1])[1][1])[0][1])[-1][1]

put("verify_cms_attrs", "empty", b"")
put("verify_cms_attrs", "plain", read("detached.p7s"))
put("verify_cms_attrs", "stamps", with_attrs(stamps))
put("verify_cms_attrs", "values", with_attrs(values))
put("verify_cms_attrs", "records", with_attrs(stamps + record + attr(AA + "50", small) + record))
put("verify_cms_attrs", "records-ber", with_attrs(record + stamps + record, make=open_der))
put("verify_cms_attrs", "index-v3", with_attrs(stamps + v3))
put("verify_cms_attrs", "index-v1", with_attrs(stamps + v1))
put("verify_cms_attrs", "two-signers", with_attrs(record, second))

put("verify_ber", "empty", b"")
put("verify_ber", "token", read("ber.tst"))
put("verify_ber", "der", read("p256-bare.tst"))
put("verify_ber", "signature", with_attrs(record, make=open_der))
put("verify_ber", "pieces", open_der(0x24, der(0x04, b"a"), open_der(0x24, der(0x04, b"b"), der(0x24)), b"\x04\x82\0\1c"))
put("verify_ber", "deep", bytes([0x30, 0x80]) * 33 + bytes(66))
put("verify_ber", "padded", b"\x30\x87\0\0\0\0\0\0\3\x02\1\5")


def saying(attrs, unsigned=b""):
    """detached.p7s with further signed attributes (its signature is over others) and unsigned ones."""
    (_, info, _), = children(read("detached.p7s"))
    kind, (_, explicit, _) = children(info)
    (_, data, _), = children(explicit)
    *before, (_, signers, _) = children(data)
    (_, signer, _), = children(signers)
    fields = [der(tag, body + attrs) if tag == 0xA0 else whole for tag, body, whole in children(signer) if tag != 0xA1]
    signers = der(0x31, der(0x30, *fields, der(0xA1, unsigned) if unsigned else b""))
    return der(0x30, kind[2], der(0xA0, der(0x30, b"".join(b[2] for b in before), signers)))


def meaning(name, *more):
    return attr(AA + "16", der(0x30, oid(name), *more))


def named(text, tag=0x0C):
    return attr("0.4.0.19122.1.1", der(0x30, der(0xA0, der(0x30, attr("2.5.4.3", der(tag, text))))))


proof = "1.2.840.113549.1.9.16.6."
own = "2.25.201717531791956322157735468485827663522.1."
put("verify_meaning", "empty", b"")
put("verify_meaning", "plain", read("detached.p7s"))
for i, word in enumerate([proof + "5", proof + "6", proof + "1", proof + "2", own + "1", own + "2", own + "3", proof + "3"]):
    put("verify_meaning", "meaning-%d" % i, saying(meaning(word) + named(b"Dr. A. Example")))
put("verify_meaning", "qualified", saying(meaning(proof + "5", der(0x30, der(0x30, oid("1.2.3"))))))
put("verify_meaning", "two-meanings", saying(meaning(proof + "5") + meaning(proof + "6")))
put("verify_meaning", "two-values", saying(attr(AA + "16", der(0x30, oid(proof + "5")), der(0x30, oid(proof + "6")))))
put("verify_meaning", "reversed-name", saying(named("A \u202eB".encode())))
put("verify_meaning", "control-name", saying(named(b"A\x1b[2K")))
put("verify_meaning", "printable-string", saying(named(b"A", 0x13)))
put("verify_meaning", "other-claims", saying(attr("0.4.0.19122.1.1", der(0x30, der(0xA0, der(0x30, attr("2.5.4.72", der(0x0C, b"PI")))), der(0xA1, der(0x30, small)), der(0xA2, small)))))
put("verify_meaning", "beside", saying(b"", meaning(proof + "5") + named(b"B")))
put("verify_meaning", "late-time", saying(meaning(proof + "5")).replace(b"\x17\r2", b"\x18\r2"))
