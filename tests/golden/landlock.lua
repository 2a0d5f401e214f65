-- Landlock rules and hardening on a kernel that can do all of it.
return sandbox {
  command = { "/usr/bin/app" },
  network = "host",
  landlock = {
    read = { "/usr", "/etc" },
    write = { "/tmp/" },
    execute = { "/usr/bin" },
    connect_tcp = { 443, "8443" },
    bind_tcp = {},
    required = true,
  },
  seccomp = seccomp.default - "prctl(PR_SET_TSC)",
  hardening = {
    memory_deny_write_execute = true,
    disable_speculation = { "store_bypass", "indirect_branch" },
    core_scheduling = true,
    secure_bits = { "noroot", "SECBIT_NO_CAP_AMBIENT_RAISE" },
    time_stamp_counter = false,
  },
}
