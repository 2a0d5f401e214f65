-- postgresql.lua: a PostgreSQL server that keeps its data in one directory and talks through a socket in it.
--
--   install -d -o postgres -g postgres -m 700 /srv/pg
--   lunward start --set dir=/srv/pg postgresql                  # the first time it makes the cluster
--   sudo -u postgres psql -h /srv/pg                            # from outside
--
-- It runs as the user postgres of the host's passwd file, who owns the directory. Its network is a loopback interface
-- of its own: whoever may reach the socket may connect. Without root the directory is the caller's, and so is the
-- server: lunward start -u 1 --set dir=pg postgresql.

local dir     = param("dir")
local version = param("version", "15")  -- /usr/lib/postgresql/VERSION
local memory  = param("memory", 512)    -- MiB

if dir:sub(1, 1) ~= "/" then
  dir = host.cwd .. "/" .. dir          -- a relative source would start beside this file
end

local bin = "/usr/lib/postgresql/" .. version .. "/bin/"

return sandbox {
  inherits     = "service",

  command      = { "/bin/sh", "-ec", [[
[ -s /data/PG_VERSION ] || "$0"initdb -D /data -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
exec "$0"postgres -D /data -k /data -h 127.0.0.1 "$@"]], bin,
    "-c", "shared_buffers=" .. memory // 4 .. "MB",
    "-c", "logging_collector=off",
  },
  user         = "postgres",            -- it refuses to be root
  cwd          = "/data",
  umask        = "0077",
  mounts       = {
    bind { source = dir, destination = "/data", writable = true, exec = false, idmap = host.uid == 0 },
    tmpfs "/dev/shm:size=256M",
  },

  capabilities = caps.none,
  limits       = { pids = 256, memory = memory .. "M" },

  service      = {
    ready         = { exec = { bin .. "pg_isready", "-q", "-h", "/data" } },
    ready_timeout = "5m",               -- it may have a journal to replay
    health        = { exec = { bin .. "pg_isready", "-q", "-h", "/data" } },
    restart       = "on-failure",
    stop_signal   = "INT",              -- transactions are rolled back, clients let go
    stop_timeout  = "60s",
  },
}
