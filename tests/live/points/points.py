"""points.py kill|errors SECONDS [SCENARIO...]: what a verb does is interrupted at one call after the other, and the
machine has to be as before. SECONDS 0: all points; else of some scenarios. A scenario is what was there before, and one command. It is traced
once (point.c) to see which calls its processes make: the command itself, the supervisor it starts or talks to, set-up,
init. Then it is done again for each point, in an order of chance, in a state directory of its own.

kill    at each call that others can notice afterwards, the process that makes it is killed, or all of lunward's at once;
        then `ps` can be read, `gc` succeeds, every sandbox is either whole or ended, and after `rm` nothing is left: no
        process, cgroup, file, or mount.
errors  each call fails once, with an error that it may have: ENOSPC, EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN, EIO, EDQUOT.
        The command succeeds all the same, or says why in one line that names the error; within 10 s, nothing is left.

Verbs that are not in the table of scenarios are tried on a running sandbox with no further words, so that a new one of
those is gone through by itself. POINTS_SEED repeats an order, POINTS_JOBS (4) is how many at once, POINTS_ONLY a point to try."""

import collections
import errno
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

LUNWARD = os.environ["LUNWARD"]
BUILD = os.environ.get("LUNWARD_BUILD", os.path.dirname(LUNWARD))
POINT = BUILD + "/tests/live/point"
WORK = os.environ["WORK"]
KIND, SECONDS = sys.argv[1], float(sys.argv[2])
SEED = int(os.environ.get("POINTS_SEED", time.time_ns() % 10**6))
JOBS = int(os.environ.get("POINTS_JOBS", 4))
# Which errors a call may end with, of those that a machine in need brings. A call that is in no row cannot fail, or not
# in a way that is anybody's business. EINTR is for who may have handlers of signals: what is made by clone3 has none.
CAN = [
    (r"mkdir(at)?|mknod(at)?|rename(at2?)?|unlink(at)?|symlink(at)?|link(at)?|rmdir", "ENOSPC ENOMEM EIO EDQUOT"),
    (r"write|pwrite64|writev|fsync|ftruncate|fallocate", "ENOSPC EIO EDQUOT ENOMEM EINTR"),
    (r"open|openat2?|socket|socketpair|pipe2?|dup|memfd_create|epoll_create1|signalfd4|accept4|pidfd_open|clone3|fsopen|"
     r"fsmount|open_tree|timerfd_create|eventfd2|inotify_init1", "EMFILE ENFILE ENOMEM"),
    (r"open|openat2?", "ENOSPC EIO EDQUOT EINTR"),
    (r"read|pread64|readv|getdents64|readlink(at)?|newfstatat|stat|statx|fstatfs|access|faccessat2?", "EIO ENOMEM"),
    (r"read|poll|ppoll|wait4|waitid|flock|connect|recvmsg|recvfrom|sendmsg|sendto", "EINTR"),
    (r"clone3?|fork|vfork|unshare", "EAGAIN ENOMEM ENOSPC"),
    (r"mmap|mremap|mount|move_mount|mount_setattr|umount2|pivot_root|setns|sendmsg|sendto|connect|bind|listen|poll|ppoll|"
     r"epoll_ctl|recvmsg|seccomp|setgroups|fsconfig|execve|execveat|flock", "ENOMEM"),
]
# What libraries say of a failure of their own is their word; a file that cannot be looked at while a search goes on is
# taken for one that is not there; and pipes between two of ours fail by the other's end alone.
VAGUE = (r"libseccomp|out of memory|no profile named|no cgroup for that limit|there is no lunward-supervisor|command not found|"
         r"the supervisor ended without saying why|is (not )?running")
# The command runs, and who asked for it cannot be told.
UNTOLD = r"standard output|what the supervisor says cannot be read"
NO_SANDBOX = {"help", "version", "doctor", "facts", "init", "lua", "repl", "serve", "generate", "import", "sign", "verify",
              "check", "plan", "explain", "diff", "export", "profile", "chown", "learn", "test", "audit", "apply"}

START = ["start", "--name", "x", "--pids-limit", "20", "--", "sleep", "987"]

