return sandbox {
  command = { "/usr/bin/true" },
  devices = { device "/dev/snd", "/dev/ttyS0:/dev/modem:rw", { path = "/dev/kmsg", access = "r" } },
}
