return sandbox {
  root = { path = "/srv/app", verify = { digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000" } },
  command = { "/bin/app" },
}
