return sandbox {
  command = { "/usr/bin/true" },
  limits = {
    memory = "64M", memory_low = "16M", cpu_weight = 50, cpuset = "0-1,3", cpu_time = "90s",
    io = { { device = "/dev/vda", rbps = "1M", wiops = 100 }, { device = "8:0", wbps = "2M", riops = 7 } },
  },
}
