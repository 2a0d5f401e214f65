"""damage.py: what a power cut, a full disk or somebody's hand may have made of the state directory. Each file of a record
is cut at every byte, and replaced by what it should not be; after each, what looks at sandboxes and what clears up still
works, in one line at most, and nothing of the record is left after `rm` or `gc`.

damage.py stopped|running   of a sandbox that has ended, or one that runs and must go on doing so."""

import json
import os
import shutil
import subprocess
import sys

LUNWARD, STATE = os.environ["LUNWARD"], os.environ["LUNWARD_STATE"]
KIND = sys.argv[1]


def lunward(*words, codes=(0,)):
    p = subprocess.run([LUNWARD, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    lines = p.stderr.splitlines()
    if p.returncode not in codes or len(lines) > 1 or (lines and not lines[0].startswith("lunward: ")):
        raise AssertionError("`lunward %s`: status %d: %s" % (" ".join(words), p.returncode, p.stderr))
    return p.stdout


def replacements(path, whole):
    """Name of the damage, and how it is done."""
    def write(data):
        with open(path, "wb") as f:
            f.write(data)

    def link(target):
        os.unlink(path)
        os.symlink(target, path)

    def special():
        os.unlink(path)
        os.mkfifo(path)

    def directory():
        os.unlink(path)
        os.mkdir(path)

    yield "empty", lambda: write(b"")
    yield "zeros", lambda: write(b"\0" * len(whole))
    yield "noise", lambda: write(os.urandom(4096))
    yield "a list", lambda: write(b"[]")
    yield "an object without anything", lambda: write(b"{}")
    yield "twice", lambda: write(whole + whole)
    yield "deep", lambda: write(b"[" * 100000)
    yield "wrong types", lambda: write(b'{"schema_version": 1, "name": 7, "state": [], "supervisor": 1, "init": {"pid": -1, '
                                       b'"start": "x"}, "cgroup": {"paths": {"pids": 5, "memory": "/etc"}}, "command": null}')
    yield "a link to a secret", lambda: link("/etc/shadow")
    yield "a link to itself", lambda: link(os.path.basename(path))
    yield "a fifo", special
    yield "a directory", directory
    yield "gone", lambda: os.unlink(path)
    yield "another's", lambda: os.chown(path, 65534, 65534)
    if path.endswith("record.json"):
        newer = dict(json.loads(whole), schema_version=1000, surprise=[1])
        yield "of a later version", lambda: write(json.dumps(newer).encode())


def look(word):
    listed = json.loads(lunward("ps", "-a", "--format", "json"))
    lunward("ps", "-a")
    lunward("status", word, codes=(0, 3, 4))
    lunward("inspect", word, codes=(0, 125))
    lunward("logs", word, codes=(0, 125))
    return listed


def restore(copy):
    shutil.rmtree(STATE)
    shutil.copytree(copy, STATE, symlinks=True, copy_function=shutil.copy2)
    os.chmod(STATE, 0o700)


def stopped():
    lunward("start", "--name", "x", "--", "echo", "hello")
    lunward("wait", "x")
    copy, n = STATE + ".copy", 0
    shutil.copytree(STATE, copy, symlinks=True)
    box = os.listdir(STATE + "/sandboxes")[0]
    where = "%s/sandboxes/%s/" % (STATE, box)
    for name in ("record.json", "spec.json", "lock", "log"):
        with open(where + name, "rb") as f:
            whole = f.read()
        # Cut: listed whatever is left, and every now and then the rest of it.
        for cut in range(len(whole)):
            with open(where + name, "wb") as f:
                f.write(whole[:cut])
            if name == "record.json":
                json.loads(lunward("ps", "-a", "--format", "json"))
            if cut % 97 == 0:
                look("x")
                lunward("restart", "x", codes=(0, 125)) if name == "spec.json" else None
                lunward("rm", "-f", box, codes=(0, 125))
                lunward("gc")
                assert not os.listdir(STATE + "/sandboxes"), (name, cut, os.listdir(STATE + "/sandboxes"))
                restore(copy)
            n += 1
        restore(copy)
        for what, do in replacements(where + name, whole):
            ends = (("rm", "x"), ("gc",), ("start", "--name", "x", "--", "true"))
            for last in ends if name == "record.json" else ends[:1]:
                try:
                    do()
                    look("x")
                    lunward(*last, codes=(0, 125))
                    lunward("gc")
                    lunward("rm", "-f", "--all")
                    left = os.listdir(STATE + "/sandboxes") + os.listdir(STATE + "/names")
                    assert not left, left
                except AssertionError as e:
                    raise AssertionError("%s: %s, then %s: %s" % (name, what, last, e)) from None
                restore(copy)
                n += 1
    # Names that lead astray.
    for target in ("../sandboxes", "/etc", "0" * 64, "x", "a" * 200):
        os.unlink(STATE + "/names/x")
        os.symlink(target, STATE + "/names/x")
        lunward("status", "x", codes=(3, 4))
        lunward("start", "--name", "x", "--", "true")
        lunward("wait", "x")
        lunward("gc")
        restore(copy)
        n += 1
    return n


def running():
    """Whatever is done to its record, gc leaves it alone, and it can be ended."""
    n = 0
    for what in [name for name, _ in replacements("record.json", b'{"schema_version": 1}')]:
        lunward("start", "--name", "x", "--", "sleep", "600")
        box = json.loads(lunward("inspect", "x"))
        path = "%s/sandboxes/%s/record.json" % (STATE, box["id"])
        with open(path, "rb") as f:
            whole = f.read()
        dict(replacements(path, whole))[what]()
        try:
            look("x")
            lunward("gc")
            os.kill(box["pid"], 0)
            lunward("start", "--name", "x", "--", "true", codes=(125,))
            lunward("stop", "-t", "0", "x")
            lunward("rm", "-f", "x", codes=(0, 125))
            lunward("gc")
            lunward("rm", "-f", "--all")
            assert not os.path.exists("/proc/%d" % box["pid"])
            assert not os.listdir(STATE + "/sandboxes"), os.listdir(STATE + "/sandboxes")
        except (AssertionError, OSError) as e:
            raise AssertionError("%s: %s" % (what, e)) from None
        n += 1
    return n


try:
    print("%d kinds of damage" % (stopped() if KIND == "stopped" else running()))
except AssertionError as e:
    print(e)
    sys.exit(1)
