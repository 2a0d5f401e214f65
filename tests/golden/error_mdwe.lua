return sandbox {
  command = { "/usr/bin/app" },
  hardening = { memory_deny_write_execute = true },
}