Scenario = collections.namedtuple("Scenario", "before words input", defaults=([], None))
SCENARIOS = {
    "run": Scenario([], ["run", "-m", "64M", "-v", "/usr/share:/x:ro", "--", "cat"]),
    "start": Scenario([], START),
    "start-again": Scenario([START, ["stop", "-t", "0", "x"]], START),
    "exec": Scenario([START], ["exec", "x", "--", "cat"]),
    "stop": Scenario([START], ["stop", "-t", "0", "x"]),
    "kill": Scenario([START], ["kill", "x"]),
    "restart": Scenario([START], ["restart", "-t", "0", "x"]),
    "rm": Scenario([START, ["stop", "-t", "0", "x"]], ["rm", "x"]),
    "rm-running": Scenario([START], ["rm", "-f", "x"]),
    "update": Scenario([START], ["update", "--pids-limit", "30", "x"]),
    "gc": Scenario([START, "kill supervisor"], ["gc"]),
    "detached-end": Scenario([], ["run", "-d", "--rm", "--name", "x", "--", "true"]),
}


def verbs():
    """Those that act on a sandbox and have no row above."""
    text = subprocess.run([LUNWARD, "help"], capture_output=True, text=True).stdout
    known = {s.words[0] for s in SCENARIOS.values()} | NO_SANDBOX
    named = re.findall(r"^ {2}([a-z]+) ", text, re.M)
    return [v for v in named if v not in known]


