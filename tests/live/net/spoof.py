# spoof.py INTERFACE WHAT: one frame of another's making, as root in a namespace with every right. What goes out is of the
# addresses of somebody else (10.88.0.9); `own` is an honest one of this interface, for the test to see that frames go at all.
import socket, struct, sys
interface, what, *to = sys.argv[1:]
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind((interface, 0))
mine = raw.getsockname()[4]
other, all_of = bytes.fromhex("02420a580009"), b"\xff" * 6
ip = lambda n: socket.inet_aton(f"10.88.0.{n}")
six = lambda n: socket.inet_pton(socket.AF_INET6, f"fd00:88::{n}")
own = mine[5]

def arp(eth, sender, address):
    return all_of + eth + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, 2) + sender + address + all_of + ip(4)
def ipv4(eth, source, target=ip(255)):
    body = struct.pack("!HHHH", 7, 7777, 16, 0) + b"spoofed!"
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, 17, 0) + source + target
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xffff) + (total >> 16)
    head = head[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + head[12:]
    return all_of + eth + b"\x08\0" + head + body
def icmp6(eth, source, kind, body, group=socket.inet_pton(socket.AF_INET6, "ff02::1")):
    message = struct.pack("!BBH", kind, 0, 0) + body
    pseudo = source + group + struct.pack("!II", len(message), 58) + message
    pseudo += b"\0" * (len(pseudo) % 2)
    total = sum(struct.unpack(f"!{len(pseudo) // 2}H", pseudo))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    message = message[:2] + struct.pack("!H", ~total & 0xffff) + message[4:]
    return b"\x33\x33\0\0\0\1" + eth + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(message), 58, 255) + source + group + message

frame = {
    "own": lambda: arp(mine, mine, ip(own)),
    "own-ip": lambda: ipv4(mine, ip(own)),
    "own-nd": lambda: icmp6(mine, six(own), 136, struct.pack("!I", 0x20000000) + six(own) + b"\2\1" + mine),
    "mac": lambda: arp(other, mine, ip(own)),
    "arp-ip": lambda: arp(mine, mine, ip(9)),
    "arp-mac": lambda: arp(mine, other, ip(own)),
    "ip": lambda: ipv4(mine, ip(9)),
    "gateway": lambda: arp(mine, mine, ip(1)),
    "nd": lambda: icmp6(mine, six(own), 136, struct.pack("!I", 0x20000000) + six(9) + b"\2\1" + mine),
    "ip6": lambda: icmp6(mine, six(9), 128, b"\0" * 4),
    "router": lambda: icmp6(mine, six(own), 134, b"\x40\0\x07\x08" + b"\0" * 8),
    "vlan": lambda: all_of + mine + b"\x81\0\0\1" + arp(mine, mine, ip(9))[12:],
    "other": lambda: all_of + mine + b"\x88\xb5" + b"x" * 46,
    "host": lambda: ipv4(mine, ip(own), ip(1)),
    "route": lambda: icmp6(mine, bytes.fromhex("fe80000000000000" "00420afffe5800") + bytes([own]), 134, b"\x40\0\x07\x08" + b"\0" * 8),
    "far": lambda: icmp6(mine, six(own), 136, b"\0" * 4 + six(own) + b"spoofed!", socket.inet_pton(socket.AF_INET6, "2001:db8::9")),
    "near": lambda: icmp6(mine, six(own), 135, b"\0" * 4 + six(1) + b"\1\1" + mine, six(1)),
}[what]()
raw.send((bytes.fromhex(to[0].replace(":", "")) if to else frame[:6]) + frame[6:])
