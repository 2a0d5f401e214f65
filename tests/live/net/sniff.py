# sniff.py INTERFACE SECONDS FILE: a line of hexadecimal for every frame that comes in; FILE is there once it listens.
import select, socket, sys, time
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
raw.bind((sys.argv[1], 0))
end = time.monotonic() + float(sys.argv[2])
with open(sys.argv[3], "w") as out:
    while (left := end - time.monotonic()) > 0:
        if select.select([raw], [], [], left)[0]:
            frame, peer = raw.recvfrom(2000)
            if peer[2] != socket.PACKET_OUTGOING:
                print(frame.hex(), file=out, flush=True)
