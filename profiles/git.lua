-- git.lua: work with a repository you do not trust: its hooks, filters and attributes run in here.
--
--   lunward run git -- git log --stat
--   lunward run --set dir=src/app git -- git commit -am "fix"
--   lunward run --set write=no git -- git diff
--
-- The work tree is all it sees of yours: no home directory, no keys, no credentials, and no network, so that nothing it
-- finds can be pushed anywhere. Clone and fetch outside, from a place you trust.

local dir   = param("dir", host.cwd)
local write = param("write", true)

if dir:sub(1, 1) ~= "/" then
  dir = host.cwd .. "/" .. dir         -- a relative source would start beside this file
end

assert(dir ~= "/", "git: go to the work tree first, or name it with --set dir=PATH")

return sandbox {
  command      = { "git", "status" },
  cwd          = "/work",
  mounts       = {
    bind { source = dir, destination = "/work", writable = write, idmap = host.uid == 0 },
    tmpfs "/tmp:size=256M",
  },
  env          = {
    GIT_CONFIG_COUNT   = "1",          -- the tree may be another user's: here that is what the sandbox is for
    GIT_CONFIG_KEY_0   = "safe.directory",
    GIT_CONFIG_VALUE_0 = "/work",
    GIT_TERMINAL_PROMPT = "0",
    GIT_PAGER          = "cat",
  },
  inherit_env  = { "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "LANG" },
  capabilities = caps.none,
  limits       = { pids = 128, memory = param("memory", "1G") },
  umask        = "0022",
}
