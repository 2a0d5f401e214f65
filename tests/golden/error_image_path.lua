return sandbox {
  root = { path = "/srv/app", image = "/srv/app.tar" },
  command = { "/bin/app" },
}
