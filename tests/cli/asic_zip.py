#!/usr/bin/env python3
"""Writes a container as other software does, with python's zipfile.

asic_zip.py OUT (asic-e|asic-s|none) FOLDER [--deflate]   the files of FOLDER, mimetype first, META-INF last
"""
import os
import sys
import zipfile


def main(argv):
    out, kind, folder = argv[1:4]
    method = zipfile.ZIP_DEFLATED if "--deflate" in argv else zipfile.ZIP_STORED
    names = []
    for root, _, files in os.walk(folder):
        names += [os.path.relpath(os.path.join(root, f), folder) for f in files]
    with zipfile.ZipFile(out, "w") as box:
        if kind != "none":
            box.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.etsi." + kind + "+zip", zipfile.ZIP_STORED)
        for name in sorted(names, key=lambda n: (n.startswith("META-INF/"), n)):
            box.write(os.path.join(folder, name), name, method)


main(sys.argv)
