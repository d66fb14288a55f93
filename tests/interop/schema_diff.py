#!/usr/bin/env python3
"""Compares trial/schema.c with python3-jsonschema: the same schemas and documents, the same verdicts.

Usage: schema_diff.py PROGRAM SCHEMAS SEED COUNT. PROGRAM reads pairs of lines, a schema and a document, and
answers each pair with OK or a code. The formats are written down here a second time, from the same description.
"""
import calendar
import copy
import json
import pathlib
import random
import re
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

HEX = re.compile(r"[0-9a-f]{64}")
WORD = re.compile(r"[a-z][a-z0-9-]{0,63}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,3})?(Z|[+-][0-9]{2}:[0-9]{2})")
URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+")


def is_date(text):
    m = DATE.fullmatch(text)
    if not m or int(m[1]) < 1:
        return False
    if m[2] and not 1 <= int(m[2]) <= 12:
        return False
    return not m[3] or 1 <= int(m[3]) <= calendar.monthrange(int(m[1]), int(m[2]))[1]


def is_time(text):
    m = TIME.fullmatch(text)
    if not m:
        return is_date(text)
    offset = m[6]
    if offset != "Z" and (int(offset[1:3]) > 23 or int(offset[4:]) > 59 or offset == "-00:00"):
        return False
    return is_date(m[1]) and int(m[2]) < 24 and int(m[3]) < 60 and int(m[4]) < 60


checker = jsonschema.FormatChecker(formats=())
for name, test in {
    "record": lambda t: bool(HEX.fullmatch(t)),
    "word": lambda t: bool(WORD.fullmatch(t)),
    "language": lambda t: len(t) <= 35 and bool(LANGUAGE.fullmatch(t)),
    "country": lambda t: t in {"DE", "AT", "FR", "US", "BR"},  # no other one that exists is in a document here
    "date": is_date,
    "time": is_time,
    "url": lambda t: len(t) <= 2048 and bool(URL.fullmatch(t)),
    "text": lambda t: 0 < len(t.encode()) <= 4096 and all(0x20 <= ord(c) < 0x7F or c in "äöü–" for c in t),
}.items():
    checker.checks(name)(lambda v, test=test: not isinstance(v, str) or test(v))

TEXTS = ["", "a", "ab", "äöü", "a–b", "a\tb", "participation", "a-1", "A", "de", "pt-BR", "de-", "DE", "AT", "XX", "2026", "2026-02",
         "2026-02-29", "2024-02-29", "2026-03-04T10:12:00+01:00", "2026-03-04T10:12:00", "2026-03-04T25:12:00Z",
         "2026-03-04T10:12:00.123Z", "https://example.org/?q", "https://", "approved", "parent", "none", "x" * 65, "x" * 513,
         "0123456789abcdef" * 4, "0123456789ABCDEF" * 4]
FORMATS = ["record", "word", "language", "country", "date", "time", "url", "text"]


def value(r, depth):
    kind = r.randrange(8 if depth > 0 else 5)
    if kind < 2:
        return r.choice(TEXTS)
    if kind == 2:
        return r.choice([-9007199254740991, -2, -1, 0, 1, 2, 3, 255])
    if kind == 3:
        return r.random() < 0.5
    if kind < 6:
        return {r.choice("abcde~/"): value(r, depth - 1) for _ in range(r.randrange(4))}
    return [value(r, depth - 1) for _ in range(r.randrange(4))]


