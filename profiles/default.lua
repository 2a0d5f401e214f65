-- default.lua: what `lunward run -- COMMAND` uses.
--
-- Deny by default: this is the sandbox that says nothing. Every namespace is new, the network is loopback only, the
-- host's system directories can be read and nothing of the host can be written, /tmp, /run and /home are private and
-- empty, capabilities are Docker's, the system calls those of seccomp.default, and limits are on.
-- `lunward explain default` says all of it in words; `lunward plan default` shows each step.

return sandbox {
  -- Programs that ask where they may write find an answer.
  env = { TMPDIR = "/tmp" },
}
