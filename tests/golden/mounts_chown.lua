-- Sources given to who the command runs as: by a map of one's own, root's capabilities counting for 60000.
return sandbox {
  command = { "/usr/bin/true" },
  ids     = { uid = { { 0, 60000, 1001 } }, gid = { { 0, 60000, 1001 } } },
  user    = { uid = 7, gid = 8 },
  mounts  = {
    bind "/srv/content:/content:rw,chown",
    bind { source = "/srv/more", destination = "/more", writable = true, chown = true, optional = true },
  },
}
