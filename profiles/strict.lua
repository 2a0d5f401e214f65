-- strict.lua: for input you do not trust: converters, parsers, one-off scripts.
--
--   lunward run strict -- pdftotext - - < paper.pdf
--   lunward run -v $PWD:/in:ro strict -- tar tf /in/download.tar
--
-- No capability at all, the smallest set of system calls, no device but the harmless ones, little memory and little
-- time. What it can write is in memory, small, and gone at the end; nothing there can be executed.

local memory = param("memory", "256M")  -- lunward run --set memory=1G strict -- ...
local pids   = param("pids", 32)

-- A small private directory for data.
local function scratch(path, mode)
  return tmpfs { destination = path, size = "16M", mode = mode, exec = false }
end

return sandbox {
  -- Neither root inside nor any other id that owns something outside. Without root, the caller has only its own.
  user         = host.uid == 0 and 65534 or unset,
  ids          = host.uid ~= 0 and "keep" or unset,
  capabilities = caps.none,
  seccomp      = seccomp.strict,
  mounts       = {
    scratch("/tmp", "1777"),
    scratch("/dev/shm", "1777"),
    scratch("/run", "0755"),
    scratch("/var", "0755"),
    scratch("/home", "0755"),
    scratch("/root", "0700"),
  },
  limits       = { pids = pids, memory = memory, cpus = 1 },
  rlimits      = { nofile = 128, core = 0 },
  timeout      = "5m",
}
