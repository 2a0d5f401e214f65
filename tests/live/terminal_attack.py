"""A command at a terminal tries to type into it: nothing of what it pushes may reach the caller's terminal."""
import fcntl, os, pty, select, struct, sys, termios, time

LUNWARD, HELPERS = os.environ["LUNWARD"], os.environ["HELPERS"]


def run_at_terminal(*words):
    """The output of a command at a terminal of its own, and what is left to read as typed there afterwards."""
    master, slave = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in 0, 1, 2:
            os.dup2(slave, fd)
        os.closerange(3, 256)
        os.execv(words[0], words)
    out, end, status = b"", time.time() + 15, None
    while time.time() < end:
        if select.select([master], [], [], 0.05)[0]:
            out += os.read(master, 65536)
        elif status is not None:
            break
        else:
            done, status = os.waitpid(pid, os.WNOHANG)
            status = status if done else None
    assert status is not None, f"still running: {out!r}"
    tty = termios.tcgetattr(slave)
    tty[3] &= ~termios.ICANON
    termios.tcsetattr(slave, termios.TCSANOW, tty)
    waiting = struct.unpack("i", fcntl.ioctl(slave, termios.FIONREAD, b"\0" * 4))[0]
    os.close(slave)
    os.close(master)
    return out.decode(), waiting


def inside(options, *attempts):
    return run_at_terminal(LUNWARD, "run", *options, "-v", f"{HELPERS}:/h:ro", "--", "/h/attempt", *attempts)


if "outside" in sys.argv:
    out, waiting = run_at_terminal(f"{HELPERS}/attempt", "tiocsti")
    print("outside", "ok" if "tiocsti ok" in out and waiting == 1 else "refused")
else:
    out, waiting = inside([], "tiocsti", "tiocsti_high", "tioclinux", "open_tty")
    assert out.split() == "tiocsti EPERM tiocsti_high EPERM tioclinux EPERM open_tty ok".split(), out
    assert waiting == 0
    # Without the filter: what is pushed goes into the sandbox's own terminal and ends there.
    out, waiting = inside(["--seccomp", "unconfined"], "tiocsti", "tioclinux")
    assert waiting == 0, out
    # With the caller's terminal as a stream but none of its own: it is not the controlling one.
    open("t.lua", "w").write('return sandbox { terminal = false, seccomp = seccomp.unconfined }')
    out, waiting = inside(["t.lua"], "tiocsti", "open_tty")
    assert "tiocsti EPERM" in out or "tiocsti EIO" in out, out
    assert "open_tty ENXIO" in out, out
    assert waiting == 0, out
