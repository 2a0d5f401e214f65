-- The same for a user with neither: one id, and rlimits in place of a cgroup.
return sandbox { command = { "/usr/bin/true" } }
