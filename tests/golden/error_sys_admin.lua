return sandbox {
  command      = { "/usr/bin/true" },
  capabilities = caps.docker + "SYS_ADMIN",
  seccomp      = seccomp.docker,
}
