-- Five sets of their own, for a user that is not root.
return sandbox {
  command      = { "/usr/bin/true" },
  user         = 1234,
  capabilities = { bounding = { "NET_BIND_SERVICE" }, permitted = { "NET_BIND_SERVICE" }, effective = { "NET_BIND_SERVICE" },
                   inheritable = { "NET_BIND_SERVICE" }, ambient = { "NET_BIND_SERVICE" } },
}
