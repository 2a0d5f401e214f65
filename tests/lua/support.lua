-- support.lua: what the tests share: the module, luaunit, and a state directory that goes with the test program.
local ok, lu = pcall(require, "luaunit")
if not ok then
  io.stderr:write("skipped: no luaunit (lua-unit)\n")
  os.exit(77)
end
local lw = require "lunward"
local pipe = assert(io.popen("mktemp -d"))
local work = pipe:read("l")
pipe:close()
lw.options { state = work .. "/state" }

local T = { lu = lu, lw = lw, work = work }

function T.write(name, text)
  local file <close> = assert(io.open(work .. "/" .. name, "w"))
  file:write(text)
  return work .. "/" .. name
end

-- What a shell script prints and ends with, in a sandbox.
function T.sh(script, more)
  local options = { command = { "/bin/sh", "-c", script }, stdin = "null", stdout = "pipe", stderr = "pipe" }
  for k, v in pairs(more or {}) do options[k] = v end
  local box <close> = assert(lw.run(options))
  local out = box.stdout and box.stdout:read("a")
  return out, assert(box:wait("30s")), box.stderr and box.stderr:read("a")
end

function T.count(path)
  local n = 0
  local listing = assert(io.popen("ls " .. path))
  for _ in listing:lines() do n = n + 1 end
  listing:close()
  return n
end

function T.finish()
  local code = lu.LuaUnit.run()
  os.execute("rm -rf " .. work)
  os.exit(code, true)
end

return T
