-- strict.lua: for input you do not trust: converters, parsers, one-off scripts.
--
--   lunward run strict -- pdftotext /in/paper.pdf -
--
-- No capability at all, the smallest set of system calls, no device but the harmless ones, little memory and little
-- time. Nothing is writable but 16 MiB of /tmp, from which nothing can be executed.

return sandbox {
  user         = 65534,               -- nobody, by number: the root needs no passwd file
  capabilities = caps.none,
  seccomp      = seccomp.strict,
  mounts       = { tmpfs "/tmp:size=16M,noexec" },
  limits       = {
    pids   = param("pids", 32),
    memory = param("memory", "256M"), -- lunward run --set memory=1G strict -- ...
    cpus   = 1,
  },
  rlimits      = { nofile = 128, core = 0 },
  timeout      = "5m",
}
