# hear.py PORT LAST: says "ready", then what comes to that UDP port of any address, up to LAST.
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(sys.argv[1])))
print("ready", flush=True)
while True:
    heard = s.recv(2000).decode("latin1")
    print(heard, flush=True)
    if heard == sys.argv[2]:
        break
