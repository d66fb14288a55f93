#!/usr/bin/env python3
"""Writes the seeds of verify_zip_fuzz and verify_manifest_fuzz: same seeds every time.

Usage: tests/fuzz/make_container_seeds.py tests/fuzz/corpus
"""
import os
import struct
import sys
import zlib

MIME = (b"mimetype", b"application/vnd.etsi.asic-e+zip", 0)


def raw_deflate(data):
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    return z.compress(data) + z.flush()


def container(entries, tail=b"", hide=(), comment=b""):
    out, directory, count = b"", b"", 0
    for i, (name, data, method) in enumerate(entries):
        packed = raw_deflate(data) if method == 8 else data
        flags = 0 if name.isascii() else 0x800
        common = struct.pack("<HHHIIIIHH", 20 if method else 10, flags, method, 0x00210000, zlib.crc32(data),
                             len(packed), len(data), len(name), 0)
        if i not in hide:
            directory += b"PK\1\2" + struct.pack("<H", 10) + common + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + name
            count += 1
        out += b"PK\3\4" + common + name + packed
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(out), len(comment)) + comment
    return out + directory + end + tail


def foreign(entries, signature=True, extra=b"", comment=b"", flags=8, note=b""):
    """As other software writes it: deflated entries with descriptors, extra fields, comments, folders."""
    out, directory = b"", b""
    for name, data, method in entries:
        packed = raw_deflate(data) if method == 8 else data
        more = extra if name != b"mimetype" else b""
        bits = flags if method == 8 else flags & ~8
        head = struct.pack("<HHHI", 20 if method else 10, bits, method, 0x5b6a6a6a)
        sizes = struct.pack("<III", zlib.crc32(data), len(packed), len(data))
        names = struct.pack("<HH", len(name), len(more))
        attributes = 0o40755 << 16 | 0x10 if name.endswith(b"/") else 0o100644 << 16
        directory += (b"PK\1\2" + struct.pack("<H", 0x314) + head + sizes + names +
                      struct.pack("<HHHII", len(note), 0, 0, attributes, len(out)) + name + more + note)
        out += b"PK\3\4" + head + (bytes(12) if bits & 8 else sizes) + names + name + more + packed
        if bits & 8:
            out += (b"PK\7\x08" if signature else b"") + sizes
    n = len(entries)
    return out + directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, n, n, len(directory), len(out), len(comment)) + comment


ASIC = "http://uri.etsi.org/02918/v1.2.1#"
DS = "http://www.w3.org/2000/09/xmldsig#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ZERO = "A" * 43 + "="


def reference(uri, extra="", alg=SHA256, value=ZERO):
    return (f'<asic:DataObjectReference URI="{uri}"{extra}><ds:DigestMethod Algorithm="{alg}"/>'
            f'<ds:DigestValue>{value}</ds:DigestValue></asic:DataObjectReference>\n')


def manifest(body, before='<?xml version="1.0" encoding="UTF-8"?>\n'):
    return (f'{before}<asic:ASiCManifest xmlns:asic="{ASIC}" xmlns:ds="{DS}">\n'
            f'<asic:SigReference URI="META-INF/evidencerecord001.ers"/>\n{body}</asic:ASiCManifest>\n').encode()


EXTENSION = ('<asic:ASiCManifestExtensions><asic:Extension Critical="{}"><x:y xmlns:x="urn:x">z</x:y></asic:Extension>'
             '</asic:ASiCManifestExtensions>')

SEEDS = {
    "verify_zip": {
        "stored": container([MIME, (b"statement.json", b"{}", 0), ("Prüfplan.txt".encode(), b"plan", 0)]),
        "deflated": container([MIME, (b"statement.json", b"{}" * 40, 8), (b"empty.txt", b"", 0)]),
        "hidden": container([MIME, (b"a.txt", b"a", 0), (b"b.txt", b"b", 0)], hide=(1,)),
        "duplicate": container([MIME, (b"a.txt", b"a", 0), (b"a.txt", b"b", 0)]),
        "comment": container([MIME, (b"a.txt", b"a", 0)], comment=b"PK\5\6"),
        "trailing": container([MIME, (b"a.txt", b"a", 0)], tail=b"x"),
        "two": container([MIME, (b"a.txt", b"a", 0)]) + container([MIME, (b"b.txt", b"b", 0)]),
        "path": container([MIME, (b"../a.txt", b"a", 0)]),
        "foreign_java": foreign([MIME, (b"a.txt", b"a" * 30, 8), (b"META-INF/m.xml", b"<m/>", 8)], flags=0x808),
        "foreign_bare": foreign([(b"a.txt", b"a" * 30, 8), (b"b.txt", b"b", 0)], False, comment=b"mimetype=text/plain"),
        "foreign_extra": foreign([MIME, (b"a.txt", b"a", 8), (b"b.txt", b"b", 0)], extra=b"UT\5\0\1\1\2\3\4\xfe\xca\0\0"),
        "foreign_asics": foreign([(b"mimetype", MIME[1].replace(b"-e", b"-s"), 0), (b"a.txt", b"a", 8)], comment=b"c"),
        "foreign_note": foreign([MIME, (b"a.txt", b"a" * 30, 8), ("\u00fc.txt".encode(), b"b", 0)], note=b"LIB DigiDocPP"),
        "foreign_folders": foreign([(b"META-INF/", b"", 8), (b"META-INF/m.xml", b"<m/>", 8), (b"a/", b"", 0),
                                    (b"a/b/", b"", 8), (b"a/b/c.txt", b"c", 8), (b"a/d/", b"", 0)]),
        "foreign_path": foreign([MIME, (b"a.txt", b"a", 0)], extra=b"up\6\0\1\0\0\0\0X"),
    },
    "verify_manifest": {
        "two": manifest(reference("statement.json") + reference("Pr%C3%BCfplan%20v1.txt", ' MimeType="text/plain"')),
        "extension": manifest(reference("a", ' Rootfile="true"') + EXTENSION.format("false")),
        "critical": manifest(reference("a&amp;b") + EXTENSION.format("true")),
        "sha512": manifest(reference("a", alg="http://www.w3.org/2001/04/xmlenc#sha512", value="A" * 86 + "==")),
        "doctype": manifest(reference("a"), '<!DOCTYPE r [<!ATTLIST r URI CDATA "injected.txt">]>'),
        "comment": manifest(reference("a") + "<!-- c -->"),
        "duplicate": manifest(reference("a") + reference("%61")),
    },
}

for target, seeds in SEEDS.items():
    for name, data in seeds.items():
        with open(os.path.join(sys.argv[1], target, name), "wb") as f:
            f.write(data)
