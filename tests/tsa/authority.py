#!/usr/bin/env python3
"""A time-stamping authority on loopback, made of 'openssl ts', that can also lie.

    authority.py FOLDER [MODE]

makes its CA, keys and certificates in FOLDER, prints one line of JSON (the ports and the files to trust) and serves until its
standard input ends; each line of that is a new MODE, answered with a line: how many connections there were so far. The path of a request chooses what happens:
POST /PROFILE/MODE. A path without a mode uses MODE ("good").

profiles   p256, rsa3072, sha512 (as p256, with SHA-512 throughout), other (of a CA that nobody trusts), expired, plain (a certificate
           that is not for time-stamping), only (its CA has a file of its own, to be pinned for another authority)
modes      see LIES below and the function answer()
"""
import base64, http.server, json, os, ssl, subprocess, sys, threading, time

TYPE = "application/timestamp-reply"
POLICY, OTHER_POLICY = "1.3.6.1.4.1.55555.1", "1.3.6.1.4.1.55555.2"
PROFILES = ("p256", "rsa3072", "sha512", "other", "expired", "plain", "only")
# What makes a mode end: a client that leaves, or this.
LONGEST = 60.0


# ---- DER: as much as a request needs ----

def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 128:
        return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def take(data):
    """(tag, contents, all octets of the element, rest)"""
    n, at = data[1], 2
    if n & 0x80:
        at = 2 + (n & 0x7F)
        n = int.from_bytes(data[2:at], "big")
    return data[0], data[at:at + n], data[:at + n], data[at + n:]


def read_query(data):
    """The parts of a TimeStampReq by name, as whole elements."""
    _, rest, _, _ = take(data)
    parts = {}
    for name, tag in (("version", 0x02), ("imprint", 0x30), ("policy", 0x06), ("nonce", 0x02), ("certs", 0x01)):
        if rest and rest[0] == tag:
            _, _, parts[name], rest = take(rest)
    return parts


def put_query(parts):
    return der(0x30, *[parts[k] for k in ("version", "imprint", "policy", "nonce", "certs") if k in parts])


