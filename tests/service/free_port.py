#!/usr/bin/env python3
"""A TCP port of the loopback address for a server that must come back at the same place.

It lies below the ports that the kernel gives to those who ask for any (port 0, and every connection that goes out): what else runs
on this machine does not take it while the server is away, as it does with a port that was only free a moment ago.
"""

import os
import random
import socket


def free_port():
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as f:
            low = int(f.read().split()[0])
    except OSError:
        low = 32768
    places = range(10000, low) if low > 12000 else range(10000, 65536)
    choice = random.Random(os.urandom(8))
    for _ in range(1000):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port := choice.choice(places)))
                s.listen(1)
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


if __name__ == "__main__":
    print(free_port())
