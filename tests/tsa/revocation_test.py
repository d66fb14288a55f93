#!/usr/bin/env python3
"""Revocation data of an authority outside: asked for over HTTP, put into tokens, and judged by trialverify, with exact codes.

Environment: REVOCATION_TOOL, TRIALVERIFY. Uses loopback alone. Exit 0 all as expected, 1 not, 77 no openssl.
"""
import datetime
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import revocation_world as authority

tool, verify = os.environ["REVOCATION_TOOL"], os.environ["TRIALVERIFY"]
faults = count = 0
HOUR, SECOND, DAY = (datetime.timedelta(**{k: 1}) for k in ("hours", "seconds", "days"))


def expect(what, got, want):
    global faults, count
    count += 1
    if got != want:
        faults += 1
        print("%s: %r, not %r" % (what, got, want))


def trust(folder, revocation):
    os.makedirs(os.path.join(folder, "tsa"))
    shutil.copy(world.path("root.pem"), os.path.join(folder, "tsa", "outside.pem"))
    with open(os.path.join(folder, "policy.json"), "w") as f:
        json.dump({"schema": "trialnotary/policy/1", "name": "test", "authorities": [
            {"name": "outside", "roots": "tsa/outside.pem", "operator": False, "qualified": False}],
            "time": [{"count": 1}], "revocation": revocation, "expired": "refuse", "submitter": "optional"}, f)
    return folder


