-- test_sandbox.lua: run, start, open, list; the handle: wait, wait_ready, signal, kill, stop, close, step, fd; poll, sleep.
local T = require "support"
local lw, lu = T.lw, T.lu

TestSandbox = {}

local function sleeper(more)
  local t = { command = { "/bin/sleep", "60" }, stdin = "null" }
  for k, v in pairs(more or {}) do t[k] = v end
  return t
end
local function lives(pid)
  local file = io.open("/proc/" .. pid .. "/stat")
  if file then file:close() end
  return file ~= nil
end

function TestSandbox:testRun()
  local out, status = T.sh("echo out; exit 3")
  lu.assertEquals(out, "out\n")
  lu.assertEquals(status.code, 3)
  lu.assertNil(status.signal)
  lu.assertIsFalse(status.timed_out)
  lu.assertIsFalse(status.oom)
  lu.assertIsTrue(status.wall_seconds > 0)
  lu.assertIsNumber(status.cpu_seconds)
  lu.assertIsTrue(status.memory_peak_bytes > 0)
  lu.assertEquals(status.denials, {})
end

function TestSandbox:testFields()
  local box <close> = assert(lw.run(sleeper { name = "fields" }))
  lu.assertEquals(box.name, "fields")
  lu.assertStrMatches(box.id, "%x+")
  lu.assertEquals(#box.id, 64)
  lu.assertIsTrue(lives(box.pid))
  lu.assertNil(box.stdin)
  lu.assertIsNumber(box:fd())
  lu.assertEquals(tostring(box), "sandbox fields")
end

function TestSandbox:testEndsWithItsHandle()
  local pid
  do
    local box <close> = assert(lw.run(sleeper()))
    pid = box.pid
  end
  lu.assertIsFalse(lives(pid))
  local box = assert(lw.run(sleeper()))
  pid, box = box.pid, nil
  collectgarbage()
  collectgarbage()
  lu.assertIsFalse(lives(pid))
end

function TestSandbox:testClosed()
  local box = assert(lw.run(sleeper()))
  lu.assertIsTrue(box:close())
  lu.assertIsTrue(box:close())
  lu.assertEquals(tostring(box), "sandbox (closed)")
  lu.assertErrorMsgContains("attempt to use a closed sandbox", function() box:wait() end)
  lu.assertErrorMsgContains("attempt to use a closed sandbox", function() return box.pid end)
  lu.assertErrorMsgContains("attempt to use a closed sandbox", lw.poll, { box })
end

function TestSandbox:testSignals()
  local box <close> = assert(lw.run { command = { "/bin/sh", "-c", "trap 'exit 4' USR1; echo; while :; do sleep 0.05; done" }, stdout = "pipe" })
  box.stdout:read("l")
  lu.assertIsTrue(box:signal("USR1"))
  lu.assertEquals(box:wait("10s").code, 4)
  lu.assertIsTrue(box:signal(15))
  lu.assertErrorMsgContains("unknown signal 'FOO'", box.signal, box, "FOO")
  lu.assertErrorMsgContains("which signal?", box.signal, box)
  lu.assertErrorMsgContains("no signal has this number", box.signal, box, 99)
  local other <close> = assert(lw.run(sleeper()))
  lu.assertIsTrue(other:kill())
  lu.assertEquals(other:wait("10s").signal, 9)
end

function TestSandbox:testStop()
  local box <close> = assert(lw.run(sleeper()))
  lu.assertIsTrue(box:stop("5s"))
  local status = box:wait("10s")
  lu.assertEquals({ status.code, status.signal }, { 143, 15 })
  lu.assertNil(box.pid)
  lu.assertIsTrue(box:stop())
end

function TestSandbox:testTimeouts()
  local box <close> = assert(lw.run(sleeper { timeout = "200ms" }))
  local status, err = box:wait(0.01)
  lu.assertNil(status)
  lu.assertEquals({ err.code, err.kind }, { "ETIMEDOUT", "timeout" })
  status = box:wait("10s")
  lu.assertIsTrue(status.timed_out)
  lu.assertErrorMsgContains("not a duration", box.wait, box, "soon")
  lu.assertErrorMsgContains("not negative", box.wait, box, -1)
end

function TestSandbox:testNotThere()
  local box, err = lw.run { command = { "no-such-program" } }
  lu.assertNil(box)
  lu.assertEquals(err.kind, "not found")
  box, err = lw.open("nobody")
  lu.assertNil(box)
  lu.assertEquals(err.code, "ENOENT")
end

function TestSandbox:testBackground()
  local box = assert(lw.start(sleeper { name = "bg", remove = true }))
  lu.assertIsTrue(box:wait_ready("10s"))
  local pid = box.pid
  box:close()
  lu.assertIsTrue(lives(pid))
  local found
  for _, s in ipairs(lw.list()) do found = s.name == "bg" and s or found end
  lu.assertEquals({ found.state, found.pid, #found.id }, { "running", pid, 64 })
  local again <close> = assert(lw.open("bg"))
  lu.assertEquals(again.pid, pid)
  lu.assertIsTrue(again:wait_ready())
  local _, err = lw.start(sleeper { name = "bg" })
  lu.assertEquals(err.code, "EEXIST")
  lu.assertIsTrue(again:stop())
  lu.assertEquals(again:wait("10s").signal, 15)
  lu.assertEquals(lw.list(), {})
end

function TestSandbox:testReadyNever()
  local box <close> = assert(lw.run { command = { "/bin/true" }, service = { ready = { file = "/run/never" } } })
  local ok, err = box:wait_ready("10s")
  lu.assertNil(ok)
  lu.assertEquals(err.code, "ESRCH")
end

function TestSandbox:testPauseAndStats()
  local box <close> = assert(lw.run { command = { "/bin/sh", "-c", "while :; do echo x; done" }, stdout = "pipe" })
  lu.assertIsTrue(box:pause())
  lu.assertEquals(box:inspect().state, "paused")
  lu.assertIsTrue(box:resume())
  local all = box:inspect()
  lu.assertEquals({ all.state, all.name, all.pid }, { "running", box.name, box.pid })
  lu.assertIsTrue(box:stats().processes >= 1)
  lu.assertIsTrue(box:stats().cpu_seconds >= 0)
  box:kill()
  box:wait("10s")
  local stats, err = box:stats()
  lu.assertNil(stats)
  lu.assertEquals(err.code, "ESRCH")
  lu.assertNil((box:pause()))
  lu.assertNil((box:inspect()))
end

function TestSandbox:testUpdateAndRemove()
  local box <close> = assert(lw.start(sleeper { name = "updated" }))
  local ok, err = box:update { limits = { pids = 9 } }
  if ok then
    lu.assertEquals(box:inspect().limits.pids, 9)
  else
    lu.assertStrContains(tostring(err), "pids")
  end
  lu.assertNil((box:update { limits = { pidz = 9 } }))
  lu.assertErrorMsgContains("table expected", box.update, box, 3)
  local removed, busy = box:remove()
  lu.assertNil(removed)
  lu.assertEquals(busy.code, "EBUSY")
  box:kill()
  box:wait("10s")
  lu.assertIsTrue(box:remove())
  lu.assertEquals(lw.list(), {})
end

function TestSandbox:testStep()
  local box <close> = assert(lw.run { command = { "/bin/true" } })
  local seen = {}
  while not seen.ended do
    for _, name in ipairs { box:step() } do seen[name] = true end
    lw.sleep("5ms")
  end
  lu.assertIsTrue(seen.ready)
end

function TestSandbox:testPoll()
  local boxes, codes = {}, {}
  for i = 1, 3 do
    boxes[i] = assert(lw.run { command = { "/bin/sh", "-c", "sleep 0.0" .. i .. "; exit " .. i }, stdin = "null" })
  end
  local ended = 0
  while ended < 3 do
    local events = lw.poll(boxes, "10s")
    lu.assertIsTrue(#events > 0)
    for _, e in ipairs(events) do
      if e[2] == "ended" then
        ended = ended + 1
        codes[e[1]:wait().code] = true
      end
    end
  end
  lu.assertEquals(codes, { true, true, true })
  lu.assertEquals(lw.poll(boxes), {})
  lu.assertEquals(lw.poll({}, "1ms"), {})
  lu.assertErrorMsgContains("stream", lw.poll, { 3 })
  for _, box in ipairs(boxes) do box:close() end
end

function TestSandbox:testPollStreams()
  local box <close> = assert(lw.run { command = { "/bin/cat" }, stdin = "pipe", stdout = "pipe" })
  lu.assertEquals(lw.poll({ box.stdout }, "20ms"), {})
  lu.assertEquals(lw.poll({ box.stdin })[1], { box.stdin, "writable" })
  box.stdin:write("one\ntwo\n")
  lu.assertEquals(lw.poll({ box.stdout }, "10s"), { { box.stdout, "readable" } })
  lu.assertEquals(box.stdout:read("l"), "one")
  lu.assertEquals(lw.poll({ box.stdout }, "10s"), { { box.stdout, "readable" } })
  lu.assertEquals(box.stdout:read("l"), "two")
end

function TestSandbox:testSleep()
  local before = os.time()
  lu.assertIsTrue(lw.sleep("10ms"))
  lu.assertIsTrue(lw.sleep(0.01))
  lu.assertIsTrue(os.time() - before < 5)
  lu.assertErrorMsgContains("value expected", lw.sleep)
end

-- Nothing of the process changes: no children, no descriptors.
function TestSandbox:testProcessStaysAsItIs()
  collectgarbage()
  collectgarbage()
  local before = T.count("/proc/$PPID/fd")
  for _ = 1, 3 do T.sh("true") end
  collectgarbage()
  collectgarbage()
  lu.assertIsTrue(T.count("/proc/$PPID/fd") <= before)
end

T.finish()
