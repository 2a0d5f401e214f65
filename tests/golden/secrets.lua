-- Secrets: files by name; one of the parent's is not wanted.
local base = sandbox { secrets = { db = { file = "/srv/secrets/db" }, key = { file = "/srv/secrets/key" } } }
return sandbox {
  inherits = base,
  command  = { "/usr/bin/true" },
  user     = { uid = 33, gid = 33 },
  secrets  = { key = false, ["api.token"] = { file = "/srv/secrets/token" } },
}
