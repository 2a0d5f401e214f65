return sandbox {
  root = {
    image = "/srv/app.tar",
    verify = { digest = "md5:0" },
  },
  command = { "/bin/app" },
}
