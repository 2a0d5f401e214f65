#!/usr/bin/env -S lunward lua
-- judge.lua PROGRAM INPUT EXPECTED: runs somebody's program on an input and says what a contest's judge would.
local lw = require "lunward"
local program, input, expected = table.unpack(arg)

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

local box <close> = assert(lw.run {
  inherits = "strict",
  command = { "/box/program" },
  mounts = { { type = "bind", source = program, destination = "/box/program" } },
  limits = { memory = "64M", pids = 8 },
  timeout = "2s",
  stdin = read(input), stdout = "pipe", stderr = "null",
})
local output = box.stdout:read("a")
local status = assert(box:wait())

print(status.timed_out and "time limit exceeded"
  or status.oom and "memory limit exceeded"
  or status.code ~= 0 and "runtime error"
  or output ~= read(expected) and "wrong answer"
  or "accepted")