def rule(r, depth, defs):
    if defs and r.random() < 0.15:
        return {"$ref": "#/$defs/" + r.choice(defs)}
    out = {}
    kind = r.choice(["string", "integer", "boolean", "object", "array"] if depth > 0 else ["string", "integer", "boolean"])
    if r.random() < 0.1:
        return {"enum": [r.choice(TEXTS), r.randrange(3), True]} if r.random() < 0.5 else {"const": r.choice([1, True, "a"])}
    out["type"] = kind
    maybe = lambda name, make: out.__setitem__(name, make()) if r.random() < 0.4 else None
    if kind == "string":
        maybe("format", lambda: r.choice(FORMATS))
        maybe("minLength", lambda: r.randrange(4))
        maybe("maxLength", lambda: r.choice([1, 2, 3, 64, 512]))
    if kind == "integer":
        maybe("minimum", lambda: r.randrange(-2, 2))
        maybe("maximum", lambda: r.randrange(-1, 4))
    if kind == "array":
        maybe("items", lambda: rule(r, depth - 1, defs))
        maybe("minItems", lambda: r.randrange(3))
        maybe("maxItems", lambda: r.randrange(4))
        if "maxItems" in out:
            maybe("uniqueItems", lambda: r.random() < 0.8)
    if kind == "object":
        names = r.sample("abcde~/", r.randrange(1, 5))
        out["properties"] = {n: rule(r, depth - 1, defs) for n in names}
        maybe("required", lambda: r.sample(names, r.randrange(len(names) + 1)))
        maybe("additionalProperties", lambda: False)
        maybe("minProperties", lambda: r.randrange(3))
    return out


def random_schema(r):
    names = ["p", "q"]
    schema = rule(r, 3, names)
    while schema.get("type") != "object":
        schema = rule(r, 3, names)
    schema["$defs"] = {}
    for n in names:
        target = rule(r, 2, [])
        schema["$defs"][n] = target
    return schema


def sample(r, schema, root):
    """A document that often fits: only then are the deeper rules looked at."""
    if "$ref" in schema:
        return sample(r, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if r.random() < 0.04:
        return value(r, 2)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return r.choice(schema["enum"])
    kind = schema.get("type")
    if kind == "string":
        fits = [t for t in TEXTS if "format" not in schema or checker.conforms(t, schema["format"])]
        return r.choice(fits or TEXTS)
    if kind == "integer":
        return r.choice([schema.get("minimum", 0), schema.get("maximum", 1), 0, 1])
    if kind == "boolean":
        return r.random() < 0.5
    if kind == "array":
        low = schema.get("minItems", 0)
        count = r.randrange(low, min(max(schema.get("maxItems", 3), low), low + 3) + 1)
        return [sample(r, schema.get("items", {}), root) for _ in range(count)]
    if kind == "object":
        out = {}
        for name, of in schema.get("properties", {}).items():
            if r.random() < (0.97 if name in schema.get("required", []) else 0.5):
                out[name] = sample(r, of, root)
        if r.random() < 0.05:
            out["zz"] = value(r, 1)
        return out
    return value(r, 2)


def main():
    program, folder, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    r = random.Random(seed)
    known = [json.loads(p.read_text()) for p in sorted(pathlib.Path(folder).glob("*.schema.json"))]
    assert len(known) > 20, "the schemas of the kinds are not there"
    for schema in known:
        jsonschema.Draft202012Validator.check_schema(schema)
    pairs, verdicts = [], []
    while len(pairs) < count:
        schema = copy.deepcopy(r.choice(known)) if r.random() < 0.5 else random_schema(r)
        judge = jsonschema.Draft202012Validator(schema, format_checker=checker)
        for _ in range(10):
            document = sample(r, schema, schema)
            if not isinstance(document, dict):
                continue
            pairs.append(json.dumps(schema) + "\n" + json.dumps(document, ensure_ascii=r.random() < 0.5))
            verdicts.append(judge.is_valid(document))
    answers = subprocess.run([program], input="\n".join(pairs) + "\n", text=True, capture_output=True, check=True).stdout.split("\n")
    faults = 0
    for pair, verdict, answer in zip(pairs, verdicts, answers):
        if answer not in ("OK", "DETAILS_SHAPE") or (answer == "OK") != verdict:
            faults += 1
            if faults < 4:
                print("jsonschema:", verdict, "trialnotary:", answer, pair, sep="\n")
    accepted = sum(verdicts)
    print(f"{len(pairs)} documents, {accepted} taken by both, {faults} differences")
    if not count // 10 < accepted < count - count // 10:
        print("the documents are too easy or too hard: this compares nothing")
        return 1
    return 1 if faults else 0


sys.exit(main())
