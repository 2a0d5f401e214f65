/* life.cpp: the library from C++: in the background and back, readiness, signals, ends; what goes wrong says why. */
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <lunward.h>
#include <memory>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

extern "C" char **environ;

struct Closer {
	void operator()(lw_sandbox *s) const { lw_sandbox_close(s); }
	void operator()(lw_spec *s) const { lw_spec_free(s); }
	void operator()(lw_plan *p) const { lw_plan_free(p); }
	void operator()(lw_host *h) const { lw_host_free(h); }
};
using Sandbox = std::unique_ptr<lw_sandbox, Closer>;
using Spec = std::unique_ptr<lw_spec, Closer>;

static lw_err err;
static std::unique_ptr<lw_host, Closer> host;

static void check(bool yes, const char *what)
{
	char line[1024];
	if (yes)
		return;
	std::printf("not true: %s (%s)\n", what, lw_err_format(&err, line, sizeof line));
	std::exit(1);
}

static Spec spec_of(const std::string &json)
{
	lw_spec *s = nullptr;
	check(lw_spec_from_json(json.data(), json.size(), "test", &s, &err) == 0, "a spec of JSON");
	return Spec(s);
}

static Sandbox started(const std::string &json, bool bound, unsigned flags = 0)
{
	lw_sandbox *s = nullptr;
	lw_launch_options o = {};
	o.flags = flags;
	check((bound ? lw_launch : lw_start)(host.get(), spec_of(json).get(), &o, &s, &err) == 0, "a start");
	return Sandbox(s);
}

static void background()
{
	lw_status status = {};
	lw_sandbox *again = nullptr;
	Sandbox box = started(R"({"name": "life", "command": ["/bin/sleep", "60"]})", false, LW_LAUNCH_REMOVE);
	check(lw_sandbox_wait_ready(box.get(), 5000000, &err) == 0, "ready");
	pid_t pid = lw_sandbox_pid(box.get());
	check(pid > 0 && kill(pid, 0) == 0, "its pid is a process");
	box.reset();
	check(kill(pid, 0) == 0, "it goes on without the handle");
	check(lw_sandbox_open(host.get(), "life", &again, &err) == 0, "opened by name");
	box.reset(again);
	check(lw_sandbox_pid(box.get()) == pid, "the same");
	check(lw_sandbox_wait(box.get(), 10000, &status, &err) == -ETIMEDOUT && err.cls == LW_ERR_TIMEOUT, "a timeout");
	check(lw_sandbox_step(box.get(), &err) == 0, "nothing new");
	check(lw_sandbox_stop(box.get(), 5000000, &err) == 0, "stop");
	check(lw_sandbox_wait(box.get(), -1, &status, &err) == 0, "its end");
	check(status.code == 128 + SIGTERM && status.signal == SIGTERM, "ended by the stop signal");
	check(lw_sandbox_signal(box.get(), SIGTERM, &err) == 0, "a signal to one that has ended is none");
	check(lw_sandbox_open(host.get(), "life", &again, &err) == -ENOENT, "nothing of it stayed");
}

static void bound()
{
	lw_status status = {};
	Sandbox box = started(R"({"name": "bound", "command": ["/bin/sleep", "60"]})", true);
	pid_t pid = lw_sandbox_pid(box.get());
	box.reset();
	check(kill(pid, 0) < 0 && errno == ESRCH, "it has ended with its handle");
	box = started(R"({"name": "bound", "command": ["/bin/sh", "-c", "trap 'exit 3' USR1; while :; do sleep 0.05; done"]})", true);
	usleep(200000);
	check(lw_sandbox_signal(box.get(), SIGUSR1, &err) == 0, "a signal");
	check(lw_sandbox_wait(box.get(), 10000000, &status, &err) == 0 && status.code == 3, "was handled");
	box = started(R"({"name": "bound", "command": ["/bin/sleep", "60"], "timeout": "100ms"})", true);
	check(lw_sandbox_wait(box.get(), 10000000, &status, &err) == 0 && status.timed_out && status.code == 124,
	      "the profile's timeout");
}

