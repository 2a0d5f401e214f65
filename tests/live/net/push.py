# push.py HOST/PORT BYTES: sends so much, and says how many seconds passed until the other side had it all.
import socket, sys, time
host, port = sys.argv[1].split("/")
start = time.monotonic()
with socket.create_connection((host, int(port)), 10) as s:
    s.sendall(b"x" * int(sys.argv[2]))
    s.shutdown(socket.SHUT_WR)
    s.recv(1)
print(time.monotonic() - start)