def status(number, text=None, bit=None):
    info = der(0x02, bytes([number]))
    if text is not None:
        info += der(0x30, der(0x0C, text.encode()))
    if bit is not None:
        octets = bytearray(bit // 8 + 1)
        octets[-1] = 0x80 >> bit % 8
        info += der(0x03, bytes([7 - bit % 8]), bytes(octets))
    return der(0x30, info)


# ---- what changes the question before it is answered, or the answer after it ----

def other_imprint(parts):
    imprint = bytearray(parts["imprint"])
    imprint[-1] ^= 1
    return dict(parts, imprint=bytes(imprint))


def other_nonce(parts):
    return dict(parts, nonce=der(0x02, b"\x11\x22\x33\x44"))


def without(name):
    return lambda parts: {k: v for k, v in parts.items() if k != name}


def flipped(reply):
    return reply[:-1] + bytes([reply[-1] ^ 1])


def indefinite(reply):
    _, body, _, _ = take(reply)
    return b"\x30\x80" + body + b"\0\0"


def token_of(reply):
    _, body, _, _ = take(reply)
    return take(body)[3]


# mode: (profile or None, change of the query, settings of openssl ts, change of the reply)
LIES = {
    "good": (None, None, {}, None),
    "wrong-imprint": (None, other_imprint, {}, None),
    "wrong-nonce": (None, other_nonce, {}, None),
    "no-nonce": (None, without("nonce"), {}, None),
    "other-policy": (None, without("policy"), {"default_policy": OTHER_POLICY}, None),
    "other-ca": ("other", None, {}, None),
    "expired": ("expired", None, {}, None),
    "not-for-stamping": ("plain", None, {}, None),
    "no-certificate": (None, without("certs"), {}, None),
    "hour-ago": (None, None, {"shift": "-1h"}, None),
    "hour-ahead": (None, None, {"shift": "+1h"}, None),
    "second-ago": (None, None, {"shift": "-2s"}, None),
    "signature": (None, None, {}, flipped),
    "truncated": (None, None, {}, lambda r: r[:-10]),
    "trailing": (None, None, {}, lambda r: r + b"\0"),
    "indefinite": (None, None, {}, indefinite),
    "granted-nothing": (None, None, {}, lambda r: der(0x30, status(0))),
    "with-mods": (None, None, {}, lambda r: der(0x30, status(1), token_of(r))),
    "token-alone": (None, None, {}, token_of),
    "rejection": (None, None, {}, lambda r: der(0x30, status(2, "not today", 25))),
    "rejection-with-token": (None, None, {}, lambda r: der(0x30, status(2, "take it", 0), token_of(r))),
    "waiting": (None, None, {}, lambda r: der(0x30, status(3))),
}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # clients leave when they have heard enough


class Authority:
    def __init__(self, folder, mode="good", tls=False):
        self.folder, self.mode = folder, mode
        self.lock = threading.Lock()  # one openssl at a time: they share the file of serial numbers
        self.kept = {}  # the first good reply of a profile, to be replayed
        self.asked = []  # (path, monotonic time) of every request
        self.connections = set()
        os.makedirs(folder, exist_ok=True)
        self.make()
        handler = type("Handler", (Handler,), {"authority": self})
        self.server = Server(("127.0.0.1", 0), handler)
        self.port = self.server.server_address[1]
        self.tls_port = None
        if tls:
            self.tls_server = Server(("127.0.0.1", 0), handler)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.path("server.pem"), self.path("server.key"))
            context.load_verify_locations(self.path("ca.pem"))
            context.verify_mode = ssl.CERT_OPTIONAL
            self.tls_server.socket = context.wrap_socket(self.tls_server.socket, server_side=True, do_handshake_on_connect=False)
            self.tls_port = self.tls_server.server_address[1]
            threading.Thread(target=self.tls_server.serve_forever, daemon=True).start()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def path(self, name):
        return os.path.join(self.folder, name)

    def url(self, mode="good", profile="p256", tls=False):
        return (f"https://localhost:{self.tls_port}" if tls else f"http://127.0.0.1:{self.port}") + f"/{profile}/{mode}"

    def run(self, *words):
        done = subprocess.run(words, cwd=self.folder, capture_output=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr.decode(errors='replace')}")

    # ---- certificates ----

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def make_key(self, name, kind):
        options = ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"] if kind == "rsa3072" else ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        self.run("openssl", "genpkey", "-quiet", "-algorithm", *options, "-out", name + ".key")
        os.chmod(self.path(name + ".key"), 0o600)

    def make_ca(self, name):
        self.make_key(name, "p256")
        self.write(name + ".index", "")
        self.write(name + ".cnf", f"""[ca]
default_ca = c
[c]
database = {name}.index
new_certs_dir = .
rand_serial = yes
private_key = {name}.key
certificate = {name}.pem
default_md = sha256
policy = p
unique_subject = no
[p]
commonName = supplied
[ca-own]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[stamp]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[plain]
keyUsage = critical, digitalSignature
[server]
subjectAltName = DNS:localhost, IP:127.0.0.1
[req]
distinguished_name = dn
[dn]
""")
        self.run("openssl", "req", "-new", "-key", name + ".key", "-subj", f"/CN={name} of a test", "-config", name + ".cnf", "-out", name + ".csr")
        self.run("openssl", "ca", "-batch", "-notext", "-selfsign", "-config", name + ".cnf", "-extensions", "ca-own", "-in", name + ".csr",
            "-startdate", "20200101000000Z", "-enddate", "20491231235959Z", "-out", name + ".pem")

    def make_certificate(self, name, ca, extensions, kind="p256", end="20491231235959Z"):
        self.make_key(name, kind)
        self.run("openssl", "req", "-new", "-key", name + ".key", "-subj", f"/CN={name}", "-config", ca + ".cnf", "-out", name + ".csr")
        self.run("openssl", "ca", "-batch", "-notext", "-config", ca + ".cnf", "-extensions", extensions, "-in", name + ".csr",
            "-startdate", "20200101000000Z", "-enddate", end, "-out", name + ".pem")

    def make(self):
        self.make_ca("ca")
        self.make_ca("other-ca")
        self.make_ca("only-ca")
        self.make_certificate("p256", "ca", "stamp")
        self.make_certificate("rsa3072", "ca", "stamp", kind="rsa3072")
        self.make_certificate("sha512", "ca", "stamp")
        self.make_certificate("other", "other-ca", "stamp")
        self.make_certificate("only", "only-ca", "stamp")
        self.make_certificate("expired", "ca", "stamp", end="20240101000000Z")
        self.make_certificate("plain", "ca", "plain")
        self.make_certificate("server", "ca", "server")
        self.make_certificate("client", "ca", "plain")

    # ---- tokens ----

    def settings(self, profile, more):
        strong = "sha512" if profile == "sha512" else "sha256"
        ca = {"other": "other-ca", "only": "only-ca"}.get(profile, "ca")
        values = {"serial": "serial", "signer_cert": profile + ".pem", "signer_key": profile + ".key", "certs": ca + ".pem",
            "default_policy": POLICY, "digests": "sha256, sha384, sha512", "signer_digest": strong, "accuracy": "secs:1",
            "clock_precision_digits": "3", "ordering": "no", "tsa_name": "no", "ess_cert_id_chain": "no", "ess_cert_id_alg": strong}
        values.update({k: v for k, v in more.items() if k != "shift"})
        return "[tsa]\ndefault_tsa = t\n[t]\n" + "".join(f"{k} = {v}\n" for k, v in values.items())

    def stamp(self, profile, query, more):
        """The TimeStampResp of openssl; it does not look whether the certificate is valid."""
        shift = ["faketime", "-f", more["shift"]] if "shift" in more else []
        with self.lock:
            self.write("now.cnf", self.settings(profile, more))
            with open(self.path("now.tsq"), "wb") as f:
                f.write(query)
            self.run(*shift, "openssl", "ts", "-reply", "-config", "now.cnf", "-queryfile", "now.tsq", "-out", "now.tsr")
            with open(self.path("now.tsr"), "rb") as f:
                return f.read()

    def reply(self, profile, mode, query):
        if mode == "replay" and profile in self.kept:
            return self.kept[profile]
        who, question, settings, change = LIES.get(mode, LIES["good"])
        if who == "plain" or profile == "plain":
            return self.stamp_plain(query)
        parts = read_query(query)
        data = self.stamp(who or profile, put_query(question(parts)) if question else query, settings)
        self.kept.setdefault(profile, data)
        return change(data) if change else data

    def stamp_plain(self, query):
        """'openssl ts' refuses such a certificate; 'openssl cms' does not."""
        good = self.stamp("p256", query, {})
        with self.lock:
            with open(self.path("good.tsr"), "wb") as f:
                f.write(good)
            self.run("openssl", "ts", "-reply", "-in", "good.tsr", "-token_out", "-out", "good.tst")
            self.run("openssl", "cms", "-verify", "-noverify", "-inform", "DER", "-in", "good.tst", "-out", "info.der", "-binary")
            self.run("openssl", "cms", "-sign", "-binary", "-nodetach", "-econtent_type", "1.2.840.113549.1.9.16.1.4", "-cades", "-nosmimecap",
                "-signer", "plain.pem", "-inkey", "plain.key", "-md", "sha256", "-outform", "DER", "-in", "info.der", "-out", "plain.tst")
            with open(self.path("plain.tst"), "rb") as f:
                return der(0x30, status(0), f.read())

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        if self.tls_port:
            self.tls_server.shutdown()
            self.tls_server.server_close()


