-- With leased ids the owner is counted from the lease's first.
return sandbox {
  command = { "/usr/bin/true" },
  user    = { uid = 7, gid = 8 },
  mounts  = { bind "/srv/content:/content:rw,U" },
}
