return sandbox {
  command = { "/bin/true" },
  seccomp = seccomp.default
    + "socket(AF_INTE, *)",
}
