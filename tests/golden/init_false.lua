-- The command is process 1: every namespace is the clone's, and nothing of init is masked.
return sandbox { command = { "/usr/bin/true" }, init = false }
