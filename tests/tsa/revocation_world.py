"""A time-stamping authority for tests: root, CA, unit; CRLs and OCSP answers of every kind, good and bad, by the program openssl.

    world = Authority(folder)
    server = world.serve()            # on loopback; world.crl and world.ocsp say what it answers
    token = world.stamp(b"data")
"""
import datetime
import http.server
import os
import subprocess
import threading

UNIT, OTHER_UNIT = 0x1005, 0x1006


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    if done.returncode != 0:
        raise RuntimeError("%s: %s" % (" ".join(command), done.stderr.decode()))
    return done.stdout


def asn1(when):
    return when.strftime("%Y%m%d%H%M%SZ")


def index_time(when):
    return when.strftime("%y%m%d%H%M%SZ")


class Ca:
    """A CA of openssl: NAME.pem, NAME.key, its index."""

    def __init__(self, world, name, subject):
        self.world, self.name, self.subject, self.number = world, name, subject, 0
        run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", world.path(name + ".key"))

    def config(self, index, extensions=""):
        self.number += 1
        base = self.world.path("%s-%d" % (self.name, self.number))
        with open(base + ".index", "w") as f:
            f.write(index)
        with open(base + ".crlnumber", "w") as f:
            f.write("%02X\n" % (self.number % 256))
        with open(base + ".conf", "w") as f:
            f.write("[ca]\ndefault_ca = here\n[here]\ndatabase = %s.index\ncrlnumber = %s.crlnumber\ndefault_md = sha256\n"
                    "crl_extensions = crl\n[crl]\nauthorityKeyIdentifier = keyid\n%s\n" % (base, base, extensions))
        return base

    def crl(self, index, this_update, next_update, extensions="", key=None):
        """A CRL in DER over the lines of an index."""
        base = self.config(index, extensions)
        run("openssl", "ca", "-config", base + ".conf", "-gencrl", "-cert", self.world.path(self.name + ".pem"), "-keyfile",
            self.world.path((key or self.name) + ".key"), "-crl_lastupdate", asn1(this_update), "-crl_nextupdate", asn1(next_update),
            "-out", base + ".crl.pem")
        return run("openssl", "crl", "-in", base + ".crl.pem", "-outform", "DER")


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.port = 0
        self.crl = self.root_crl = None  # bytes, or None: the server has none
        self.ocsp = None                 # a function from request to response, or None
        self.asked = []
        self.stamping = threading.Lock()
        self.root = Ca(self, "root", "/O=Example/CN=Outside Root")
        self.other = Ca(self, "other", "/O=Example/CN=Other Root")
        self.ca = Ca(self, "ca", "/O=Example/CN=Outside CA")
        for name in ("unit", "responder"):
            run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.path(name + ".key"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    # ---- certificates: made when the port is known ----

    def self_signed(self, ca):
        run("openssl", "req", "-x509", "-new", "-key", self.path(ca.name + ".key"), "-subj", ca.subject, "-days", "3000", "-out",
            self.path(ca.name + ".pem"), "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name, key, by, serial, subject, extensions):
        conf = self.write(name + ".ext", extensions.encode()).strip()
        request = run("openssl", "req", "-new", "-key", self.path(key + ".key"), "-subj", subject)
        pem = run("openssl", "x509", "-req", "-CA", self.path(by.name + ".pem"), "-CAkey", self.path(by.name + ".key"), "-set_serial",
                  str(serial), "-days", "1000", "-extfile", conf, input=request)
        self.write(name + ".pem", pem)

    def certify(self):
        here = "http://127.0.0.1:%d/" % self.port
        self.self_signed(self.root)
        self.self_signed(self.other)
        ids = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        self.issue("ca", "ca", self.root, 2, self.ca.subject, ids + "basicConstraints=critical,CA:TRUE\n"
                   "keyUsage=critical,keyCertSign,cRLSign\ncrlDistributionPoints=URI:%sroot.crl\n" % here)
        self.issue("unit", "unit", self.ca, UNIT, "/O=Example/CN=Outside Unit", ids + "basicConstraints=critical,CA:FALSE\n"
                   "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\ncrlDistributionPoints=URI:%sca.crl\n"
                   "authorityInfoAccess=OCSP;URI:%socsp\n" % (here, here))
        for name, serial, use in (("responder", 0x2001, "OCSPSigning"), ("no-responder", 0x2002, "timeStamping")):
            self.issue(name, "responder", self.ca, serial, "/O=Example/CN=Outside " + name, ids +
                       "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=%s\n" % use)

    # ---- stamping ----

    def stamp(self, data):
        """A token over data, with the certificates of unit and CA, and the time in it."""
        self.write("data", data)
        self.write("serial", b"01\n")
        self.write("tsa.conf", b"[tsa]\nserial = %s\ncrypto_device = builtin\ndefault_policy = 1.2.3.4.1\ndigests = sha256\n"
                   b"ess_cert_id_alg = sha256\nsigner_digest = sha256\n" % self.path("serial").encode())
        run("openssl", "ts", "-query", "-data", self.path("data"), "-sha256", "-cert", "-out", self.path("query"))
        run("openssl", "ts", "-reply", "-config", self.path("tsa.conf"), "-section", "tsa", "-queryfile", self.path("query"), "-signer",
            self.path("unit.pem"), "-inkey", self.path("unit.key"), "-chain", self.path("ca.pem"), "-token_out", "-out",
            self.path("token.tst"))
        text = run("openssl", "ts", "-reply", "-token_in", "-in", self.path("token.tst"), "-text").decode()
        line = next(l for l in text.splitlines() if l.startswith("Time stamp:"))
        when = datetime.datetime.strptime(line[len("Time stamp: "):].replace(" GMT", ""), "%b %d %H:%M:%S %Y")
        return self.path("token.tst"), when

    def reply(self, query):
        """What the authority answers to a request, or None for one that openssl refuses; one at a time."""
        with self.stamping:
            self.write("tsr.query", query)
            self.write("tsr.conf", b"[tsa]\nserial = %s\ncrypto_device = builtin\ndefault_policy = 1.2.3.4.1\ndigests = sha256, sha512\n"
                       b"ess_cert_id_alg = sha256\nsigner_digest = sha256\n" % self.path("tsr.serial").encode())
            if not os.path.exists(self.path("tsr.serial")):
                self.write("tsr.serial", b"1001\n")
            run("openssl", "ts", "-reply", "-config", self.path("tsr.conf"), "-section", "tsa", "-queryfile", self.path("tsr.query"),
                "-signer", self.path("unit.pem"), "-inkey", self.path("unit.key"), "-chain", self.path("ca.pem"), "-out",
                self.path("tsr.reply"))
            with open(self.path("tsr.reply"), "rb") as f:
                return f.read()

    # ---- what is answered ----

    def index(self, revoked=None, reason="", serial=UNIT, known=True):
        """The line of a certificate: valid, revoked at a time, or not there."""
        end = index_time(datetime.datetime.utcnow() + datetime.timedelta(days=900))
        number = "%X" % serial
        number = number if len(number) % 2 == 0 else "0" + number
        if not known:
            return ""
        if revoked is None:
            return "V\t%s\t\t%s\tunknown\t/CN=%s\n" % (end, number, number)
        return "R\t%s\t%s%s\t%s\tunknown\t/CN=%s\n" % (end, index_time(revoked), "," + reason if reason else "", number, number)

    def answer(self, index, signer="ca", key=None, minutes=60):
        """A function that answers OCSP requests from an index."""
        base = self.ca.config(index)

        def ask(request):
            with open(base + ".req", "wb") as f:
                f.write(request)
            run("openssl", "ocsp", "-index", base + ".index", "-CA", self.path("ca.pem"), "-rsigner", self.path(signer + ".pem"), "-rkey",
                self.path((key or signer) + ".key"), "-rmd", "sha256", "-reqin", base + ".req", "-respout", base + ".resp", "-nmin",
                str(minutes))
            with open(base + ".resp", "rb") as f:
                return f.read()

        return ask

    # ---- the server ----

    def serve(self):
        world = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def send(self, kind, body):
                if body is None:
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                world.asked.append(self.path)
                bodies = {"/ca.crl": world.crl, "/root.crl": world.root_crl}
                self.send("application/pkix-crl", bodies.get(self.path))

            def do_POST(self):
                world.asked.append(self.path)
                request = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/tsr":
                    self.send("application/timestamp-reply", world.reply(request))
                    return
                good = self.path == "/ocsp" and self.headers["Content-Type"] == "application/ocsp-request"
                self.send("application/ocsp-response", world.ocsp(request) if world.ocsp and good else None)

            def log_message(self, *what):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.certify()
        return server
