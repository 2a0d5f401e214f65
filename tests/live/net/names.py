# names.py: a name server for the internet of the tests, on port 53, UDP and TCP. Says each question that it hears.
import selectors, socket, struct
ADDRESSES = {
    "good.example": ["192.0.2.9"], "www.wild.example": ["192.0.2.9"], "bad.example": ["192.0.2.66"],
    "rebind.example": ["10.88.0.3", "127.0.0.1", "192.168.1.1"], "host.example": ["192.0.2.1"],
    "guessed.example": ["192.0.2.9"], "big.example": [f"192.0.2.{i}" for i in range(100, 130)],
}
ALIASES = {"alias.example": "good.example"}

def answer(q, tcp):
    at, labels = 12, []
    while q[at]:
        labels.append(q[at + 1:at + 1 + q[at]].decode("latin1"))
        at += q[at] + 1
    name, kind, end = ".".join(labels).lower(), struct.unpack("!H", q[at + 1:at + 3])[0], at + 5
    print("asked", name, kind, flush=True)
    records, flags, owner, real = [], 0x8180, b"\xc0\x0c", name
    if name in ALIASES:
        real = ALIASES[name]
        target = b"".join(bytes([len(x)]) + x.encode() for x in real.split(".")) + b"\0"
        records.append(owner + struct.pack("!HHIH", 5, 1, 60, len(target)) + target)
        owner = struct.pack("!H", 0xc000 | (end + 12))
    if real not in ADDRESSES:
        flags |= 3
    elif kind == 1:
        records += [owner + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(a) for a in ADDRESSES[real]]
    if len(records) > 20 and not tcp:
        records, flags = [], flags | 0x200
    if name == "guessed.example" and not tcp: # as one answers who has not seen the question
        q, records = q[:12] + q[12:end].lower(), [owner + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton("192.0.2.66")]
    return q[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + q[12:end] + b"".join(records)

sel = selectors.DefaultSelector()
for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
    s = socket.socket(socket.AF_INET, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", 53))
    if kind == socket.SOCK_STREAM:
        s.listen(8)
    sel.register(s, selectors.EVENT_READ)
while True:
    for key, _ in sel.select():
        s = key.fileobj
        if s.type == socket.SOCK_DGRAM:
            q, peer = s.recvfrom(4096)
            s.sendto(answer(q, False), peer)
        else:
            c, _ = s.accept()
            size = c.recv(2)
            if len(size) == 2:
                a = answer(c.recv(struct.unpack("!H", size)[0]), True)
                c.sendall(struct.pack("!H", len(a)) + a)
            c.close()
