-- gcc.lua: run a compiler on sources you do not trust.
--
--   lunward run gcc -- gcc -O2 -o hello hello.c
--   lunward run --set dir=src gcc -- g++ -c parser.cc
--
-- A compiler reads and writes files and starts programs of /usr; nothing else is allowed. What it makes lies in the
-- directory and cannot be executed in here (build.lua is for builds that run what they made). No #include and no linker
-- script reaches a file of yours outside the directory; no plugin of the sources' own can be loaded.

local dir = param("dir", host.cwd)

if dir:sub(1, 1) ~= "/" then
  dir = host.cwd .. "/" .. dir         -- a relative source would start beside this file
end

assert(dir ~= "/", "gcc: go to the source directory first, or name it with --set dir=PATH")

return sandbox {
  command      = { "gcc", "--version" },
  cwd          = "/src",
  mounts       = {
    bind { source = dir, destination = "/src", writable = true, exec = false, idmap = host.uid == 0 },
    tmpfs "/tmp:size=1G,noexec",
    tmpfs "/dev/shm:size=64K,noexec",
  },
  capabilities = caps.none,
  seccomp      = seccomp.default - { "ptrace", "socket", "socketpair", "process_vm_readv" },
  limits       = { pids = 64, memory = param("memory", "2G") },
  timeout      = "10m",
  umask        = "0022",
}
