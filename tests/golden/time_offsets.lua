-- The clone makes no time namespace: it is made, and its clocks set, before set-up is forked.
return sandbox { command = { "/usr/bin/true" }, time_offsets = { monotonic = "1d", boottime = "-90s" } }
