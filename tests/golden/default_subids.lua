-- The same for a user with subordinate ids and a delegated cgroup.
return sandbox { command = { "/usr/bin/true" } }
