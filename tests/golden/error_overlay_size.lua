return sandbox {
  command = { "/usr/bin/true" },
  root    = { path = "/srv/root",
              overlay = { upper = "/var/lib/web/up",
                          size = "16M" } },
}
