return sandbox {
  command = { "/usr/bin/app" },
  network = {
    bridge = "web",
    publish = {
      8080,
      "127.0.0.1:8443:443/tpc",
    },
  },
}
