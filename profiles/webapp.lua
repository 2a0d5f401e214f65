-- webapp.lua: a Python web application that can read its own directory and write one other.
--
--   lunward start --set dir=/srv/app --set data=/srv/app-data webapp
--   lunward start --set dir=/srv/app --set address=127.0.0.1:9000 --set ready=notify webapp
--
-- `app.py` in the directory is handed a listening socket as descriptor 3, sd_listen_fds(3): socket.socket(fileno=3). It
-- is ready when it says so with sd_notify(3) if that is asked for, else as soon as it runs.

local dir     = param("dir", host.cwd)
local data    = param("data", "")
local address = param("address", "127.0.0.1:8000")
local ready   = param("ready", "started")

local function here(path)               -- a relative source would start beside this file
  return path:sub(1, 1) == "/" and path or host.cwd .. "/" .. path
end

return sandbox {
  inherits     = "service",

  command      = { "/usr/bin/python3", "app.py" },
  cwd          = "/app",
  mounts       = {
    bind { source = here(dir), destination = "/app" },
    data ~= "" and bind { source = here(data), destination = "/data", writable = true, exec = false,
                          idmap = host.uid == 0 },
  },
  env          = {
    PYTHONDONTWRITEBYTECODE = "1",      -- /app is read-only
    PYTHONUNBUFFERED        = "1",
    PYTHONNOUSERSITE        = "1",
  },

  capabilities = caps.none,
  seccomp      = seccomp.default - { "ptrace", "process_vm_readv" },
  limits       = { pids = 64, memory = param("memory", "256M") },

  service      = {
    listen  = { address },
    ready   = ready,
    restart = "on-failure",
  },
}
