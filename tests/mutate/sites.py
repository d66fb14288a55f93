"""Finds the refusals in the verifier's sources and writes a copy in which each can be switched off.

Knows the house style and no more of C than that: functions begin with '{' in the first column, a refusal
is a direct statement of an 'if', or stands alone at the end of a function or of a branch.
"""
import re

# Outcomes that say nothing about the evidence: the machine, the program itself, or a size.
EXCLUDED_CODES = ("NO_MEMORY", "IO", "INTERNAL", "LIMIT")
# Statements that write a fault down where no return value carries it: in XML callbacks, and about a container's parts.
RECORDS = re.compile(r"(?:stop|stop_str|stop_with|doubt|fault|fault_of)\((?=[^;]*[;)])")
# Expressions that stand as statements: an assignment, a step, a call; nothing that only tidies up or words a message.
ACTION = re.compile(r"\*?[a-z_](?:[\w.]|->|\[[^\]]*\])*\s*(?:(?:[|&+*/^-]|<<|>>)?=(?!=)|\+\+|--)|"
                    r"(?!return\b|sizeof\b|\w*(?:free|done|unmap|munmap|close|snprintf|escape|prefix)\()[a-z_]\w*\(")
NO_DECISION = re.compile(r"^(if|for|while|switch|else|do|case|default)\b")


