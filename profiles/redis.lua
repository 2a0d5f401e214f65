-- redis.lua: a Redis server for this machine's own use.
--
--   lunward run redis
--   lunward run --set data=/srv/redis --set memory=256 redis
--
-- With `data` its database survives; without, it lives in a tmpfs and goes with the sandbox.

local port   = param("port", 6379)
local memory = param("memory", 64)   -- MiB of data
local data   = param("data", "")

return sandbox {
  inherits = "service",

  command  = {
    "/usr/bin/redis-server",
    "--port", port,
    "--bind", "127.0.0.1",
    "--dir", "/var/lib/redis",
    "--maxmemory", memory .. "mb",
    "--daemonize", "no",
    "--logfile", "",
  },
  cwd      = "/var/lib/redis",

  mounts   = {
    data ~= "" and bind { source = data, destination = "/var/lib/redis", writable = true, idmap = true },
    data == "" and tmpfs { destination = "/var/lib/redis", size = 2 * memory .. "M", mode = "0700" },
  },

  -- Redis needs no capability at all when it does not change its user.
  capabilities = caps.none,

  limits   = {
    memory = 3 * memory + 64 .. "M", -- while it saves, a fork holds a second copy
    pids   = 32,
  },
  rlimits  = { nofile = { 4096, 10032 } },
}
