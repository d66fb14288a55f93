"""A notary's service as a client sees it, that misbehaves when told so. Not a notary: nothing is sealed or signed.

  client_server.py PORT_FILE      listens on a free loopback port and writes its number there

Before each request the first line of the file 'script' is taken (absent or empty: 'ok'); 'requests' gets a line for each
request; 'refuse-line' may hold the number of a line that the next bulk request is refused; with 'refuse-findings'
the next record of findings is; with 'endless' (or 'loop') a list has pages for ever (or one that leads to itself); with 'lose-posts' the answers to submissions are lost; 'kill-me' may hold a process ID for the actions that kill the client.
"""
import base64, hashlib, http.server, json, os, signal, sys, time, urllib.parse

streams, records, order = {}, {}, []
KEY = "11" * 32


def action():
    try:
        lines = open("script").read().splitlines()
    except FileNotFoundError:
        return "ok"
    if not lines:
        return "ok"
    open("script", "w").write("".join(line + "\n" for line in lines[1:]))
    return lines[0]


def take(name):
    """What a file says, once; None when there is none."""
    try:
        text = open(name).read().strip()
    except FileNotFoundError:
        return None
    os.unlink(name)
    return text


def receipt(entry):
    text = "trialnotary/entry/1\nsha256 %s\nsha512 %s\nslot %s\n" % (entry["sha256"], entry["sha512"], entry["slot"])
    root = hashlib.sha256(b"\0" + text.encode()).hexdigest()
    head = "trialnotary/receipt/1\norigin fake.example\ngroup 1\nroot %s\naccepted 2026-03-02T14:07:31Z\ndelay 60\n" % root
    line = "\n\u2014 fake.example/receipts %s\n" % base64.b64encode(b"\1" * 68).decode()
    return base64.b64encode((head + line + "\nindex 0\n" + text).encode()).decode()


def refusal(code, status=422):
    return {"type": "urn:trialnotary:problem:" + code, "title": "t", "status": status, "code": code,
            "detail": "said by the test", "field": "/members/0", "next": "do this"}