# ---- HTTP ----

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = LONGEST

    def log_message(self, *words):
        pass

    def send(self, code, kind, body, **fields):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, body, pause, announced):
        """Piece by piece until the client leaves."""
        self.send_response(200)
        self.send_header("Content-Type", TYPE)
        if announced:
            self.send_header("Content-Length", str(announced))
        self.send_header("Connection", "close")
        self.end_headers()
        end = time.monotonic() + LONGEST
        for piece in body:
            self.wfile.write(piece)
            self.wfile.flush()
            if pause:
                time.sleep(pause)
            if time.monotonic() > end:
                return

    def answer(self, profile, mode, query):
        a = self.authority
        if mode.startswith("http-"):
            fields = {"Retry_After": "3"} if mode == "http-429" else {}
            return self.send(int(mode[5:]), "text/plain", b"no\n", **fields)
        if mode == "retry-date":
            return self.send(503, "text/plain", b"no\n", Retry_After=self.date_time_string(time.time() + 90))
        if mode == "redirect":
            return self.send(302, TYPE, b"", Location=a.url("good", profile))
        if mode == "html":
            return self.send(200, "text/html", b"<html>Welcome</html>\n")
        if mode == "html-as-reply":
            return self.send(200, TYPE, b"<html>Welcome</html>\n")
        if mode == "empty":
            return self.send(200, TYPE, b"")
        if mode == "endless":
            return self.drip((b"x" * 65536 for _ in range(1 << 14)), 0, None)
        if mode == "silent":
            time.sleep(LONGEST)
            return None
        if mode == "password" and self.headers.get("Authorization") != "Basic " + base64.b64encode(b"me:secret").decode():
            return self.send(401, "text/plain", b"who?\n", WWW_Authenticate='Basic realm="x"')
        if mode == "client-certificate" and not (isinstance(self.connection, ssl.SSLSocket) and self.connection.getpeercert()):
            return self.send(403, "text/plain", b"who?\n")
        reply = a.reply(profile, mode, query)
        if mode == "slow":
            return self.drip((reply[i:i + 1] for i in range(len(reply))), 1, len(reply))
        if mode == "cut":
            self.drip([reply[:len(reply) // 2]], 0, len(reply))
            return self.connection.close()
        return self.send(200, "application/octet-stream" if mode == "type" else TYPE, reply)

    def do_POST(self):
        a = self.authority
        query = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        words = self.path.strip("/").split("/")
        profile = words[0] if words[0] in PROFILES else "p256"
        a.asked.append((self.path, time.monotonic()))
        a.connections.add(self.client_address)
        mode = words[1] if len(words) > 1 else a.mode
        try:
            if self.headers.get("Content-Type") != "application/timestamp-query":
                return self.send(415, "text/plain", b"no query\n")
            return self.answer(profile, mode, query)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True  # the client left, which is its right
            return None


def main():
    a = Authority(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "good", tls=True)
    print(json.dumps({"port": a.port, "tls_port": a.tls_port, "ca": a.path("ca.pem"), "policy": POLICY}), flush=True)
    for line in sys.stdin:
        a.mode = line.strip()
        print(len(a.connections), flush=True)


if __name__ == "__main__":
    main()
