# swallow.py PORT: reads each connection to its end, then says one byte.
import socket, sys
with socket.create_server(("", int(sys.argv[1]))) as s:
    while True:
        c, _ = s.accept()
        while c.recv(1 << 20):
            pass
        c.send(b".")
        c.close()
