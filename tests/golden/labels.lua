-- Labels on a machine that runs both modules: a profile made for the sandbox, contexts with a pair of categories.
return sandbox {
  command = { "/usr/bin/app" },
  capabilities = caps.none + "NET_BIND_SERVICE",
  masked_paths = { "/proc/kcore" },
  readonly_paths = { "/proc/sys" },
  apparmor = { rules = { "deny /root/** wl" }, required = true },
  selinux = { process = "container_t", mount = "user_u:object_r:box_t", required = true },
}