static void owner_dies()
{
	int report[2];
	pid_t pid = 0;
	check(pipe(report) == 0, "pipe");
	pid_t child = fork();
	if (child == 0) {
		Sandbox box = started(R"({"name": "orphan", "command": ["/bin/sleep", "60"]})", true);
		pid = lw_sandbox_pid(box.get());
		if (write(report[1], &pid, sizeof pid) == sizeof pid)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	check(read(report[0], &pid, sizeof pid) == sizeof pid, "its pid");
	waitpid(child, nullptr, 0);
	for (int i = 0; i < 500 && kill(pid, 0) == 0; i++)
		usleep(10000);
	check(kill(pid, 0) < 0, "it has ended with its owner");
}

static void refusals()
{
	lw_sandbox *s = nullptr;
	lw_spec *wrong = nullptr;
	lw_launch_options o = {};
	const char bad[] = R"({"command": ["/bin/true"], "limits": {"memroy": 1}})";
	check(lw_spec_from_json(bad, sizeof bad - 1, "bad", &wrong, &err) < 0 && !std::strcmp(err.path, "limits.memroy"),
	      "a wrong key is told");
	check(lw_launch(host.get(), spec_of(R"({"command": ["no-such-program"]})").get(), nullptr, &s, &err) < 0 &&
		      err.cls == LW_ERR_NOT_FOUND && !s,
	      "a command that is not there");
	o.flags = LW_LAUNCH_NO_WAIT;
	check(lw_launch(host.get(), spec_of(R"({"command": ["no-such-program"]})").get(), &o, &s, &err) == 0, "no wait");
	Sandbox box(s);
	pollfd p = { lw_sandbox_pollfd(s), POLLIN, 0 };
	check(poll(&p, 1, 10000) == 1, "an event");
	check(lw_sandbox_step(s, &err) < 0 && err.cls == LW_ERR_NOT_FOUND, "told later");
	check(lw_spec_from_profile(host.get(), "no-such-profile", nullptr, &wrong, &err) == -ENOENT, "no such profile");
}

static void texts()
{
	lw_plan *p = nullptr;
	char *text = nullptr;
	lw_profile_options o = {};
	const lw_param params[] = { { "code", "5" } };
	std::string printed;
	o.params = params;
	o.n_params = 1;
	o.overrides = R"({"name": "other"})";
	o.arg = &printed;
	o.print = [](void *arg, const char *t, size_t n) { static_cast<std::string *>(arg)->append(t, n); };
	lw_spec *s = nullptr;
	check(lw_spec_from_profile(host.get(), std::getenv("PROFILE"), &o, &s, &err) == 0, "a profile");
	Spec spec(s);
	check(!std::strcmp(lw_spec_name(s), "other"), "what goes over it");
	check(printed == "hello\n", "what it prints");
	check(lw_spec_json(s, &text, &err) == 0 && std::strstr(text, "exit 5"), "its JSON");
	std::free(text);
	check(lw_plan_build(s, host.get(), &p, &err) == 0, "a plan");
	std::unique_ptr<lw_plan, Closer> plan(p);
	check(lw_plan_json(p, &text, &err) == 0 && std::strstr(text, "\"ops\""), "its JSON, too");
	std::free(text);
	o.overrides = "{\"limits\": {\"pids\": \"many\"}}";
	check(lw_spec_from_profile(host.get(), std::getenv("PROFILE"), &o, &s, &err) < 0 &&
		      !std::strcmp(err.path, "limits.pids"),
	      "a wrong override");
}

int main()
{
	lw_host_options o = {};
	lw_host *h = nullptr;
	o.state = std::getenv("LUNWARD_STATE");
	o.cgroup_parent = std::getenv("LUNWARD_CGROUP_PARENT");
	o.environ_ = environ;
	check(lw_host_probe(&o, &h, &err) == 0, "a host");
	host.reset(h);
	texts();
	refusals();
	bound();
	background();
	owner_dies();
	std::printf("lunward %s\n", lw_version());
}
