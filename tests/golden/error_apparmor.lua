return sandbox {
  command = { "/usr/bin/app" },
  apparmor = { profile = "docker-default", required = true },
}
