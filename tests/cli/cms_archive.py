#!/usr/bin/env python3
"""What an archive-time-stamp-v3 is over, from the text of ETSI EN 319 122-1 alone: the counterpart of verify/cms_archive.c.

cms_archive.py [--v1] IN CONTENT ALG INDEX    writes the hash index of the first signer of a CMS file in DER (5.5.2) and
                                              prints the imprint that the time-stamp needs (5.5.3)
cms_archive.py --drop-certificate N IN OUT    writes the file without certificate number N (0 is the first)
"""
import hashlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from cms_add import children, oid, put  # noqa: E402

ALGORITHMS = {"sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3"}


def signed_data(path):
    """ContentInfo as [type, [0]], SignedData as the list of its fields."""
    info = list(children(open(path, "rb").read()))
    return info, list(children(next(children(info[1]))))


def elements(fields, tag):
    """The elements of the field with this tag; none when it is absent."""
    return next((list(children(f)) for f in fields if f[0] == tag), [])


def attribute_octets(attributes, v1):
    """What the hashes of unsigned attributes are over: type and value for each value; in v1 the whole Attribute."""
    for attribute in attributes:
        kind, values = children(attribute)
        if v1:
            yield attribute
            continue
        for value in children(values):
            yield kind + value


def hash_index(alg, certificates, crls, octets, v1):
    """ATSHashIndexV3, or ATSHashIndex of TS 101 733, whose algorithm is left out when it is SHA-256."""
    def hashes(items):
        return put(0x30, b"".join(put(0x04, hashlib.new(alg, item).digest()) for item in items))

    which = b"" if v1 and alg == "sha256" else put(0x30, oid(ALGORITHMS[alg]))
    return put(0x30, which + hashes(certificates) + hashes(crls) + hashes(octets))


def archive(source, content, alg, target, v1):
    _, fields = signed_data(source)
    signer = list(children(next(children(fields[-1]))))
    unsigned = elements(signer[4:], 0xA1)
    index = hash_index(alg, elements(fields[3:], 0xA0), elements(fields[3:], 0xA1), attribute_octets(unsigned, v1), v1)
    content_type = next(children(fields[2]))
    # version, sid, digestAlgorithm, signedAttrs, signatureAlgorithm, signature: each with tag and length
    signed = b"".join(signer[:6])
    data = content_type + hashlib.new(alg, open(content, "rb").read()).digest() + signed + index
    open(target, "wb").write(index)
    print(hashlib.new(alg, data).hexdigest())


def drop_certificate(number, source, target):
    info, fields = signed_data(source)
    at = next(i for i, field in enumerate(fields) if i > 2 and field[0] == 0xA0)
    certificates = list(children(fields[at]))
    del certificates[number]
    fields[at] = put(0xA0, b"".join(certificates))
    open(target, "wb").write(put(0x30, info[0] + put(0xA0, put(0x30, b"".join(fields)))))


def main(argv):
    if argv[1] == "--drop-certificate":
        drop_certificate(int(argv[2]), argv[3], argv[4])
        return
    v1 = argv[1] == "--v1"
    archive(*argv[1 + v1:], v1)


main(sys.argv)
