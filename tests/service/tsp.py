"""RFC 3161 requests and responses as octets, good and bad."""
import hashlib

TSQ, TSR = "application/timestamp-query", "application/timestamp-reply"
OIDS = {"sha256": "608648016503040201", "sha384": "608648016503040202", "sha512": "608648016503040203",
    "sha1": "2b0e03021a", "md5": "2a864886f70d0205"}


def der(tag, body):
    """One element; lengths up to 64 KiB."""
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else bytes([0x82, n >> 8, n & 255])
    return bytes([tag]) + size + body


def query(alg="sha256", data=b"data", nonce=b"\x01\x02\x03", cert=True, policy=None, version=1, digest=None, more=b""):
    """A TimeStampReq; policy: contents octets of an OID, more: what comes last in it."""
    digest = digest if digest is not None else hashlib.new(alg, data).digest()
    body = der(2, bytes([version])) + der(0x30, der(0x30, der(6, bytes.fromhex(OIDS[alg]))) + der(4, digest))
    if policy is not None:
        body += der(6, policy)
    if nonce is not None:
        body += der(2, nonce)
    return der(0x30, body + (der(1, b"\xff") if cert else b"") + more)


def take(data):
    """Tag, contents, rest of the first element."""
    n, at = data[1], 2
    if n & 128:
        at += n & 127
        n = int.from_bytes(data[2:at], "big")
    if at + n > len(data):
        raise ValueError("cut")
    return data[0], data[at:at + n], data[at + n:]


def status_of(reply):
    """(status, number of the failInfo bit or None, token or None)."""
    tag, body, rest = take(reply)
    if tag != 0x30 or rest:
        raise ValueError("not one SEQUENCE")
    _, info, token = take(body)
    _, status, info = take(info)
    fail = None
    while info:
        tag, value, info = take(info)
        if tag == 3:
            bits = [i for i in range(8 * (len(value) - 1)) if value[1 + i // 8] & 0x80 >> i % 8]
            if len(bits) != 1:
                raise ValueError(f"failInfo has bits {bits}")
            fail = bits[0]
    return status[0], fail, token or None


def fail_info(reply):
    """The failInfo of a refusal; None for a token."""
    status, fail, token = status_of(reply)
    if (status in (0, 1)) != (token is not None) or (status in (0, 1)) != (fail is None):
        raise ValueError(f"status {status} with token {token is not None} and failInfo {fail}")
    return fail


def info_of(token):
    """The TSTInfo's octets: version, policy, imprint, serial, genTime, ..."""
    body = take(take(token)[1])[2]           # after the OID of SignedData: [0]
    body = take(take(body)[1])[1]            # SignedData
    body = take(take(body)[2])[2]            # after version and digestAlgorithms
    content = take(body)[1]
    content = take(content)[2]               # after the OID of TSTInfo: [0]
    return take(take(content)[1])[1]


def serial_of(token):
    body = take(info_of(token))[1]
    for _ in range(3):
        body = take(body)[2]
    return take(body)[1]
