-- Inside 0-1000 stand for 60000-61000.
return sandbox {
  command = { "/usr/bin/true" },
  ids     = { uid = { { 0, 60000, 1001 } }, gid = { { 0, 60000, 1001 } } },
  user    = { uid = 7, gid = 8, groups = { 9 } },
}
