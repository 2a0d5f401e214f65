return sandbox {
  command = { "/usr/bin/true" },
  limits  = { memroy = "64M" },
}
