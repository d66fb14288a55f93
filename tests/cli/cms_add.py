#!/usr/bin/env python3
"""Adds unsigned attributes to the first signer of a CMS file in DER: what CAdES software does after signing.

cms_add.py IN OUT OID FILE [OID FILE]...   each FILE holds the attribute's value in DER
cms_add.py --signature IN OUT              writes the octets of the first signature
"""
import sys


def head(data, at):
    """Tag, start and end of the contents of the element at this place."""
    tag, n, at = data[at], data[at + 1], at + 2
    if n & 0x80:
        size = n & 0x7F
        n = int.from_bytes(data[at:at + size], "big")
        at += size
    return tag, at, at + n


def children(data):
    """The elements inside a SEQUENCE or SET."""
    _, at, end = head(data, 0)
    while at < end:
        _, _, after = head(data, at)
        yield data[at:after]
        at = after


def put(tag, body):
    n = len(body)
    if n < 128:
        return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    out = bytearray()
    for arc in [first * 40 + second] + rest:
        part = [arc & 0x7F]
        while arc > 0x7F:
            arc >>= 7
            part.append(0x80 | arc & 0x7F)
        out += bytes(reversed(part))
    return put(0x06, bytes(out))


def main(argv):
    only_signature = argv[1] == "--signature"
    source, target = argv[2:4] if only_signature else argv[1:3]
    info = list(children(open(source, "rb").read()))
    data = list(children(list(children(info[1]))[0]))
    signers = list(children(data[-1]))
    fields = list(children(signers[0]))
    if only_signature:
        value = next(f for f in fields[1:] if f[0] == 0x04)
        _, start, end = head(value, 0)
        open(target, "wb").write(value[start:end])
        return
    attributes = []
    if fields[-1][0] == 0xA1:
        attributes = list(children(fields.pop()))
    for name, path in zip(argv[3::2], argv[4::2]):
        attributes.append(put(0x30, oid(name) + put(0x31, open(path, "rb").read())))
    fields.append(put(0xA1, b"".join(attributes)))
    signers[0] = put(0x30, b"".join(fields))
    data[-1] = put(0x31, b"".join(signers))
    info[1] = put(0xA0, put(0x30, b"".join(data)))
    open(target, "wb").write(put(0x30, b"".join(info)))


if __name__ == "__main__":
    main(sys.argv)
