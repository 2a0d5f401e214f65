#!/usr/bin/env -S lunward lua
-- supervisor.lua PROFILE...: keeps several sandboxes running, each started again when it fails, with a growing pause;
-- ends when none is left that should run. Everything ends with this script.
local lw = require "lunward"

local services = {}
for _, profile in ipairs(arg) do
  services[#services + 1] = { profile = profile, pause = 0.1, failures = 0 }
end

local function start(s)
  local box, err = lw.run(s.profile, { stdin = "null" })
  if not box then return print(s.profile, err) end
  s.box, services[box] = box, s
  print(box.name, "started")
end

local function ended(s)
  local status = assert(s.box:wait())
  print(s.box.name, "ended", status.code)
  services[s.box], s.box = nil, s.box:close() and nil
  if status.code == 0 or s.failures == 3 then return end
  s.failures, s.pause = s.failures + 1, math.min(s.pause * 2, 10)
  lw.sleep(s.pause)
  start(s)
end

for _, s in ipairs(services) do start(s) end
while true do
  local boxes = {}
  for _, s in ipairs(services) do boxes[#boxes + 1] = s.box end
  if #boxes == 0 then break end
  for _, event in ipairs(lw.poll(boxes)) do
    if event[2] == "ended" then ended(services[event[1]]) end
  end
end
