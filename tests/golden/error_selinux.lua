return sandbox {
  command = { "/usr/bin/app" },
  selinux = { process = "container_t", required = true },
}
