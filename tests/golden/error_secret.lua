return sandbox {
  command = { "/usr/bin/true" },
  secrets = {
    db = "hunter2",
  },
}
