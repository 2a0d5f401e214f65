-- Overlays: over the root and over a directory, kept in memory and kept in a directory.
return sandbox {
  command = { "/bin/true" },
  root    = { path = "/srv/root", overlay = { upper = "/var/lib/web/changes" } },
  mounts  = {
    overlay "/srv/data:/data:size=16M,inodes=100,noidmap",
    overlay { source = "/srv/work", destination = "/work", upper = "/var/lib/web/up", work = "/var/lib/web/w", writable = false },
  },
}