class Place:
    """A state directory and everything that is made under it."""

    def __init__(self, name):
        self.dir = os.path.join(WORK, name)
        self.state = self.dir + "/state"
        self.log = self.dir + "/log"
        self.ids = set()
        os.makedirs(self.dir, exist_ok=True)
        os.mkdir(self.state, 0o700)
        self.env = dict(os.environ, LUNWARD_STATE=self.state)

    def lunward(self, *words, check=True):
        p = subprocess.run([LUNWARD, *words], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        if check and p.returncode:
            raise Wrong("`lunward %s`: status %d: %s" % (" ".join(words), p.returncode, p.stderr.strip()))
        return p.stdout

    def records(self):
        return json.loads(self.lunward("ps", "-a", "--format", "json"))

    def supervision(self):
        """The pids of who is there before: supervisor and init."""
        found = []
        for d in os.listdir(self.state + "/sandboxes") if os.path.isdir(self.state + "/sandboxes") else []:
            self.ids.add(d)
            with open("%s/sandboxes/%s/record.json" % (self.state, d)) as f:
                r = json.load(f)
            found += [r[w]["pid"] for w in ("supervisor", "init") if w in r and r["state"] == "running"]
        alive = {int(l.split()[1]) for l in self.processes()}
        return [pid for pid in found if pid in alive]

    def processes(self):
        """Everything of ours that lives: it has our state directory in its environment, or holds a file below it."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                exe = os.readlink("/proc/%s/exe" % pid)
                if exe.startswith(BUILD + "/lunward"):
                    with open("/proc/%s/environ" % pid, "rb") as f:
                        ours = self.state.encode() in f.read()
                elif exe.startswith("/memfd:lunward"):
                    ours = os.readlink("/proc/%s/fd/2" % pid).startswith(self.state)
                else:
                    with open("/proc/%s/cgroup" % pid) as f:
                        text = f.read()
                    ours = any(i in text for i in self.ids)
                if ours and state_of(pid) not in "ZX":
                    found.append("process %s %s" % (pid, exe))
            except OSError:
                pass
        return found

    def cgroups(self):
        return [os.path.join(w, d) for w, dirs, _ in os.walk("/sys/fs/cgroup") for d in dirs if d in self.ids]

    def files(self):
        found = []
        for where, dirs, files in os.walk(self.state):
            below = os.path.relpath(where, self.state)
            for f in files + [d for d in dirs if os.path.islink(os.path.join(where, d)) or below == "sandboxes"]:
                if below.split("/")[0] in ("sandboxes", "names") or f.endswith(".new") or ".tmp" in f:
                    found.append(os.path.join(below, f))
        return found

    def mounts(self):
        with open("/proc/self/mountinfo") as f:
            return ["mount " + l.strip() for l in f if self.state in l or any(i in l for i in self.ids)]

    def left(self, files=True):
        return self.processes() + self.cgroups() + self.mounts() + (self.files() if files else [])

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Wrong(Exception):
    pass


def state_of(pid):
    with open("/proc/%s/stat" % pid) as f:
        return f.read().rpartition(")")[2].split()[0]


def settle(look, seconds=5):
    end = time.monotonic() + seconds
    while (found := look()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def prepare(place, scenario):
    for words in scenario.before:
        if words == "kill supervisor":
            os.kill(place.supervision()[0], signal.SIGKILL)
            settle(place.processes)
        else:
            place.lunward(*words)
    return place.supervision()


def attempt(place, scenario, arguments):
    """Status (None: not in time), what it said on standard error."""
    joined = prepare(place, scenario)
    command = [POINT, place.log, "changes" if KIND == "kill" else "all"]
    for pid in joined:
        command += ["-p", str(pid)]
    command += arguments + ["--", LUNWARD] + scenario.words
    with open(place.dir + "/err", "w+") as err, open(place.dir + "/out", "w+") as out:
        p = subprocess.Popen(command, env=place.env, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        try:
            status = p.wait(20 if KIND == "kill" else 12)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()
            status = None
        err.seek(0)
        said = err.read().strip()
    with open(place.log, errors="replace") as f:
        place.ids |= set(re.findall(r":mkdir(?:at)?:.*/([0-9a-f]{64})\b", f.read()))
    return status, said


def errors_of(call, made):
    found = set()
    for names, errors in CAN:
        if re.fullmatch(names, call):
            found |= set(errors.split())
    if made or call in ("execve", "execveat"):
        found.discard("EINTR")
    # What is looked at there is open already.
    return [] if made and "stat" in call else sorted(found)


def speechless(point, made):
    """The channel to say why is the one that fails, or the call is init's or the evaluator's, which may say nothing."""
    call = point.split(":")[1]
    return made and call in ("read", "write", "ppoll", "signalfd4", "recvmsg", "sendmsg", "dup2", "mmap", "pread64")


def points(scenario, name):
    """Every point of one undisturbed run."""
    place = Place("trace-" + name)
    try:
        status, said = attempt(place, scenario, [])
        if status or status is None: # refused, or it waits for what does not come
            place.lunward("rm", "-f", "--all")
            return [], "status %s: %s" % (status, said)
        with open(place.log, errors="replace") as f:
            lines = [l.rstrip("\n").split(" ") for l in f]
        place.lunward("rm", "-f", "--all")
        # The command and the supervisor; all others were made by clone3, or are init, or between fork and exec.
        above = {"0", "p1"} | {l[0].split(":")[0] for l in lines if l[1] == "lunward-supervisor"}
        above = {a for a in above if not any(a != b and a.startswith(b + ".") and b != "0" for b in above)}
        found = []
        for line in lines:
            point, program = line[:2]
            call = point.split(":")[1]
            made = point.split(":")[0] not in above
            # Init's filter would see no call at all where one is made to fail, and end it.
            if KIND == "errors" and program == "lunward-init":
                continue
            if program.startswith("lunward") and (KIND == "kill" or errors_of(call, made)):
                found.append((point, made))
        return found, settle(place.left) and "left of an undisturbed run: %s" % place.left()
    finally:
        place.remove()


def check_records(place):
    """Each is whole: it runs and its processes do, or it has ended and nothing of it does."""
    for r in place.records():
        if not r["name"] or not re.fullmatch(r"[0-9a-f]{64}", r["id"]):
            raise Wrong("half a record is listed: %s" % r)
        if r["state"] == "running":
            try:
                alive = state_of(r["pid"]) not in "ZX"
            except OSError:
                alive = False
            if not alive and place.records() == [r]:
                raise Wrong("listed as running, but its command is gone: %s" % r)
        elif r["state"] == "created":
            raise Wrong("between two states, and nobody is there to take it to the next: %s" % r)
        status = subprocess.run([LUNWARD, "status", r["name"]], env=place.env, capture_output=True).returncode
        if status not in (0, 3) or (status == 0) != (r["state"] == "running"):
            raise Wrong("status %d of %s" % (status, r))


def judge_words(status, said, arguments, point):
    if KIND == "kill":
        return
    if status is None:
        raise Wrong("not ended after 12 s")
    lines = said.splitlines()
    if status == 0 and not lines:
        return
    if status == 0 and len(lines) == 1: # a warning is no failure
        return
    if len(lines) != 1 or not said.startswith("lunward: ") or status not in (1, 3, 125, 126, 127):
        raise Wrong("status %s: %s" % (status, said))
    # Told by the full pass alone (./dev test kill-points): some calls far from the words still lose the error's name.
    if os.environ.get("POINTS_NAMES") and os.strerror(int(arguments[1])).lower() not in said.lower() and not (
            speechless(*point) or re.search(VAGUE, said)):
        raise Wrong("does not name the error: status %s: %s" % (status, said))


def try_point(name, scenario, point, arguments):
    place = Place("%s-%d" % (name, threading.get_ident()))
    try:
        status, said = attempt(place, scenario, arguments + [point[0]])
        if status is None and KIND == "kill":
            raise Wrong("not ended after 20 s")
        judge_words(status, said, arguments, point)
        place.lunward("gc")
        settle(lambda: [r for r in place.records() if r["state"] == "created"], 2)
        check_records(place)
        if KIND == "errors" and status and not scenario.before and place.records() and not re.search(UNTOLD, said):
            raise Wrong("failed (%s), but there is a record: %s" % (said, place.records()))
        if not any(r["state"] == "running" for r in place.records()):
            found = settle(lambda: place.left(files=False))
            if found:
                raise Wrong("nothing runs, but there is\n  " + "\n  ".join(found))
        place.lunward("rm", "-f", "--all")
        found = settle(place.left)
        if found:
            raise Wrong("left\n  " + "\n  ".join(found))
    except (Wrong, subprocess.TimeoutExpired) as e:
        for line in place.processes():
            try:
                os.kill(int(line.split()[1]), signal.SIGKILL)
            except ProcessLookupError:
                pass
        return str(e)
    finally:
        place.remove()


def main():
    rng = random.Random(SEED)
    guessed = verbs()
    for verb in guessed:
        SCENARIOS[verb] = Scenario([START], [verb, "x"])
    wanted = sys.argv[3:] or list(SCENARIOS)
    work = []
    if SECONDS:
        rng.shuffle(wanted)
    begun = time.monotonic()
    for name in wanted:
        if SECONDS and work and time.monotonic() - begun > SECONDS / 3:
            break
        scenario = SCENARIOS[name]
        found, why = points(scenario, name)
        if why and name in guessed: # it is no verb for a sandbox alone
            continue
        if why:
            print("%s: %s" % (name, why))
            return 1
        work += [(name, scenario, p) for p in found]
        print("%s: %d points" % (name, len(found)), flush=True)
    only = os.environ.get("POINTS_ONLY")
    if only:
        work = [w for w in work if w[2][0] == only]
    rng.shuffle(work)
    end = time.monotonic() + SECONDS if SECONDS else float("inf")
    lock, tried, bad = threading.Lock(), [0], [0]

    def worker():
        while time.monotonic() < end:
            with lock:
                if not work:
                    return
                name, scenario, point = work.pop()
                arguments = ["-" + rng.choice("kK")] if KIND == "kill" else ["-e", str(getattr(errno, rng.choice(errors_of(point[0].split(":")[1], point[1]))))]
            wrong = try_point(name, scenario, point, arguments)
            with lock:
                tried[0] += 1
                bad[0] += wrong is not None
                if wrong:
                    what = errno.errorcode[int(arguments[1])] if KIND == "errors" else arguments[0]
                    print("%s %s %s: %s" % (name, point[0], what, wrong), flush=True)

    total = len(work)
    threads = [threading.Thread(target=worker) for _ in range(JOBS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("%d of %d points tried, %d bad, seed %d" % (tried[0], total, bad[0], SEED))
    return bad[0] > 0 or tried[0] == 0


sys.exit(main())
