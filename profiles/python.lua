-- python.lua: run a Python program that can read its own directory and nothing else of yours.
--
--   lunward run python -- python3 app.py
--   lunward run --set write=yes python -- python3 make_report.py
--
-- The current directory is shown as /app, read-only unless write=yes.

local write = param("write", false)

return sandbox {
  command      = { "python3" },       -- without a command of your own: the prompt
  cwd          = "/app",
  mounts       = {
    bind { source = host.cwd, destination = "/app", writable = write, idmap = write and host.uid == 0 },
    tmpfs "/tmp:size=128M",
  },
  env          = {
    PYTHONDONTWRITEBYTECODE = "1",    -- /app is read-only
    PYTHONUNBUFFERED        = "1",
    PYTHONNOUSERSITE        = "1",
  },
  capabilities = caps.none,
  seccomp      = seccomp.default - { "ptrace", "process_vm_readv" },
  limits       = { pids = 64, memory = param("memory", "512M") },
}