def mask(text):
    """The text with comments, strings and characters blanked, at the same length."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|^#[^\n]*(?:\\\n[^\n]*)*', blank, text,
                  flags=re.S | re.M)


def close(text, at):
    """Where the bracket at 'at' is closed."""
    pairs, depth = {"(": ")", "{": "}", "[": "]"}, 0
    opening, closing = text[at], pairs[text[at]]
    for i in range(at, len(text)):
        depth += (text[i] == opening) - (text[i] == closing)
        if depth == 0:
            return i
    raise ValueError("a bracket is not closed")


def statement_end(text, at):
    """Where the simple statement at 'at' ends: its semicolon."""
    i = at
    while text[i] != ";":
        if text[i] in ")}]":
            raise ValueError("no statement")
        i = close(text, i) + 1 if text[i] in "({[" else i + 1
    return i


def direct(text, start, end):
    """The simple statements between start and end that no inner 'if' or loop controls, as (start, end)."""
    i = start
    while i < end:
        if text[i].isspace() or text[i] == ";":
            i += 1
        elif text[i] == "{":
            i = close(text, i) + 1
        elif NO_DECISION.match(text[i:end]):
            word = NO_DECISION.match(text[i:end]).group(1)
            i += len(word)
            if word in ("if", "for", "while", "switch"):
                i = close(text, text.index("(", i)) + 1
            elif word in ("case", "default"):
                i = text.index(":", i) + 1
                continue
            while text[i].isspace():
                i += 1
            if text[i] != "{" and not NO_DECISION.match(text[i:end]):
                i = statement_end(text, i) + 1
        else:
            stop = statement_end(text, i)
            yield i, stop + 1
            i = stop + 1


def functions(masked):
    """(name, head, start of the body, its end) of each function."""
    for m in re.finditer(r"^\{", masked, re.M):
        before = masked[:m.start()].rstrip()
        if not before.endswith(")"):
            continue
        head = before[max(before.rfind("\n\n"), before.rfind("}\n"), before.rfind(";\n")) + 1:].strip()
        name = re.search(r"(\w+)\s*\(", head)
        if name:
            yield name.group(1), head, m.start(), close(masked, m.start())


class Site:
    """One refusal: edits that switch it off, and a name that lasts longer than its line."""

    def __init__(self, path, function, line, text, code, edits, kind="refusal"):
        self.path, self.function, self.line, self.code, self.edits, self.kind = path, function, line, code, edits, kind
        self.text = re.sub(r"\s+", " ", text).strip()
        self.key = "%s %s: %s" % (path, function, self.text)
        self.place = "%s:%d" % (path, line)
        self.excluded = None


class Source:
    """One file and its refusals."""

    def __init__(self, path, text, codes, finer=False):
        self.path, self.text, self.codes, self.finer = path, text, codes, finer
        self.masked = mask(text)
        self.functions = list(functions(self.masked))
        self.helpers = self.find_helpers()
        self.sites = []
        for name, head, start, end in self.functions:
            if name not in self.helpers and name not in ("vf_fail", "stop", "stop_str", "stop_with", "doubt", "fault_of"):
                self.walk(name, head, start, end)
                if finer:
                    self.walk_finer(name, start, end)

    def find_helpers(self):
        """Functions that refuse whatever they are given: 'return shape(reterr, ...)' is a refusal like vf_fail()."""
        found = set()
        for _ in range(3):
            calls = "|".join(["vf_fail"] + sorted(found))
            for name, head, start, end in self.functions:
                body = self.masked[start:end]
                last = body.rstrip().rstrip(";").rsplit(";", 1)[-1]
                last = re.split(r"[{}]", last)[-1]
                if head.startswith("static") and "rc " in head.split("(")[0].lower() and re.match(r"\s*return (%s)\(" % calls, last) and \
                        not re.search(r"return VF_OK|: VF_OK|\? VF_OK|rc == VF_OK", body) and \
                        (name.startswith("fail_") or not re.search(r"return rc\b", body)):
                    found.add(name)
        return found

    def refusal(self, statement, head):
        """The code of a refusing statement, '?' where a helper or a bool says no, or None."""
        m = re.search(r"\bvf_fail\(\s*[&*\w>.-]+\s*,\s*(?:VF_([A-Z0-9_]+))?", statement)
        if m:
            return None if statement.startswith("vf_ignore") else m.group(1) or "?"
        m = re.match(r"return (\w+)\(", statement)
        if m and m.group(1) in self.helpers:
            return "NO_MEMORY" if "memory" in m.group(1) else "?"
        if re.match(r"return false\s*;", statement) and re.search(r"\bbool\b", head.split("(")[0]):
            return "?"
        if re.match(r"return\s+;", statement) and re.search(r"\bchar \*", head):
            return "?" # a reason, where the good answer is NULL
        m = re.match(r"(?:return|rc =|\*?\w*rc =) VF_([A-Z0-9_]+)\s*;", statement)
        if m and m.group(1) in self.codes:
            return m.group(1)
        if re.match(r"(\*ret_)?fault = \s*;", statement):
            return "?"
        if RECORDS.match(statement):
            named = set(re.findall(r"\bVF_(%s)\b" % "|".join(sorted(self.codes)), statement))
            return named.pop() if len(named) == 1 else "?"
        return None

    def add(self, function, at, text, code, edits, kind="refusal"):
        site = Site(self.path, function, self.text.count("\n", 0, at) + 1, text, code, edits, kind)
        if code in EXCLUDED_CODES:
            site.excluded = code
        same = sum(1 for s in self.sites if s.key.split(" (#")[0] == site.key)
        if same:
            site.key += " (#%d)" % (same + 1)
        self.sites.append(site)

    def walk(self, name, head, start, end):
        m, done = self.masked, set()
        for found in re.finditer(r"\bif \(", m[start:end]):
            at = start + found.start()
            opening = start + found.end() - 1
            closing = close(m, opening)
            body = closing + 1
            while m[body].isspace():
                body += 1
            if m[body] == "{":
                inside = list(direct(m, body + 1, close(m, body)))
            elif NO_DECISION.match(m[body:body + 10]):
                continue
            else:
                inside = [(body, statement_end(m, body) + 1)]
            codes = [(self.refusal(m[a:b], head), a, b) for a, b in inside]
            codes = [c for c in codes if c[0] and not self.is_choice(m[c[1]:c[2]])]
            if not codes:
                continue
            done.update(a for _, a, _ in codes)
            parts = list(self.split(opening + 1, closing, "||"))
            self.add(name, at, "if (%s)" % self.text[opening + 1:closing], codes[0][0], self.ignore(parts, opening, closing))
            for a, b in parts if len(parts) > 1 else []:
                self.add(name, at, "if (.. || %s || ..)" % self.text[a:b], codes[0][0],
                         [(a, "(("), (b, ") && vf_mutant_refuses(@))")], "operand")
        for a, b in self.every_statement(start, end):
            if a not in done:
                self.alone(name, head, a, b)

    def walk_finer(self, name, start, end):
        """What decides without refusing: each other condition, never and without each of its operands; each action left out."""
        m, refusing = self.masked, {s.edits[0][0] for s in self.sites}
        for found in re.finditer(r"\bif \(", m[start:end]):
            opening = start + found.end() - 1
            closing = close(m, opening)
            if opening + 1 in refusing:
                continue
            text = self.text[opening + 1:closing]
            self.add(name, opening, "never: if (%s)" % text, "?",
                     [(opening + 1, "("), (closing, ") && vf_mutant_refuses(@)")], "finer")
            for operator, neutral in (("&&", "|| !"), ("||", "&& ")):
                parts = list(self.split(opening + 1, closing, operator))
                for a, b in parts if len(parts) > 1 or operator == "&&" else []:
                    self.add(name, a, "without: if (.. %s ..)" % self.text[a:b], "?",
                             [(a, "(("), (b, ") %svf_mutant_refuses(@))" % neutral)], "finer")
        after = {a for f in re.finditer(r"\b(?:if|for|while) \(", m[start:end]) for a in [close(m, start + f.end() - 1)]}
        for found in re.finditer(r"(?:[;{})]|\belse\b)\s*", m[start:end]):
            at, by = start + found.end(), start + found.start()
            if m[by] == ")" and by not in after or m.count("(", start, at) != m.count(")", start, at):
                continue # a cast, the head of a loop
            if not ACTION.match(m[at:end]) or RECORDS.match(m[at:end]):
                continue
            try:
                stop = statement_end(m, at) + 1
            except ValueError:
                continue # a member of an initialiser
            self.add(name, at, "left out: %s" % self.text[at:stop], "?", [(at, "{ if (vf_mutant_refuses(@)) "), (stop, " }")], "finer")

    @staticmethod
    def ignore(parts, opening, closing):
        """Edits after which a condition is worked out and never holds: 'a || b' reads both, as if both were false."""
        if len(parts) < 2:
            return [(opening + 1, "("), (closing, ") && vf_mutant_refuses(@)")]
        return [e for a, b in parts for e in ((a, "(("), (b, ") && vf_mutant_refuses(@))"))]

    @staticmethod
    def is_choice(statement):
        """cond ? vf_fail() : VF_OK decides by itself."""
        return "?" in statement and "VF_OK" in statement

    def every_statement(self, start, end):
        at = start
        for m in re.finditer(r"[;{}:)]\s*", self.masked[start:end]):
            at = start + m.end()
            if re.match(r"(return\b|\*?\w+ =|enum vf_rc rc =|vf_fail\(|%s)" % RECORDS.pattern, self.masked[at:end]):
                try:
                    yield at, statement_end(self.masked, at) + 1
                except ValueError:
                    pass # a member of an initialiser

    def split(self, start, end, operator):
        """The operands of a chain of one operator on its highest level; none where other operators bind weaker."""
        i = a = start
        m = self.masked
        while i < end:
            if m[i] in "({[":
                i = close(m, i) + 1
            elif m[i] == "?" or (operator == "&&" and m.startswith("||", i)) or \
                    (m[i] == "=" and m[i - 1] not in "=!<>" and m[i + 1] != "="):
                return
            elif m.startswith(operator, i):
                yield a, i
                i = a = i + 2
            else:
                i += 1
        yield a, end

    def alone(self, name, head, a, b):
        """A refusal that no 'if' of its own controls; and the answer of a bool function that joins several."""
        text = self.masked[a:b]
        call = re.search(r"\bvf_fail\(", text)
        if call and not text.startswith("vf_ignore"):
            stop = close(self.masked, a + call.end() - 1) + 1
            code = self.refusal(text, head)
            edits = [(a + call.start(), "(vf_mutant_refuses(@) ? "), (stop, " : VF_OK)")]
            if text.startswith("vf_fail("):
                report = self.masked.find("vf_report_fault(", b)
                if report < 0:
                    return
                edits = [(report, "if (vf_mutant_refuses(@)) ")]
            self.add(name, a, self.text[a + call.start():stop], code, edits)
            return
        if RECORDS.match(text):
            self.add(name, a, self.text[a:b - 1], self.refusal(text, head), [(a, "if (vf_mutant_refuses(@)) ")])
            return
        m = re.match(r"return ([^?]*)\? (NULL :\s*;|\s*: NULL;)", text)
        if m and re.search(r"\bchar \*", head):
            good = m.group(2).startswith("NULL")
            self.add(name, a, self.text[a:b - 1], "?",
                     [(a + 7, "(("), (a + m.end(1), ") %s)" % ("|| !vf_mutant_refuses(@)" if good else "&& vf_mutant_refuses(@)"))])
            return
        m = re.match(r"return (\w+)\(", text)
        if m and m.group(1) in self.helpers:
            self.add(name, a, self.text[a:b - 1], "?",
                     [(a + 7, "(vf_mutant_refuses(@) ? "), (b - 1, " : VF_OK)")])
        elif re.search(r"\bbool\b", head.split("(")[0]) and text.startswith("return "):
            parts = list(self.split(a + 7, b - 1, "&&"))
            for x, y in parts if len(parts) > 1 else []:
                self.add(name, a, "return .. && %s && .." % self.text[x:y], "?",
                         [(x, "(("), (y, ") || !vf_mutant_refuses(@))")], "operand")


def rewrite(source, numbers):
    """The text of the file in which refusal N is switched off when the mutant is N."""
    edits = []
    for s in source.sites:
        if s.key in numbers:
            edits += [(at, text.replace("@", str(numbers[s.key]))) for at, text in s.edits]
    out, last = ['#include "verify/mutant.h"\n#line 1 "%s"\n' % source.path], 0
    # at one place, what closes goes before what opens
    for at, text in sorted(edits, key=lambda e: (e[0], not e[1].startswith(")"))):
        out.append(source.text[last:at] + text)
        last = at
    return "".join(out) + source.text[last:]