def judge(token, *more):
    """Verdict and first reason."""
    done = subprocess.run([verify, "token", "--json", "--trust", strict, token, world.path("data"), *more], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    if done.returncode > 3:
        return "%d" % done.returncode, done.stderr.decode().split("\n")[0]
    result = json.loads(done.stdout)
    result = result["results"][0] if "results" in result else result
    reasons = result["reasons"]
    return result["verdict"], reasons[0]["code"] if reasons else "-"


def held(folder):
    out = []
    for path in sorted(glob.glob(os.path.join(folder, "*.ocsp"))):
        out += ["--ocsp", path]
    return out


def fetch(*urls):
    """Runs the tool; its lines, and the folder with what came."""
    folder = tempfile.mkdtemp(dir=world.folder)
    done = subprocess.run([tool, "fetch", world.path("root.pem"), token, folder, *urls], stdout=subprocess.PIPE)
    return done.stdout.decode().splitlines(), folder


def case(what, lines, verdict, failure=None):
    """What is asked for now; the lines that the tool prints; the verdict over the token with what came."""
    got, folder = fetch()
    failed = [l for l in got if l.startswith("failed")]
    expect(what, [l for l in got if not l.startswith("failed")], lines)
    expect(what + ": failures", bool(failed), failure is not None)
    if failed and failure and failure not in failed[0]:
        expect(what + ": failure", failed[0], failure)
    expect(what + ": verdict", judge(os.path.join(folder, "token.tst"), *held(folder)), verdict)


def raw(what, crl, verdict):
    """The same list given by the user, and put into the token, whatever the notary thinks of it."""
    path = world.write("raw.crl", crl)
    expect(what + ": given", judge(token, "--crl", path), verdict)
    out = world.path("raw.tst")
    done = subprocess.run([tool, "splice", token, out, path], stdout=subprocess.PIPE)
    expect(what + ": put in", done.returncode, 0)
    if done.returncode == 0:
        expect(what + ": in the token", judge(out), verdict)
        # others read the token with it
        check = subprocess.run(["openssl", "ts", "-verify", "-token_in", "-in", out, "-data", world.path("data"), "-CAfile",
                                world.path("root.pem"), "-untrusted", world.path("ca.pem")], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        expect(what + ": openssl ts", check.returncode, 0)


if not shutil.which("openssl"):
    print("skipped: no openssl")
    sys.exit(77)
base = tempfile.mkdtemp()
try:
    world = authority.Authority(base)
    server = world.serve()
    strict = trust(os.path.join(base, "strict"), "required")
    token, made = world.stamp(b"some data\n")
    good = ("VERIFIED", "-")
    none, revoked, shape = ("INDETERMINATE", "NO_REVOCATION_DATA"), ("REJECTED", "REVOKED"), ("REJECTED", "CRL_SHAPE")
    crl_lines = ["CRL Outside Unit", "CRL Outside CA"]
    later, week = made + 2 * SECOND, made + 7 * DAY
    valid = world.index()

    # ---- CRLs ----
    world.root_crl = world.root.crl("", made - 30 * DAY, made + 60 * DAY)
    world.crl = world.ca.crl(valid, later, week)
    fine = world.crl
    case("a CRL of after the token", crl_lines, good, "503")
    raw("a CRL of after the token", fine, good)
    world.crl = world.ca.crl(valid, made - DAY, week)
    case("a CRL of before the token, which is current", crl_lines, good, "503")
    world.crl = world.ca.crl(world.index(serial=authority.OTHER_UNIT, revoked=made - HOUR), later, week)
    case("another certificate is revoked", crl_lines, good, "503")
    for reason, before, after in (("keyCompromise", revoked, revoked), ("superseded", revoked, good), ("", revoked, revoked),
                                  ("affiliationChanged", revoked, good), ("cessationOfOperation", revoked, good), ("CACompromise", revoked, revoked),
                                  ("certificateHold", revoked, revoked)):
        for word, when, verdict in (("before", made - HOUR, before), ("after", made + SECOND, after)):
            world.crl = world.ca.crl(world.index(revoked=when, reason=reason), later, week)
            case("revoked %s the token, reason '%s'" % (word, reason), ["CRL Outside Unit revoked", "CRL Outside CA"], verdict, "503")
            raw("revoked %s the token, reason '%s'" % (word, reason), world.crl, verdict)

    useless = ["CRL Outside CA"]
    world.crl = world.ca.crl(valid, made - 14 * DAY, made - 7 * DAY)
    case("a stale CRL", useless, none, "too old")
    raw("a stale CRL", world.crl, none)
    world.crl = world.other.crl(valid, later, week)
    case("a CRL of another CA", useless, none, "by nobody")
    raw("a CRL of another CA", world.crl, none)
    world.crl = world.ca.crl(valid, later, week, "2.5.29.27=critical,DER:020101")
    case("a delta CRL", useless, none, "by nobody")
    raw("a delta CRL", world.crl, none)
    world.crl = world.ca.crl(valid, later, week, "2.5.29.28=critical,DER:30038201ff")
    case("a CRL of CA certificates alone", useless, none, "nothing about")
    raw("a CRL of CA certificates alone", world.crl, none)
    world.crl = world.ca.crl(valid, later, week, "1.2.3.4.5=critical,DER:0500")
    case("an unknown critical extension", useless, none, "by nobody")
    raw("an unknown critical extension", world.crl, none)
    many = "".join(world.index(serial=0x100000 + i, revoked=made - DAY) for i in range(30000))
    world.crl = world.ca.crl(many, later, week)
    case("a huge CRL", useless, none, "long")
    raw("a huge CRL", world.crl, good)
    world.crl = fine[:-1]
    case("a cut CRL", useless, none, "malformed CRL")
    path = world.write("raw.crl", world.crl)
    expect("a cut CRL: put in", subprocess.run([tool, "splice", token, world.path("raw.tst"), path], stdout=subprocess.PIPE).stdout.split()[1],
           b"CRL_SHAPE")
    world.crl = fine[:-9] + bytes([fine[-9] ^ 1]) + fine[-8:]
    case("a changed signature", useless, none, "")
    raw("a changed signature", world.crl, shape)
    world.crl = b"<html>come back later</html>"
    case("a page", useless, none, "malformed CRL")
    world.crl = None
    case("nobody answers", useless, none, "503")
    world.root_crl = None
    case("nobody answers at all", [], none, "503")

    # ---- OCSP ----
    world.root_crl = world.root.crl("", made - 30 * DAY, made + 60 * DAY)
    ocsp_lines = ["OCSP Outside Unit", "CRL Outside CA"]

    def ocsp_case(what, lines, verdict, failure):
        world.crl = None
        case(what, lines, verdict, failure)

    world.ocsp = world.answer(valid)
    ocsp_case("OCSP, by the CA", ocsp_lines, good, "503")
    world.ocsp = world.answer(valid, "responder")
    ocsp_case("OCSP, by a delegate", ocsp_lines, good, "503")
    world.ocsp = world.answer(valid, "no-responder", "responder")
    ocsp_case("OCSP, by a delegate without the purpose", useless, none, "503")
    world.ocsp = world.answer(valid, "other")
    ocsp_case("OCSP, by another CA", useless, none, "503")
    for reason, before, after in (("keyCompromise", revoked, revoked), ("superseded", revoked, good), ("", revoked, revoked)):
        for word, when, verdict in (("before", made - HOUR, before), ("after", made + SECOND, after)):
            world.ocsp = world.answer(world.index(revoked=when, reason=reason))
            ocsp_case("OCSP: revoked %s the token, reason '%s'" % (word, reason), ["OCSP Outside Unit revoked", "CRL Outside CA"], verdict, "503")
    world.ocsp = world.answer(world.index(known=False))
    ocsp_case("OCSP: unknown", useless, none, "503")
    for status, word in ((1, "malformedRequest"), (2, "internalError"), (3, "tryLater"), (6, "unauthorized")):
        world.ocsp = lambda request, status=status: bytes([0x30, 3, 0x0a, 1, status])
        ocsp_case("OCSP: " + word, useless, none, "503")
    ask = world.answer(valid)
    world.ocsp = lambda request: ask(request)[:-1]
    ocsp_case("OCSP: cut", useless, none, "503")
    world.ocsp = lambda request: ask(request) + bytes(40000)
    ocsp_case("OCSP: huge", useless, none, "503")
    # an answer kept from another request says nothing here
    with open(world.path("other.req"), "wb") as f:
        f.write(authority.run("openssl", "ocsp", "-issuer", world.path("ca.pem"), "-serial", "0x%X" % authority.OTHER_UNIT, "-no_nonce",
                              "-reqout", "-"))
    with open(world.path("other.req"), "rb") as f:
        other = f.read()
    both = world.answer(valid + world.index(serial=authority.OTHER_UNIT))
    world.ocsp = lambda request: both(other)
    ocsp_case("OCSP: about another certificate", useless, none, "503")

    # both: one that revokes is enough
    world.crl = fine
    world.ocsp = world.answer(world.index(revoked=made - HOUR, reason="keyCompromise"))
    case("a good CRL, and OCSP that revokes", ["CRL Outside Unit", "OCSP Outside Unit revoked", "CRL Outside CA"], revoked)
    world.ocsp = world.answer(valid)
    case("both are good", ["CRL Outside Unit", "OCSP Outside Unit", "CRL Outside CA"], good)

    # the intermediate: revoked rejects, whatever the unit's own list says
    world.root_crl = world.root.crl(world.index(serial=2, revoked=made - HOUR, reason="keyCompromise"), made - 30 * DAY, made + 60 * DAY)
    case("the CA is revoked", ["CRL Outside Unit", "OCSP Outside Unit", "CRL Outside CA revoked"], revoked)

    # ---- where it is asked ----
    world.root_crl = world.root.crl("", made - 30 * DAY, made + 60 * DAY)
    world.asked.clear()
    fetch()
    expect("asked", sorted(world.asked), ["/ca.crl", "/ocsp", "/root.crl"])
    world.asked.clear()
    here = "http://127.0.0.1:%d/" % world.port
    lines, _ = fetch(here + "root.crl", here + "ca.crl")
    expect("asked where the configuration says", sorted(world.asked), ["/ca.crl", "/ocsp", "/root.crl"])
    expect("asked where the configuration says", lines, ["CRL Outside Unit", "OCSP Outside Unit", "CRL Outside CA"])
    server.shutdown()
    server.server_close()
    case("the server is gone", [], none, "")
finally:
    shutil.rmtree(base)
print("%d checks, %d failed" % (count, faults))
sys.exit(1 if faults or count < 150 else 0)
