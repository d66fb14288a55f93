"""A notary that may open few files: clients who take connections, or send many documents, do not take its own.

It stops for good when it cannot open a file, so that a crowd of idle connections would end it.
"""
import json, os, socket, sys, tempfile

import service
from records import Stream, line, multipart

LIMIT = 256


def main():
    faults = 0

    def check(good, text):
        nonlocal faults
        if not good:
            faults += 1
            print(f"FAILED: {text}", flush=True)

    with tempfile.TemporaryDirectory() as work:
        limited = os.path.join(work, "limited")
        with open(limited, "w", encoding="utf-8") as f:
            f.write(f'#!/bin/sh\nulimit -n {LIMIT}\nexec "{service.PROGRAM}" "$@"\n')
        os.chmod(limited, 0o700)
        service.PROGRAM = limited
        s = service.Service(os.path.join(work, "n"), keep_documents=1, seal_ms=50)
        s.party("acme", "sponsor")
        bearer = ("Authorization", "Bearer " + s.token("acme")["token"])
        s.start()
        stream = Stream("FILES")

        def submit(body, media):
            return s.send("POST", "/v1/records", body, [bearer, ("Content-Type", media)])

        crowd = []
        try:
            for _ in range(LIMIT + 20):
                c = socket.create_connection(("127.0.0.1", s.port), timeout=10)
                c.sendall(b"GET /livez HTTP/1.1\r\n")      # and no more
                crowd.append(c)
            for _ in range(20):
                a = submit(line(stream.take(stream.make())), "application/json")
                check(a.status == 201, f"among idle connections: {a.status} {a.body[:200]!r}")
            documents = [(f"d{i:03}", b"%d" % i) for i in range(LIMIT)]
            body, media = multipart(stream.make(documents=documents, keep=True), documents)
            a = submit(body, media)
            check(a.status == 413 and json.loads(a.body)["code"] == "LIMIT", f"many documents: {a.status} {a.body[:200]!r}")
            few = documents[:LIMIT // 4]
            for _ in range(3):      # what one has taken is given back
                one = stream.make(documents=few, keep=True)
                body, media = multipart(one, few)
                a = submit(body, media)
                check(a.status == 201, f"as many documents as may be: {a.status} {a.body[:200]!r}")
                stream.take(one)
            a = s.send("GET", "/readyz")
            check(a.status == 200, f"not ready: {a.body[:200]!r}")
        finally:
            for c in crowd:
                c.close()
            status = s.stop()
        check(status == 0, f"the service ended with status {status}: {s.errors()}")
        found = s.run("fsck", s.folder)
        check(found["faults"] == 0, f"fsck finds {found}")
    print(f"{faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
