-- Overlays without root: the child opens the layers again.
return sandbox {
  command = { "/bin/true" },
  root    = { path = "/srv/root", overlay = { upper = "/var/lib/web/changes" } },
  mounts  = {
    overlay "/srv/data:/data:size=16M,inodes=100",
    overlay { source = "/srv/work", destination = "/work", upper = "/var/lib/web/up", work = "/var/lib/web/w",
              writable = false },
  },
}
