-- redis.lua: a Redis server that talks through a socket in one directory and can do nothing else.
--
--   mkdir data
--   lunward run --set dir=data redis              # serves until Ctrl-C, then saves data/dump.rdb
--   lunward start --set dir=data redis            # the same in the background, started again when it fails
--   redis-cli -s data/redis.sock ping             # from outside, in another terminal
--
-- `dir` is all it can write, and the only way in: its network is a loopback interface of its own. What it leaves there
-- belongs to root when root starts it, else to the caller. Who gives the directory to another user, says so:
-- `lunward run -u redis --set dir=/srv/redis redis`.

local dir    = param("dir")
local memory = param("memory", 64)      -- MiB of data; lunward run --set memory=256 ...

if dir:sub(1, 1) ~= "/" then
  dir = host.cwd .. "/" .. dir          -- a relative source would start beside this file
end

return sandbox {
  inherits     = "service",

  command      = {
    "/usr/bin/redis-server",
    "--port", 0,                        -- no TCP at all
    "--unixsocket", "/data/redis.sock",
    "--unixsocketperm", 700,            -- for the directory's owner
    "--dir", "/data",
    "--maxmemory", memory .. "mb",
    "--supervised", "auto",             -- it says when it is ready
  },
  cwd          = "/data",

  mounts       = {
    -- As root, ids inside are a block of the sandbox's own; idmap lets files keep the owners they have outside. Without
    -- root, root inside is the caller, so owners are right already and the kernel would refuse an idmap.
    bind { source = dir, destination = "/data", writable = true, exec = false, idmap = host.uid == 0 },
  },

  capabilities = caps.none,             -- it neither changes its user nor listens on a low port

  limits       = {
    memory = 3 * memory + 64 .. "M",    -- while it saves, a fork holds a second copy
    pids   = 32,
  },
  rlimits      = { nofile = { 1024, 10032 } }, -- what 10000 clients need; Redis raises the soft limit itself

  service      = {
    ready        = "notify",
    health       = { exec = { "/usr/bin/redis-cli", "-e", "-s", "/data/redis.sock", "ping" } },
    restart      = "on-failure",
    stop_timeout = "30s",               -- it saves
  },
}
