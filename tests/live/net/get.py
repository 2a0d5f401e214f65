# get.py HOST/PORT[/udp]...: for each a line: what the server said, or "no": refused, filtered or silent for 0.6 s.
import socket, sys
for target in sys.argv[1:]:
    host, port, *proto = target.split("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM if proto else socket.SOCK_STREAM)
    s.settimeout(0.6)
    try:
        s.connect((host, int(port)))
        if proto:
            s.send(b"?")
        print(s.recv(100).decode())
    except OSError:
        print("no")
