"""A real notary with its service on a free port of loopback, and a client that sends what it is told, good or bad.

TRIALNOTARY: path of the program.
"""
import http.client, json, os, re, signal, sqlite3, ssl, subprocess, time

PROGRAM = os.environ.get("TRIALNOTARY", "trialnotary")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def type(self):
        return (self.headers.get("content-type") or "").split(";")[0].strip()

    def header(self, name):
        return self.headers.get(name.lower())


def no_twins(pairs):
    names = [k for k, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a member twice")
    return dict(pairs)


def no_constant(name):
    raise ValueError(f"{name} is no JSON")


def read_json(data):
    """As RFC 8259 has it, and I-JSON: UTF-8, no member twice, no NaN."""
    return json.loads(data.decode("utf-8"), object_pairs_hook=no_twins, parse_constant=no_constant)


def away_from_midnight():
    """Waits for the next day (UTC) when this one is about to end, for tests in which something is of today."""
    left = 86400 - time.time() % 86400
    if left < 180:
        time.sleep(left + 1)


class Service:
    """A notary in a folder; settings are lines of trialnotary.conf."""

    def __init__(self, folder, **settings):
        self.folder, self.process, self.port, self.tls = folder, None, None, None
        self.run("init", folder, "--origin", "test.example/1")
        self.configure(listen="127.0.0.1:0", **settings)

    @staticmethod
    def run(*words):
        done = subprocess.run([PROGRAM, *words, "--json"], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"trialnotary {' '.join(words)}: status {done.returncode}: {done.stdout} {done.stderr}")
        return json.loads(done.stdout)

    def configure(self, **settings):
        path = os.path.join(self.folder, "trialnotary.conf")
        with open(path, encoding="utf-8") as f:
            lines = [l for l in f if l.split("=")[0].strip() not in settings]
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(lines + [f"{k} = {v}\n" for k, v in settings.items()])

    def party(self, name, role):
        self.run("party", "add", self.folder, name, "--role", role)

    def token(self, party, *options):
        return self.run("token", "new", self.folder, party, *options)

    def expire(self, number):
        """Makes a token end in the past; the service is not running."""
        now = int(time.time() * 1000)
        db = sqlite3.connect(os.path.join(self.folder, "access.db"))
        changed = db.execute("UPDATE credential SET created = ?, expires = ? WHERE number = ?",
            (now - 2000, now - 1000, number)).rowcount
        db.commit()
        db.close()
        if changed != 1:
            raise RuntimeError(f"there is no token {number}")

    def start(self, tls=None, ready=200):
        self.tls, self.port = tls, None
        with open(self.beside("serve.out"), "wb") as out, open(self.beside("serve.err"), "wb") as err:
            self.process = subprocess.Popen([PROGRAM, "serve", self.folder], stdout=out, stderr=err,
                stdin=subprocess.DEVNULL)
        for _ in range(1200):
            if self.process.poll() is not None:
                raise RuntimeError(f"the service ended with status {self.process.returncode}: {self.errors()}")
            said = re.search(r"listening on https?://127\.0\.0\.1:([0-9]+)\n", self.errors())
            if said:
                self.port = int(said.group(1))
                if self.send("GET", "/readyz").status == ready:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the service does not get ready: {self.errors()}")

    def beside(self, name):
        return os.path.join(self.folder, "..", name)

    def errors(self):
        with open(self.beside("serve.err"), encoding="utf-8", errors="replace") as f:
            return f.read()[-3000:]

    def stop(self):
        """Ends the service as a supervisor does, and gives its status; -1 when a sanitizer complained."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process = None
        return -1 if "runtime error" in self.errors() or "Sanitizer" in self.errors() else status

    def send(self, method, target, body=None, headers=(), timeout=60):
        """One request on a connection of its own; exactly these header fields, and what framing needs."""
        if self.tls:
            c = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.tls)
        else:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            c.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers:
                c.putheader(name, value)
            if body is not None:
                c.putheader("Content-Length", str(len(body)))
            c.endheaders()
            if body:
                try:
                    c.send(body)
                except (BrokenPipeError, ConnectionResetError):
                    pass        # refused by the head: the answer is there already
            r = c.getresponse()
            fields = {}
            for k, v in r.getheaders():
                if k.lower() in fields:
                    raise ValueError(f"the field {k} stands twice in an answer")
                fields[k.lower()] = v
            return Answer(r.status, fields, r.read())
        finally:
            c.close()


def client_context(certificate=None, key=None):
    """The test knows no authority: who the server is, is not its question here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate, key)
    return context
