return sandbox {
  command = { "/usr/bin/app" },
  network = {
    egress = {
      "example.org:443",
      "10.1.2.3/8",
    },
  },
}
