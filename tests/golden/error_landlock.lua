return sandbox {
  command = { "/usr/bin/app" },
  landlock = {
    write = { "/tmp" },
    required = true,
  },
}
