return sandbox {
  root = { image = "/srv/app.tar", overlay = { upper = "/srv/app/changes" } },
  command = { "/bin/app" },
}
