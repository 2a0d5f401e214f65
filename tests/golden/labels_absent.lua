-- Neither module here and neither required: notes.
return sandbox {
  command = { "/usr/bin/app" },
  apparmor = "docker-default",
  selinux = { process = "container_t" },
}
