"""What a person at a terminal sees of `lunward run`: typing, ^C, sizes, stopping, and the modes afterwards."""
import fcntl, os, pty, select, signal, struct, sys, termios, time

LUNWARD = os.environ["LUNWARD"]


def size(fd, rows, cols):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


def canonical(fd):
    return bool(termios.tcgetattr(fd)[3] & termios.ICANON)


class Session:
    def __init__(self, *words):
        self.out = b""
        self.seen = 0
        go_r, go_w = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.read(go_r, 1)
            os.execv(LUNWARD, ["lunward", "run", "p.lua", "--", *words])
        size(self.fd, 33, 99)
        self.modes = termios.tcgetattr(self.fd)
        os.write(go_w, b"x")
        os.close(go_r)
        os.close(go_w)

    def read(self, timeout):
        if select.select([self.fd], [], [], timeout)[0]:
            try:
                self.out += os.read(self.fd, 65536)
            except OSError:
                time.sleep(0.02)

    def expect(self, text, seconds=10):
        end = time.time() + seconds
        while text.encode() not in self.out[self.seen :]:
            assert time.time() < end, f"no {text!r} in {self.out!r}"
            self.read(0.1)
        self.seen = self.out.index(text.encode(), self.seen) + len(text)

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, what, condition, seconds=10):
        end = time.time() + seconds
        while not condition():
            assert time.time() < end, what
            self.read(0.05)

    def state(self):
        return open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()[0]

    def end(self, code, seconds=10):
        end = time.time() + seconds
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            assert time.time() < end, f"still running: {self.out!r}"
            self.read(0.05)
        got = os.waitstatus_to_exitcode(status)
        assert got == code, f"exit {got}, not {code}: {self.out!r}"
        self.read(0.05)
        assert termios.tcgetattr(self.fd) == self.modes, "the modes were not given back"
        os.close(self.fd)


def test_size_and_echo():
    s = Session("sh", "-c", 'tty; read x; stty size; echo "got $x"; exit 3')
    s.expect("/dev/pts/")
    s.until("raw mode", lambda: not canonical(s.fd))
    s.type("word\n")
    s.expect("33 99")
    s.expect("got word")
    s.end(3)


def test_resize():
    s = Session("sh", "-c", 'trap "stty size; exit 4" WINCH; echo up; while :; do sleep 0.05; done')
    s.expect("up")
    size(s.fd, 44, 120)
    s.expect("44 120")
    s.end(4)


def test_interrupt_goes_inside():
    s = Session("sh", "-c", 'trap "echo caught; exit 9" INT; echo up; while :; do sleep 0.05; done')
    s.expect("up")
    s.until("raw mode", lambda: not canonical(s.fd))
    s.type("\x03")
    s.expect("caught")
    s.end(9)


def test_end_of_input():
    s = Session("cat")
    s.until("raw mode", lambda: not canonical(s.fd))
    s.type("hello\n")
    s.expect("hello\r\nhello")
    s.type("\x04")
    s.end(0)


def test_everything_arrives():
    s = Session("seq", "1", "30000")
    s.expect("\n30000\r\n", 30)
    s.end(0)


def test_stop_and_continue():
    s = Session("sh", "-c", "echo up; read x; echo $x; exit 2")
    s.expect("up")
    s.until("raw mode", lambda: not canonical(s.fd))
    os.kill(s.pid, signal.SIGTSTP)
    s.until("stopped", lambda: s.state() == "T")
    assert canonical(s.fd), "stopped with the terminal in raw mode"
    os.kill(s.pid, signal.SIGCONT)
    s.until("raw again", lambda: not canonical(s.fd))
    s.type("on\n")
    s.expect("on\r\non")
    s.end(2)


def test_killed_by_a_signal():
    s = Session("sleep", "60")
    s.until("raw mode", lambda: not canonical(s.fd))
    os.kill(s.pid, signal.SIGTERM)
    s.end(143)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        print(name)
        sys.stdout.flush()
        test()
