-- What the process starts with.
return sandbox {
  command = { "/usr/bin/true" }, cwd = "/srv", umask = "0077", nice = 5, oom_score_adj = 300, keyring = false,
  terminal = true, env = { A = "b" }, rlimits = { nofile = 64, nproc = { 10, 20 } }, hostname = "moon",
  domainname = "lunar.test", sysctls = { ["net.ipv4.ip_forward"] = 1 }, stdio = { stdin = "null" }, timeout = "5s",
}
