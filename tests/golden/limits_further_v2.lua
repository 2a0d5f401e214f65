return sandbox {
  command = { "/usr/bin/true" },
  limits = {
    memory = "64M", memory_high = "48M", memory_low = "16M", cpu_weight = 50, cpuset = "0-1,3", oom_group = true,
    io = { { device = "/srv", rbps = "1M", wiops = 100 } },
  },
}
