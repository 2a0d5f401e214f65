"""faults.py KIND SECONDS COMMAND...: runs the command again and again, each time with one of its system calls made to
fail (KIND errors), or ended by SIGKILL at one (KIND kill). First it is traced to see which calls there are; those are
then gone through in an order of chance until the seconds are over. Wants strace, and LUNWARD_STATE for the command alone.

The command reads until its standard input ends: at once, but where the launcher is killed not before what is left of it
was looked at.
After each run: it ended in time; its status is 0, or that of a failure told in one line; no process of it, no cgroup of
it and no half-written state is left (killed: empty cgroups may be). Prints what went wrong, and how many points were
tried.

COLD=1     no plan is kept, so every launch is made from the beginning
FOLLOW=1   calls of the sandbox's own processes too; what the command itself makes of a failure is its own business
AS=UID     as an ordinary user
FAULTS_SEED repeats an order."""

import os
import random
import re
import signal
import subprocess
import sys
import time

ERRORS = ["ENOSPC", "EMFILE", "ENOMEM", "EINTR"]
# What cannot fail so: to be told that it did, without it having been done, is what no kernel does.
NEVER = {"execve", "exit_group", "exit", "rt_sigreturn", "close", "rt_sigaction", "rt_sigprocmask", "getpid", "getppid",
         "gettid", "geteuid", "getuid", "getegid", "getgid", "umask", "set_tid_address", "set_robust_list", "rseq",
         "arch_prctl", "munmap", "restart_syscall", "clock_gettime",
         # libc's start; brk(2) tells a failure in another way
         "brk", "mprotect"}


STATE = os.environ["LUNWARD_STATE"]
LOG = STATE + "/trace"
KILLED, COLD, FOLLOW = sys.argv[1] == "kill", bool(os.environ.get("COLD")), bool(os.environ.get("FOLLOW"))


def trace(command):
    """How often each call is made, by the process that makes it most often."""
    subprocess.run(user() + ["strace", "-f", "-qq", "-o", LOG] + command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=60, check=True)
    counts, first = {}, None
    with open(LOG, errors="replace") as lines:
        for line in lines:
            m = re.match(r"(\d+) +(\w+)\(", line)
            if not m:
                continue
            pid, call = m.groups()
            first = first or pid
            if FOLLOW or pid == first:
                counts[pid, call] = counts.get((pid, call), 0) + 1
    most = {}
    for (_, call), n in counts.items():
        most[call] = max(n, most.get(call, 0))
    return most


def cgroups():
    """Those of the last attempt: others run sandboxes, too."""
    with open(LOG, errors="replace") as f:
        ids = set(re.findall(r"mkdir.*\b([0-9a-f]{64})\b", f.read()))
    return [os.path.join(where, d) for where, dirs, _ in os.walk("/sys/fs/cgroup") for d in dirs if d in ids] if ids else []


def members(group):
    try:
        with open(os.path.join(group, "cgroup.procs")) as f:
            return f.read().split()
    except OSError:
        return []


def is_ours(proc):
    """A launcher has our state directory in its environment, a process 1 holds the lease of its ids open."""
    try:
        exe = os.readlink(proc + "/exe")
        if exe == os.environ["LUNWARD"]:
            with open(proc + "/environ", "rb") as f:
                return STATE.encode() in f.read()
        return exe.startswith("/memfd:lunward") and os.readlink(proc + "/fd/2").startswith(STATE)
    except OSError:
        return False


def left():
    """What is there of the last attempt."""
    groups = cgroups()
    for g in groups if KILLED else []:
        if not members(g):
            try:
                os.rmdir(g)
            except OSError:
                pass
    found = ["%s %s" % (g, members(g)) for g in groups if os.path.exists(g)]
    found += ["process " + p for p in filter(str.isdigit, os.listdir("/proc")) if is_ours("/proc/" + p)]
    if not KILLED:
        found += [os.path.join(d, f) for d, _, files in os.walk(STATE) for f in files if ".tmp" in f or "/sandboxes" in d]
    return found


def settled():
    """The kernel takes down what a dead process held a little after its parent hears of the death."""
    end = time.monotonic() + 3
    while (found := left()) and time.monotonic() < end:
        time.sleep(0.01)
    return found


def user():
    uid = os.environ.get("AS")
    return ["setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups"] if uid else []


def attempt(command, call, inject):
    args = user() + ["strace", "-qq", "-s", "4096", "-o", LOG, "-e", "trace=mkdir,mkdirat," + call,
                     "-e", "inject=%s:%s" % (call, inject)]
    p = subprocess.Popen(args + (["-f"] if FOLLOW else []) + command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, start_new_session=True)
    try:
        p.wait(0.2 if KILLED else 0)
    except subprocess.TimeoutExpired:
        p.stdin.close()
    try:
        p.wait(10)
        return p
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        p.wait()
        return None


def judge(p):
    """What is wrong with how it ended, or None."""
    if p is None:
        return "not ended after 10 s"
    if KILLED:
        return None
    err = os.read(p.stderr.fileno(), 65536).decode(errors="replace").strip()
    told = len(err.splitlines()) == 1 and err.startswith("lunward: ")
    if p.returncode == 0 or p.returncode in (125, 126, 127) and told or FOLLOW and p.returncode > 0 and p.returncode != 125:
        return None
    return "status %s: %s" % (p.returncode, err)


def forget():
    """Without the kept plans a launch is made from the beginning."""
    for where, _, files in os.walk(STATE + "/plans"):
        for f in files:
            os.unlink(os.path.join(where, f))


def main():
    command, seconds = sys.argv[3:], float(sys.argv[2])
    seed = int(os.environ.get("FAULTS_SEED", time.time_ns() % 10**6))
    rng = random.Random(seed)
    subprocess.run(user() + command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    if COLD:
        forget()
    never = {"execve"} if KILLED else NEVER
    points = [(call, n) for call, most in sorted(trace(command).items()) if call not in never for n in range(1, most + 1)]
    rng.shuffle(points)
    end, tried, bad = time.monotonic() + seconds, 0, 0
    for call, n in points:
        if time.monotonic() > end:
            break
        inject = "%s:when=%d" % ("signal=KILL" if KILLED else "error=" + rng.choice(ERRORS), n)
        if COLD:
            forget()
        p = attempt(command, call, inject)
        wrong, found = judge(p), settled()
        if p and not p.stdin.closed:
            p.stdin.close()
        tried += 1
        if wrong or found:
            bad += 1
            print("%s:%s: %s%s" % (call, inject, wrong or "left", "".join("\n  " + l for l in found)))
    print("%d of %d points tried, %d bad, seed %d" % (tried, len(points), bad, seed))
    return bad > 0 or tried == 0


sys.exit(main())
