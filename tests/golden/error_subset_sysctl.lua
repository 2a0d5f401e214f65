return sandbox {
  command = { "/usr/bin/true" },
  sysctls = { ["net.ipv4.ip_forward"] = 1 },
  mounts  = { proc { subset = "pid" } },
}
