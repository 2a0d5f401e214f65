return sandbox {
  command = { "/usr/bin/true" },
  mounts  = {
    overlay "/srv/work:/work:upper=/srv/work/changes",
  },
}