def submit(line):
    body = json.loads(line)
    members = {m["name"]: m for m in body["members"]}
    stream = json.loads(base64.b64decode(members["stream.json"]["base64"]))
    statement = json.loads(base64.b64decode(members["statement.json"]["base64"]))
    study, name = statement["study"], body["entry"]["sha256"]
    known = streams.get(study)
    if name not in records:
        if (stream.get("prev") or None) != (known["head"] if known else None):
            return 409, refusal("STREAM_CONFLICT", 409)
        streams[study] = {"stream": known["stream"] if known else name, "head": name, "next": stream["seq"] + 1,
                          "key": known["key"] if known else stream.get("key", KEY)}
        details = members.get("details.json", {}).get("base64")
        records[name] = dict(study=study, kind=statement["kind"], **({"details": details} if details else {}))
        listed = [{k: d[k] for k in ("name", "sha256", "sha512", "size", "confidential") if k in d} for d in body["documents"]]
        records[name]["shown"] = {"documents": listed, "links": statement.get("links", [])}
        order.append(name)
        open("records", "a").write("%s %s\n" % (name, study))
        new = 201
    else:
        new = 200
    return new, {"id": name, "state": "accepted", "receipt": receipt(body["entry"]), "newer": {"field": 1}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body, kind="application/json", fields=()):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        if status >= 400 and kind == "application/json":
            kind = "application/problem+json"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def cut(self):
        self.close_connection = True
        self.connection.close()

    def kill(self):
        os.kill(int(open("kill-me").read()), signal.SIGKILL)

    def misbehave(self, what, word):
        """True when the request was answered, or never will be."""
        what, _, value = what.partition(" ")
        if what in ("ok", "lose", "kill-after"):
            return False
        if what == "status":
            status, _, after = value.partition(" ")
            self.answer(int(status), b"busy", "text/plain", [("Retry-After", after)] if after else [])
        elif what == "problem":
            code, _, status = value.partition(" ")
            self.answer(int(status or 422), refusal(code, int(status or 422)))
        elif what == "slow":
            time.sleep(float(value))
            return False
        elif what == "cut":
            self.cut()
        elif what == "half":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"exists":')
            self.wfile.flush()
            self.cut()
        elif what == "huge":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                for _ in range(4096):
                    self.wfile.write(b" " * 65536)
            except OSError:
                pass
            self.cut()
        elif what == "json":
            self.answer(200, value.encode())
        elif what == "type":
            self.answer(200, b"<html>log in</html>", "text/html")
        elif what == "redirect":
            self.answer(302, b"", "text/plain", [("Location", "http://%s/elsewhere" % self.headers["Host"])])
        elif what == "kill-before":
            self.kill()
            self.cut()
        else:
            raise ValueError(what)
        return True

    def handle_any(self, word, body):
        path = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(path.query)
        if path.path == "/v1/records" and query.get("limit") == ["100"]:  # whether rules are enforced: not in the script
            open("looks", "a").write("%s\n" % self.path)
            self.answer(*self.find(word, path.path, query, body))
            return
        what = action()
        open("requests", "a").write("%s %s %d %s\n" % (word, self.path, len(body), self.headers.get("Authorization", "-")[:11]))
        open("last-body", "wb").write(body)
        if self.misbehave(what, word):
            return
        answer = self.find(word, path.path, query, body)
        if what == "lose" or (word == "POST" and os.path.exists("lose-posts")):
            self.cut()
            return
        self.answer(*answer)
        if what == "kill-after":
            self.wfile.flush()
            self.kill()

    def find(self, word, path, query, body):
        if word == "GET" and path == "/v1/stream":
            known = streams.get(query["study"][0])
            return 200, dict(known, study=query["study"][0], exists=True) if known else {"study": "", "exists": False}
        if word == "POST" and path == "/v1/records":
            if b'"name":"findings.json"' in body and take("refuse-findings") is not None:
                return 403, refusal("FORBIDDEN", 403)
            return submit(body)
        if word == "POST" and path == "/v1/records/bulk":
            refused = take("refuse-line")
            lines = [json.dumps(refusal("FORBIDDEN") if str(i) == refused else submit(line)[1])
                     for i, line in enumerate(body.splitlines())]
            return 200, ("\n".join(lines) + "\n").encode(), "application/x-ndjson"
        if word == "GET" and path == "/v1/records" and os.path.exists("endless"):
            at = int(query.get("after", ["0"])[0])
            one = json.dumps({"id": "00" * 32, "state": "accepted", "study": "EX-1", "kind": "protocol"})
            return 200, ('{"records":[%s],"next":"%d"}' % (",".join([one] * 60000), at + 60000)).encode()
        if word == "GET" and path == "/v1/records" and os.path.exists("loop"):
            return 200, {"records": [], "next": query.get("after", ["5"])[0]}
        if word == "GET" and path == "/v1/records":
            at = int(query.get("after", ["0"])[0])
            found = [n for n in order if records[n]["study"] == query["study"][0]]
            page = [dict(records[n]["shown"], id=n, state="accepted", study=records[n]["study"], kind=records[n]["kind"])
                    for n in found[at:at + 2]]
            return 200, dict({"records": page}, **({"next": str(at + 2)} if at + 2 < len(found) else {}))
        if word == "GET" and path.endswith("/bundle"):
            return 200, open("bundle", "rb").read(), "application/vnd.etsi.asic-e+zip"
        name = path.rpartition("/")[2]
        if word == "GET" and name in records:
            r = records[name]
            return 200, dict(r["shown"], id=name, state="sequenced", index=7, kind=r["kind"], study=r["study"],
                             **({"details": r["details"]} if "details" in r else {}))
        return 404, refusal("UNKNOWN_RECORD", 404)

    def do_GET(self):
        self.handle_any("GET", b"")

    def do_POST(self):
        self.handle_any("POST", self.rfile.read(int(self.headers["Content-Length"])))


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(sys.argv[1] + ".new", "w") as f:
    f.write("%d\n" % server.server_address[1])
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
