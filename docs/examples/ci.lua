#!/usr/bin/env -S lunward lua
-- ci.lua DIRECTORY: the steps of a build, each in a sandbox that sees the directory and nothing else of yours; stops at
-- the first that fails, and tells what each took.
local lw = require "lunward"
local dir = assert(arg[1], "usage: ci.lua DIRECTORY")

local steps = {
  { "configure", "test -e Makefile" },
  { "build", "make -s" },
  { "test", "make -s check" },
}

for _, step in ipairs(steps) do
  local name, script = table.unpack(step)
  local box <close> = assert(lw.run {
    name = name,
    command = { "/bin/sh", "-ec", script },
    mounts = { { type = "bind", source = dir, destination = "/work", writable = true } },
    cwd = "/work",
    limits = { memory = "512M", pids = 64 },
    timeout = "60s",
    stdin = "null", stdout = "pipe", stderr = "pipe",
  })
  local out, problems = box.stdout:read("a"), box.stderr:read("a")
  local status = assert(box:wait())
  print(("%-10s %-7s %.2f s"):format(name, status.code == 0 and "ok" or "failed", status.cpu_seconds))
  if status.code ~= 0 then
    io.stderr:write(out, problems)
    os.exit(status.timed_out and 124 or status.code)
  end
end
