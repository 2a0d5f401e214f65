-- sqlite.lua: open a database you do not trust, or give a script one database and nothing else.
--
--   lunward run --set db=app.db sqlite -- sqlite3 -readonly /data/app.db .tables
--   lunward run --set db=app.db --set write=yes sqlite -- sqlite3 /data/app.db "DELETE FROM sessions"
--
-- The directory that holds the database is shown as /data, read-only unless write=yes: journals lie beside it. The
-- shell's own ways out are shut: .shell, .system and edit() start nothing, readfile() and writefile() find nothing of
-- yours, load_extension() loads nothing that is not installed.

local db    = param("db", ":memory:")
local write = param("write", false)
local dir, name = false, false

if db ~= ":memory:" then
  if db:sub(1, 1) ~= "/" then
    db = host.cwd .. "/" .. db         -- a relative source would start beside this file
  end
  dir, name = db:match("^(.*)/([^/]+)$")
  assert(dir ~= "", "sqlite: the database needs a directory of its own")
end

return sandbox {
  command      = { "sqlite3", name and not write and "-readonly", name and "/data/" .. name or db },
  mounts       = {
    dir and bind { source = dir, destination = "/data", writable = write, exec = false, idmap = host.uid == 0 },
    tmpfs "/tmp:size=256M,noexec",
  },
  capabilities = caps.none,
  seccomp      = seccomp.strict - { "clone", "clone3", "fork", "vfork", "socket" },
  limits       = { memory = param("memory", "512M") },
  rlimits      = { nofile = 64, core = 0 },
  timeout      = "1h",
}
