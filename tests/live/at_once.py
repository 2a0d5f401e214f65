"""at_once.py WORKERS SECONDS: each worker runs one verb after the other, by chance, on two names. No command may take long, say
more than a line, or leave anything behind that `rm --all` does not take away. AT_ONCE_SEED repeats a choice."""

import json
import os
import random
import subprocess
import sys
import threading
import time

LUNWARD, STATE = os.environ["LUNWARD"], os.environ["LUNWARD_STATE"]
SEED = int(os.environ.get("AT_ONCE_SEED", time.time_ns() % 10**6))
COMMANDS = [
    ["start", "--name", "NAME", "--pids-limit", "20", "--", "sleep", "60"],
    ["start", "--name", "NAME", "--", "true"],
    ["stop", "-t", "0", "NAME"],
    ["restart", "-t", "0", "NAME"],
    ["kill", "NAME"],
    ["kill", "-s", "TERM", "NAME"],
    ["rm", "NAME"],
    ["rm", "-f", "NAME"],
    ["update", "--pids-limit", "30", "NAME"],
    ["exec", "NAME", "--", "true"],
    ["status", "NAME"],
    ["ps", "-a", "--format", "json"],
    ["inspect", "NAME"],
    ["logs", "NAME"],
    ["gc"],
]
wrong, count = [], 0


def worker(n):
    global count
    rng = random.Random("%d %d" % (SEED, n))
    while time.monotonic() < end and not wrong:
        words = [rng.choice("xy") if w == "NAME" else w for w in rng.choice(COMMANDS)]
        try:
            p = subprocess.run([LUNWARD, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        except subprocess.TimeoutExpired:
            wrong.append("%s: not ended after 30 s" % words)
            return
        count += 1
        lines = p.stderr.splitlines()
        if p.returncode < 0 or p.returncode not in (0, 1, 3, 4, 125, 137, 143) or len(lines) > 1 or \
                (p.returncode == 125 and not p.stderr.startswith("lunward: ")):
            wrong.append("%s: status %d: %s" % (words, p.returncode, p.stderr))
        if words[0] == "ps":
            json.loads(p.stdout)


end = time.monotonic() + float(sys.argv[2])
threads = [threading.Thread(target=worker, args=(n,)) for n in range(int(sys.argv[1]))]
for t in threads:
    t.start()
for t in threads:
    t.join()
if not wrong:
    for words in (["gc"], ["ps", "-a", "--format", "json"], ["rm", "-f", "--all"], ["gc"]):
        p = subprocess.run([LUNWARD, *words], capture_output=True, text=True, timeout=60)
        if p.returncode or p.stderr:
            wrong.append("at the end, %s: status %d: %s" % (words, p.returncode, p.stderr))
        if words[0] == "ps":
            names = [r["name"] for r in json.loads(p.stdout)]
            if sorted(set(names)) != sorted(names) or not set(names) <= {"x", "y"}:
                wrong.append("at the end there are %s" % names)
    left = os.listdir(STATE + "/sandboxes") + os.listdir(STATE + "/names")
    if left:
        wrong.append("left: %s" % left)
print("\n".join(wrong + ["%d commands, seed %d" % (count, SEED)]))
sys.exit(bool(wrong))
