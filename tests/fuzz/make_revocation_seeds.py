#!/usr/bin/env python3
"""Makes the seeds of the targets about revocation data from the vectors in tests/vectors/tst.

    tests/fuzz/make_revocation_seeds.py

The results are committed; tests never call it.
"""
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


def sized(data):
    return len(data).to_bytes(2, "big") + data


before, after = read("crl-before.der"), read("crl-after.der")
for name in ("p256-bare.tst", "p256-certs.tst", "rsa3072-pss.tst", "ber.tst"):
    put("notary_token_crls", name.replace(".", "-"), sized(read(name)) + after)
put("notary_token_crls", "empty", b"")
put("notary_token_crls", "none", sized(read("p256-bare.tst")))
put("notary_token_crls", "several", sized(read("p256-bare.tst")) + after + before + read("crl-superseded.der") + after)
put("notary_token_crls", "ocsp", sized(read("p256-bare.tst")) + read("ocsp-good.der"))
put("notary_token_crls", "certificate", sized(read("p256-bare.tst")) + read("tsa-p256.der"))
put("notary_token_crls", "cut", sized(read("p256-bare.tst")) + after[:-1])
