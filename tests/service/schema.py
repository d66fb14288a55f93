"""A small checker for JSON Schema 2020-12 and for the shape of an OpenAPI 3.1 document.

It knows exactly the keywords that docs/openapi.json uses. An unknown keyword is a fault of the document and never
passed over, so no rule is silently without effect. 'python3 schema.py' tests the checker itself.
"""
import base64, binascii, json, re, sys

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool}
NOTES = {"description", "default", "contentMediaType"}   # they say something and demand nothing
APPLICATORS = {"allOf", "anyOf", "oneOf"}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_type(value, name):
    if name == "integer":
        return is_number(value) and value == int(value)
    return isinstance(value, TYPES[name])


def same(a, b):
    """Equality of JSON values: in Python True == 1, in JSON it is not."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def is_base64(text):
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode() == text
    except (binascii.Error, ValueError):
        return False


# Each rule says whether the value is good; it is asked only for values of the given type.
RULES = {
    "minimum": (is_number, lambda v, want: v >= want),
    "maximum": (is_number, lambda v, want: v <= want),
    "minLength": (lambda v: isinstance(v, str), lambda v, want: len(v) >= want),
    "maxLength": (lambda v: isinstance(v, str), lambda v, want: len(v) <= want),
    # ECMA-262: without the flag m '$' is the very end, in Python it would be before a line end too
    "pattern": (lambda v: isinstance(v, str), lambda v, want: re.search(re.sub(r"(?<!\\)\$", r"\\Z", want),
    v) is not None),
    "contentEncoding": (lambda v: isinstance(v, str), lambda v, want: is_base64(v)),
    "minItems": (lambda v: isinstance(v, list), lambda v, want: len(v) >= want),
    "maxItems": (lambda v: isinstance(v, list), lambda v, want: len(v) <= want),
    "uniqueItems": (lambda v: isinstance(v, list), lambda v, want: len({json.dumps(x, sort_keys=True) for x in v})
    == len(v)),
    "const": (lambda v: True, same),
    "enum": (lambda v: True, lambda v, want: any(same(v, x) for x in want)),
    "type": (lambda v: True, is_type),
    "required": (lambda v: isinstance(v, dict), lambda v, want: all(k in v for k in want)),
    "dependentRequired": (lambda v: isinstance(v, dict), lambda v, want: all(x in v for k in want if k in v
    for x in want[k])),
}
KEYWORDS = set(RULES) | NOTES | APPLICATORS | {"$ref", "properties", "additionalProperties", "items"}


class Schemas:
    """Schemas of one document; check() gives a list of faults, empty when the value is good."""

    def __init__(self, document):
        self.document = document

    def resolve(self, ref):
        if not ref.startswith("#/"):
            raise ValueError(f"not a reference into this document: {ref}")
        at = self.document
        for part in ref[2:].split("/"):
            at = at[part.replace("~1", "/").replace("~0", "~")]
        return at

    def follow(self, thing):
        return self.resolve(thing["$ref"]) if "$ref" in thing else thing

    def check(self, schema, value, at="$"):
        unknown = set(schema) - KEYWORDS
        if unknown:
            raise ValueError(f"{at}: unknown keywords {sorted(unknown)}")
        faults = [f"{at}: {keyword} {json.dumps(schema[keyword])[:200]} does not hold for {json.dumps(value)[:200]}"
                  for keyword, (applies, holds) in RULES.items()
                  if keyword in schema and applies(value) and not holds(value, schema[keyword])]
        if "$ref" in schema:
            faults += self.check(self.resolve(schema["$ref"]), value, at)
        for sub in schema.get("allOf", []):
            faults += self.check(sub, value, at)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                faults += self.check_choice(keyword, schema[keyword], value, at)
        if isinstance(value, dict):
            faults += self.check_members(schema, value, at)
        if isinstance(value, list) and "items" in schema:
            for i, item in enumerate(value):
                faults += self.check(schema["items"], item, f"{at}[{i}]")
        return faults

    def check_choice(self, keyword, choices, value, at):
        results = [self.check(sub, value, at) for sub in choices]
        good = sum(not r for r in results)
        if good == 1 or (good > 1 and keyword == "anyOf"):
            return []
        return [f"{at}: {good} of {len(choices)} choices of {keyword} hold"] + [f"    or {f}" for r in results
            for f in r[:2]]

    def check_members(self, schema, value, at):
        faults, known = [], schema.get("properties", {})
        for name, item in value.items():
            if name in known:
                faults += self.check(known[name], item, f"{at}.{name}")
            elif schema.get("additionalProperties") is False:
                faults.append(f"{at}: no member '{name}' is allowed")
        return faults

    def lint(self, schema, at):
        """Faults of a schema itself: unknown keywords, bad patterns, members that are required and not described."""
        if not isinstance(schema, dict):
            return [f"{at}: a schema must be an object"]
        faults = [f"{at}: unknown keyword '{k}'" for k in schema if k not in KEYWORDS]
        if "pattern" in schema:
            re.compile(schema["pattern"])
        if schema.get("contentEncoding", "base64") != "base64":
            faults.append(f"{at}: unknown encoding")
        if schema.get("type", "integer") not in {*TYPES, "integer"}:
            faults.append(f"{at}: unknown type")
        if schema.get("additionalProperties", False) is not False:
            faults.append(f"{at}: additionalProperties must be false")
        if "$ref" in schema:
            self.resolve(schema["$ref"])
        if "additionalProperties" in schema:
            faults += [f"{at}: '{k}' is required and not described" for k in schema.get("required", [])
                if k not in schema["properties"]]
        for name, sub in schema.get("properties", {}).items():
            faults += self.lint(sub, f"{at}.{name}")
        for keyword in APPLICATORS & set(schema):
            for i, sub in enumerate(schema[keyword]):
                faults += self.lint(sub, f"{at}.{keyword}[{i}]")
        return faults + (self.lint(schema["items"], f"{at}[]") if "items" in schema else [])


METHODS = {"get", "post", "put", "delete", "patch"}


class OpenApi(Schemas):
    """The operations of a document, by operationId."""

    def __init__(self, document):
        super().__init__(document)
        self.operations = {}
        for path, item in document["paths"].items():
            for method in METHODS & set(item):
                operation = item[method]
                parameters = [self.follow(p) for p in item.get("parameters", []) + operation.get("parameters", [])]
                found = {"path": path, "method": method.upper(), "parameters": {(p["in"], p["name"]): p
                    for p in parameters},
                         "body": operation.get("requestBody"), "right": operation.get("x-right"),
                         "responses": {int(s): self.follow(r) for s, r in operation["responses"].items()},
                         "security": operation.get("security", document["security"])}
                if operation["operationId"] in self.operations:
                    raise ValueError(f"operation {operation['operationId']} twice")
                self.operations[operation["operationId"]] = found

    def lint_all(self):
        faults, parts = [], self.document["components"]
        for name, schema in parts["schemas"].items():
            faults += self.lint(schema, name)
        for path, item in self.document["paths"].items():
            faults += [f"{path}: unknown member '{k}'" for k in item if k not in METHODS | {"parameters"}]
        for name, o in self.operations.items():
            placed = {n for where, n in o["parameters"] if where == "path"}
            if placed != set(re.findall(r"\{(\w+)\}", o["path"])):
                faults.append(f"{name}: parameters in the path and in the list differ")
            for scheme in {s for choice in o["security"] for s in choice}:
                if scheme not in parts["securitySchemes"]:
                    faults.append(f"{name}: no security scheme '{scheme}'")
            for (where, parameter), p in o["parameters"].items():
                faults += self.lint(p["schema"], f"{name}.{parameter}")
                if where == "path" and not p["required"]:
                    faults.append(f"{name}.{parameter}: a part of the path is always required")
            for media, content in (o["body"] or {"content": {}})["content"].items():
                faults += self.lint(content["schema"], f"{name}.{media}")
            for status, response in o["responses"].items():
                faults += self.lint_response(response, f"{name}.{status}")
        used = set(re.findall(r'"#/components/(\w+/[\w-]+)"', json.dumps(self.document)))
        faults += [f"{kind}/{name} is never used" for kind, things in parts.items() if kind != "securitySchemes"
                   for name in things if f"{kind}/{name}" not in used]
        return faults

    def lint_response(self, response, at):
        faults = [] if response.get("description") else [f"{at}: no description"]
        for name, header in response.get("headers", {}).items():
            faults += self.lint(self.follow(header)["schema"], f"{at}.{name}")
        for media, content in response.get("content", {}).items():
            faults += self.lint(content["schema"], f"{at}.{media}")
        return faults


# For each rule values that it takes and values that it refuses.
CASES = [
    ({"type": "integer"}, [0, -1, 7, 1.0], [True, "1", 1.5, None, [], {}]),
    ({"type": "boolean"}, [True, False], [0, 1, "true", None]),
    ({"type": "string"}, ["", "x"], [1, None, []]),
    ({"type": "object"}, [{}, {"a": 1}], [[], "", None]),
    ({"type": "array"}, [[], [1]], [{}, "", None]),
    ({"const": 1}, [1], [True, "1", 2]),
    ({"const": True}, [True], [1, "true", False]),
    ({"enum": ["a", 0]}, ["a", 0], ["b", False, None, "0"]),
    ({"minimum": 1, "maximum": 3}, [1, 2, 3, "x"], [0, 4, 0.999]),
    ({"minLength": 1, "maxLength": 2}, ["a", "ab", "\u00e4\u00e4", 5], ["", "abc"]),
    ({"pattern": "^[a-f]{2}$"}, ["ab", 3], ["abc", "xab", "ab\n", "AB", ""]),
    ({"pattern": "^a\\$$"}, ["a$"], ["a", "a$b"]),
    ({"contentEncoding": "base64"}, ["", "AA==", "AAAA"], ["A", "AA", "AB==", "A A=", "-_-_"]),
    ({"minItems": 1, "maxItems": 2}, [[1], [1, 2], {}], [[], [1, 2, 3]]),
    ({"uniqueItems": True}, [[1, True], []], [[1, 1], [{"a": 1}, {"a": 1}]]),
    ({"items": {"type": "string"}}, [[], ["a"], {}], [[1], ["a", 1]]),
    ({"required": ["a"]}, [{"a": None}, []], [{}, {"b": 1}]),
    ({"dependentRequired": {"a": ["b"]}}, [{}, {"b": 1}, {"a": 1, "b": 1}], [{"a": 1}]),
    ({"properties": {"a": {"type": "string"}}}, [{"a": ""}, {"b": 1}, {}], [{"a": 1}]),
    ({"properties": {"a": {}}, "additionalProperties": False}, [{"a": 1}, {}, []], [{"b": 1}, {"a": 1, "b": 1}]),
    ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, [1, 2], [0, 3]),
    ({"anyOf": [{"minimum": 3}, {"type": "integer"}]}, [1, 4, 3.5], [1.5]),
    ({"oneOf": [{"minimum": 3}, {"type": "integer"}]}, [1, 3.5], [4, 1.5]),
    ({"$ref": "#/a~1b"}, ["x"], [1]),
    ({"description": "says nothing", "default": 1, "contentMediaType": "x/y"}, [1, None], []),
]


def self_test():
    s, count = Schemas({"a/b": {"type": "string"}}), 0
    tested = {k for schema, _, _ in CASES for k in schema}
    assert tested == KEYWORDS, f"not tested: {KEYWORDS - tested}"
    for schema, good, bad in CASES:
        assert s.lint(schema, "$") == [], schema
        for value in good:
            assert s.check(schema, value) == [], (schema, value)
        for value in bad:
            assert s.check(schema, value) != [], (schema, value)
            assert s.check({"items": schema}, [value]) and s.check({"properties": {"x": schema}},
                {"x": value}), (schema, value)
        count += len(good) + len(bad)
    for schema in ({"minProperties": 1}, {"items": {"format": "date"}}, {"properties": {"a": {"if": {}}}},
            {"anyOf": [{"not": {}}]},
                   {"type": "number"}, {"additionalProperties": {}}, {"contentEncoding": "hex"},
                   {"properties": {"a": True}},
                   {"required": ["a"], "properties": {}, "additionalProperties": False}):
        assert s.lint(schema, "$"), schema
        count += 1
    try:
        s.check({"format": "date"}, "x")
    except ValueError:
        return count + 1
    raise AssertionError("an unknown keyword was passed over")


if __name__ == "__main__":
    print(f"{self_test()} checks of the checker passed")
    if len(sys.argv) > 1:
        with open(sys.argv[1], encoding="utf-8") as f:
            found = OpenApi(json.load(f)).lint_all()
        print("\n".join(found) or "the document is well formed")
        sys.exit(1 if found else 0)
