-- Every kind of mount.
return sandbox {
  command = { "/usr/bin/true" },
  mounts  = {
    bind "/srv/www:/www",
    bind { source = "/srv/data", destination = "/data", writable = true, exec = false, idmap = true },
    bind { source = "/srv/perhaps", destination = "/perhaps", optional = true },
    tmpfs "/scratch:size=16M,mode=0700",
    file { destination = "/conf/app.conf", data = "port = 80\n", mode = "0600" },
    dir { destination = "/spool", mode = "0711" },
    symlink { destination = "/current", target = "/www/v1" },
    remove "/tmp",
  },
}
