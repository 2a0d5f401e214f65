return sandbox {
  command      = { "/usr/bin/true" },
  namespaces   = { time = "host" },
  time_offsets = { boottime = 5 },
}
