#!/usr/bin/env python3
# listen.py SOCKET FILE: a datagram socket in the place of a machine's log; each datagram goes to FILE, and a line "---".
import os, socket, sys

os.makedirs(os.path.dirname(sys.argv[1]), exist_ok=True)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
with open(sys.argv[2], "ab", buffering=0) as out:
    while True:
        out.write(s.recv(1 << 18) + b"\n---\n")
