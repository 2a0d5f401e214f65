-- A loaded profile and a level of one's own: nothing is loaded and nothing leased.
return sandbox {
  command = { "/usr/bin/app" },
  apparmor = "docker-default",
  selinux = { process = "container_t", mcs = "s0:c1,c2" },
}
