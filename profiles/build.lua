-- build.lua: compile a source tree without letting its build scripts out of it.
--
--   lunward run build -- make -j4
--   lunward run --set dir=src/app build -- ninja -C out
--
-- The tree is the only thing of yours the build can see or change, and the files it makes there are yours: without
-- root because root inside is you, with root because the bind is id-mapped.

local dir = param("dir", host.cwd)

if dir:sub(1, 1) ~= "/" then
  dir = host.cwd .. "/" .. dir         -- a relative source would start beside this file
end

-- A build of the whole file system would be none of a sandbox.
assert(dir ~= "/", "build: go to the source tree first, or name it with --set dir=PATH")

return sandbox {
  cwd          = dir,
  mounts       = {
    bind { source = dir, destination = dir, writable = true, idmap = host.uid == 0 },
    tmpfs "/tmp:size=2G,exec",         -- configure scripts compile and run there
  },
  inherit_env  = { "CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "MAKEFLAGS", "LANG" },
  capabilities = caps.none,
  limits       = {
    pids   = 4096,                     -- make -j starts many
    memory = math.max(host.memory_bytes // 4 * 3, 256 * 1024 * 1024),
  },
  umask        = "0022",
}
