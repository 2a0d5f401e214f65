-- test_spec.lua: load, check, plan, spec handles, options; what is said of what is wrong.
local T = require "support"
local lw, lu = T.lw, T.lu

TestSpec = {}

function TestSpec:setUp()
  self.profile = T.write("web.lua", [[
    local code = param("code", 7)
    return sandbox { command = { "/bin/sh", "-c", "exit " .. code }, limits = { pids = 20 } }]])
end

function TestSpec:testLoad()
  local spec = assert(lw.load(self.profile, { set = { code = 3 } }))
  lu.assertEquals(spec.name, "web")
  lu.assertEquals(spec:table().command[3], "exit 3")
  lu.assertStrContains(spec:json(), '"exit 3"')
  lu.assertEquals(tostring(spec), "spec of web")
end

function TestSpec:testOverrides()
  local spec = assert(lw.load(self.profile, { name = "other", limits = { memory = "64M" } }))
  lu.assertEquals(spec:table().limits, { memory = 64 << 20, pids = 20 })
  local again = assert(lw.load(spec, { limits = { pids = 5 } }))
  lu.assertEquals(again:table().limits.pids, 5)
  lu.assertEquals(spec:table().limits.pids, 20)
  local child = assert(lw.load { inherits = self.profile, set = { code = 9 }, limits = { pids = 6 } })
  lu.assertEquals(child:table().command[3], "exit 9")
  lu.assertEquals(child:table().limits.pids, 6)
end

function TestSpec:testTables()
  local spec = assert(lw.load { command = { "/bin/true", 3, 4.0, false }, env = { A = "b" } })
  lu.assertEquals(spec:table().command, { "/bin/true", "3", "4" })
  lu.assertEquals(spec:table().env, { A = "b" })
  lu.assertNotNil(lw.load {})
end

function TestSpec:testCheck()
  lu.assertEquals(lw.check(self.profile), true)
  local ok, err = lw.check { comand = { "x" } }
  lu.assertNil(ok)
  lu.assertEquals({ err.code, err.step, err.kind }, { "EINVAL", "comand", "policy" })
  lu.assertStrContains(tostring(err), 'did you mean "command"')
  lu.assertStrContains("so: " .. err, "so: comand")
end

function TestSpec:testErrorsHavePlaces()
  local file = T.write("wrong.lua", "return sandbox {\n  limits = { memroy = 1 },\n}\n")
  local spec, err = lw.load(file)
  lu.assertNil(spec)
  lu.assertEquals({ err.file, err.line, err.step }, { file, 2, "limits.memroy" })
  local _, missing = lw.load("no-such-profile")
  lu.assertEquals({ missing.code, missing.errno }, { "ENOENT", 2 })
end

function TestSpec:testPlan()
  local plan = assert(lw.plan(self.profile))
  lu.assertEquals(plan.schema_version, 1)
  lu.assertEquals(plan.spec.name, "web")
  lu.assertIsTrue(#plan.ops > 10)
end

function TestSpec:testMisuse()
  lu.assertErrorMsgContains("command[1]: a function is nothing", lw.load, { command = { print } })
  lu.assertErrorMsgContains("a hole (nil)", lw.load, { command = { "a", nil, "b" } })
  lu.assertErrorMsgContains("list items among named keys", lw.load, { "a", name = "b" })
  lu.assertErrorMsgContains("text that is not UTF-8", lw.load, { name = "\xff" })
  lu.assertErrorMsgContains("a number that is not finite", lw.load, { nice = 1 / 0 })
  lu.assertErrorMsgContains("contains itself", function() local t = {}; t.env = t; lw.load(t) end)
  lu.assertErrorMsgContains("set:", lw.load, self.profile, { set = 3 })
  lu.assertErrorMsgContains("in the first table already", lw.load, {}, { name = "x" })
  lu.assertErrorMsgContains("inherits: one profile", lw.load, { inherits = { "a", "b" } })
  lu.assertErrorMsgContains("test_spec.lua:", function() lw.load(print) end)
end

function TestSpec:testOptions()
  lu.assertErrorMsgContains("unknown option 'stat'", lw.options, { stat = "x" })
  lu.assertErrorMsgContains("state: a path", lw.options, { state = 3 })
  lw.options { state = "/proc/1" }
  local spec, err = lw.load(self.profile)
  lu.assertNil(spec)
  lu.assertStrContains(tostring(err), "/proc/1")
  lw.options { state = T.work .. "/state", profiles = T.work }
  lu.assertNotNil(lw.load("web"))
  lw.options { profiles = false }
  lu.assertNil(lw.load("web"))
end

function TestSpec:testVersion()
  lu.assertStrMatches(lw.version, "%d+%.%d+%.%d+")
end

T.finish()
