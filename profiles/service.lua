-- service.lua: a base for programs that stay up: `inherits = "service"`.
--
--   return sandbox { inherits = "service", command = { "/usr/sbin/mydaemon", "--foreground" } }
--
-- A daemon rarely needs root's powers once it runs: it keeps what is needed to change its user and to listen on a low
-- port, and loses what Docker grants beyond that.

return sandbox {
  capabilities = caps.none + { "CHOWN", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE" },
  seccomp      = seccomp.default,
  mounts       = {
    tmpfs "/run:size=16M,mode=0755",
    tmpfs "/tmp:size=64M",
  },
  limits       = { pids = 256, memory = "512M" },
  rlimits      = { nofile = { 1024, 4096 } },
  stdio        = { stdin = "null" },  -- a service that reads from a terminal waits for ever
  umask        = "0027",
}
