"""README.md and docs/start.md, done as they say: every line of their blocks runs, in order, as a newcomer would type it.

A comment 'prints NAME' makes NAME in later lines of the page the first word that the line prints. Every line must end with
status 0, but for those of which the page says otherwise; what the pages promise to be there is there in the end.

    TRIALNOTARY_SOURCE, TRIALNOTARY_BUILD: the source tree, the build folder
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE, BUILD = os.environ["TRIALNOTARY_SOURCE"], os.environ["TRIALNOTARY_BUILD"]
# A beginning of a line, and the exit statuses that its page tells of.
OTHER = {
    "build/trialverify --trust samples/bundles/trust samples/bundles/bad-": [1],
    "build/trialnotary check notary --study MY-TRIAL": [1],
    "trialverify --trust $q/trust $q/changed.asice": [1],
    "trialnotary check --bundle $q/demo-1.tnstudy": [1],
}
MADE = {"README.md": ["dataset.asice", "dm.excerpt", "MY-TRIAL.html", "records.html"],
        "docs/start.md": ["records.html", "inspection.html", "look", "dataset.html", "dataset", "protocol.asice", "consent.html", "data.asice"]}


def lines_of(page):
    with open(os.path.join(SOURCE, page), encoding="utf-8") as file:
        return [line.strip() for line in file if re.match(r"    [a-zA-Z(]", line)]


def script_of(lines):
    """One shell, as its variables, folder and jobs go on; after each line stands its status."""
    out, names = ["set +e +m"], {}
    for number, line in enumerate(lines):
        if line.startswith("scripts/"):
            continue  # made before; TRIALNOTARY_BUILD names what they would build
        made = re.search(r"# prints ([A-Z]+)", line)
        line = re.sub(r"\s+# .*", "", line).replace("http://127.0.0.1:8620", "$url")
        for name in names:
            line = re.sub(r"\b%s\b" % name, "$%s" % name, line)
        if line.endswith(" &"):
            line = line[:-2] + " --listen 127.0.0.1:0 >serve.log 2>&1 & service=$!\n"  # any port, as tests run beside each other
            line += "for i in $(seq 600); do grep -q '^listening' serve.log && break; sleep 0.1; done\n"
            line += "url=$(sed -n 's/^listening on //p' serve.log)"
        line = line.replace("kill %1", "kill $service && wait $service")
        out.append("%s >out.%d 2>err.%d; echo %d $?" % (("{ %s\n}" % line), number, number, number))
        if made:
            names[made.group(1)] = True
            out.append("%s=$(awk 'NR == 1 { print $1 }' out.%d)" % (made.group(1), number))
    return "\n".join(out)


def run_page(page, folder, env):
    lines, faults = lines_of(page), []
    done = subprocess.run(["bash", "-c", script_of(lines)], cwd=folder, env=env, capture_output=True, text=True, timeout=500)
    seen = dict(map(int, line.split()) for line in done.stdout.splitlines())
    for number, line in enumerate(lines):
        if line.startswith("scripts/"):
            continue
        want = next((w for start, w in OTHER.items() if line.startswith(start)), [0])
        if seen.get(number) not in want:
            with open(os.path.join(folder, "err.%d" % number), encoding="utf-8") as file:
                faults.append("%s: '%s' ends with %s, not %s: %s" % (page, line, seen.get(number), want, file.read().strip()))
    for name in MADE[page]:
        if not os.path.exists(os.path.join(folder, name)):
            faults.append("%s: there is no %s in the end" % (page, name))
    print("%s: %d lines" % (page, len(seen)))
    if len(seen) < 15:
        faults.append("%s: only %d lines" % (page, len(seen)))
    return faults


def main():
    faults = []
    with tempfile.TemporaryDirectory() as work:
        env = {"PATH": BUILD + ":/usr/bin:/bin", "HOME": work, "TMPDIR": work, "LC_ALL": "C.UTF-8", "TRIALNOTARY_BUILD": BUILD}
        made = subprocess.run([os.path.join(SOURCE, "scripts/quickstart")], env=env, capture_output=True, text=True, timeout=500)
        if made.returncode != 0:
            print(made.stdout[-2000:], made.stderr[-2000:])
            return 1
        for page in MADE:
            folder = os.path.join(work, os.path.basename(page))
            shutil.copytree(os.path.join(SOURCE, "samples"), os.path.join(folder, "samples"))
            os.symlink(BUILD, os.path.join(folder, "build"))
            faults += run_page(page, folder, env)
    for fault in faults:
        print("FAILED: " + fault)
    return 1 if faults else 0


sys.exit(main())
