return sandbox {
  root = {
    image = "/srv/app.tar",
    readonly = false,
  },
  command = { "/bin/app" },
}
