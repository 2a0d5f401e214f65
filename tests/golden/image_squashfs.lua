return sandbox {
  root = { image = "/srv/app.squashfs", overlay = { upper = "/srv/app/changes" }, verify = { digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000" } },
  command = { "/bin/app" },
}
