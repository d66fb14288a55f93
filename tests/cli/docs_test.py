"""Every command line of README.md, docs/, the manual pages and --help is one that the programs understand.

Taken are lines of indented and fenced blocks and pieces between backticks that begin with the name of a program. Each
runs in an empty folder of its own, with names of files and folders as they stand there, which do not exist, and
addresses where nobody listens: it must fail for that reason (or work), never because the program does not know a
verb, an option or an operand (code USAGE). Between backticks, where a verb is only named, operands may be left out.

    TRIALVERIFY, TRIALNOTARY: paths of the programs; TRIALNOTARY_SOURCE: the source tree
"""
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

SOURCE = os.environ["TRIALNOTARY_SOURCE"]
PROGRAMS = {"trialverify": os.environ["TRIALVERIFY"], "trialnotary": os.environ["TRIALNOTARY"]}
START = re.compile(r"^(?:\$ |\()?(?:umask 077; )?(?:build/)?(trialnotary|trialverify) ")
# What is no fault of a command line: in a block that a folder or descriptor is not there, between backticks also that words were left out.
NAMED_ONLY = {True: re.compile(r"is not there: a new trust directory|descriptor 3 is not open"),
              False: re.compile(r"needs? |give DIR|is given|is not there: a new trust directory")}
# Said about these programs, not to be typed: what stands for something, and what was left out.
NOT_TYPED = re.compile(r"\$\(| (?:CODE|VERB|KIND) |…|\.\.\.(?:\s|$)|\[|<[a-z]+>| \| |[a-z]\|[a-z]")


def pages():
    found = [os.path.join(SOURCE, "README.md"), os.path.join(SOURCE, "samples", "README.md")]
    for path in glob.glob(os.path.join(SOURCE, "docs", "**", "*.md"), recursive=True):
        found.append(path)
    return sorted(found)


def lines_of(text):
    """Yields (line number, whether it is in a block, command): of blocks with continued lines joined, of backticks."""
    fenced = False
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.startswith("```"):
            fenced = not fenced
            continue
        at = number
        if fenced or line.startswith("    "):
            while line.endswith("\\") and number < len(lines):
                line = line[:-1] + " " + lines[number].strip()
                number += 1
            yield at, True, line.strip()
            continue
        for piece in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", line):
            if " " in piece:
                yield at, False, piece


def words_of(command):
    """The words of one command, without comment and redirection, or None when it is not to be typed."""
    match = START.match(command)
    if not match:
        return None
    rest = re.split(r"\s+#\s|\s+&(?:\s|$)|\s*\)\s*$|\s+(?:&&|\|\||;|\||[0-9]?>{1,2}|[0-9]?<)\s*", command[match.end():])[0]
    if NOT_TYPED.search(" " + rest + " "):
        return None
    try:
        return [match.group(1)] + shlex.split(rest)
    except ValueError:
        return None


def harmless(word):
    """Keeps a word from reaching anything outside the folder, and puts digests for those that stand for one."""
    word = word.replace("sha256:HEX", "sha256:" + "0" * 64).replace("sha512:HEX", "sha512:" + "0" * 128)
    word = re.sub(r"https?://[^/ ]+", lambda m: m.group(0).split("//")[0] + "//127.0.0.1:9", word)
    return re.sub(r"(^|=)[~/]", r"\1./", word)


def run(job):
    where, block, command, words = job
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run([PROGRAMS[words[0]]] + [harmless(w) for w in words[1:]], cwd=folder, capture_output=True,
                                  timeout=120, stdin=subprocess.DEVNULL,
                                  env={"HOME": folder, "PATH": "/usr/bin:/bin", "LC_ALL": "C"})
        except subprocess.TimeoutExpired:
            return where, command, "does not end"
        said = done.stderr.decode(errors="replace").strip()
        if done.returncode == 64 and re.search(r"\bUSAGE\b", said) and not NAMED_ONLY[block].search(said):
            return where, command, said.split("\n")[0]
        return where, command, None


def examples():
    """Yields (where, text): the help of each verb, whose examples are blocks as in a page."""
    for program, verbs in (("trialnotary", r"^  ([a-z]+(?: [a-z]+)?)  "), ("trialverify", r"^       trialverify ([a-z]+) ")):
        def ask(*words):
            return subprocess.run([PROGRAMS[program], *words], capture_output=True, text=True, check=True).stdout
        every = ask("--help")
        yield program + " --help", every
        for verb in sorted(set(re.findall(verbs, every, re.M))):
            yield "%s help %s" % (program, verb), ask("help", *verb.split())


def texts():
    for path in pages():
        with open(path, encoding="utf-8") as file:
            yield os.path.relpath(path, SOURCE), file.read()
    for path in glob.glob(os.path.join(SOURCE, "docs", "man", "*.scd")):
        with open(path, encoding="utf-8") as file:
            # the lines of its examples, as a block of a page
            yield os.path.relpath(path, SOURCE), re.sub(r"^(?=trial(?:notary|verify) (?!-))", "    ", file.read(), flags=re.M)
    for where, text in examples():
        yield where, re.sub(r"^  (?=trial)", "    ", re.sub(r"^Usage:.*?(?=^\S|\Z)", "", text, flags=re.M | re.S), flags=re.M)


def main():
    jobs, left = [], 0
    for where, text in texts():
        for number, block, command in lines_of(text):
            words = words_of(command)
            if words:
                jobs.append(("%s:%d" % (where, number), block, command, words))
            elif START.match(command):
                left += 1
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, jobs))
    faults = [r for r in results if r[2]]
    for where, command, why in faults:
        print("%s: %s\n    %s" % (where, command, why))
    print("%d command lines, %d not understood, %d not to be typed" % (len(jobs), len(faults), left))
    if len(jobs) < 250:
        print("fewer than there were: are they still found?")
        return 1
    return 1 if faults else 0


sys.exit(main())
