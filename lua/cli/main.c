/* main.c: the table of verbs and the way into one of them. It must stay quick: no locale, no user database, no stdio,
 * nothing that gives this process a heap before the evaluator's child has been cloned from it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include "base/cleanup.h"
#include "lua/cli/cli.h"
#include "sys.h"

const struct cli_verb cli_verb_table[CLI_VERBS] = {
	[CLI_RUN] = {
		.name = "run",
		.synopsis = "[OPTIONS] [PROFILE] [-- COMMAND...]",
		.help = "run a command in a sandbox, in the foreground",
		.more = "PROFILE is a name, searched for in the profile directories, or a path; without one it is "
			"\"default\". COMMAND replaces the profile's command. The exit code is the command's own; 128+n "
			"when signal n ended it; 127 not found, 126 found but not runnable, 124 a timeout, 125 lunward "
			"itself failed and said why in one line.",
		.command = true,
		.run = cli_cmd_run,
	},
	[CLI_START] = {
		.name = "start",
		.synopsis = "[OPTIONS] [PROFILE...] [-- COMMAND...]",
		.help = "run a command in a sandbox, in the background",
		.more = "Prints the id once the command runs. The sandbox is called as its profile is, or by --name; one that "
			"has stopped under that name is replaced, one that runs is not. What it prints is kept for `logs`. "
			"Several profiles are started at once, but for those whose `service` says they come after, or "
			"require, another: these wait until that one is ready.",
		.command = true,
		.run = cli_cmd_start,
	},
	[CLI_EXEC] = {
		.name = "exec",
		.synopsis = "[OPTIONS] SANDBOX -- COMMAND...",
		.help = "run one more command in a running sandbox",
		.more = "With exactly the sandbox's capabilities, filter, labels, limits and ids. The exit code is the command's "
			"own. It ends with this program, however that ends, and with the sandbox; with -d this program goes "
			"on in the background, without the caller's streams.",
		.command = true,
		.run = cli_cmd_exec,
	},
	[CLI_SHELL] = {
		.name = "shell",
		.synopsis = "SANDBOX [-- SHELL...]",
		.help = "a shell with a terminal in a running sandbox",
		.command = true,
		.run = cli_cmd_exec,
	},
	[CLI_ATTACH] = {
		.name = "attach",
		.synopsis = "SANDBOX",
		.help = "connect to the terminal, or the output, of a sandbox in the background",
		.more = "What it prints from now on, and its standard input if it was started with -i or -t. Signals go to the "
			"command, the exit code is its own. At a terminal ^P ^Q leaves without ending anything.",
		.run = cli_cmd_attach,
	},
	[CLI_STOP] = {
		.name = "stop",
		.synopsis = "[-t DURATION] SANDBOX... | --all",
		.help = "the stop signal to the command, then the end of everything",
		.run = cli_cmd_life,
	},
	[CLI_KILL] = {
		.name = "kill",
		.synopsis = "[-s SIGNAL] SANDBOX... | --all",
		.help = "end everything inside at once, or send the command a signal",
		.run = cli_cmd_life,
	},
	[CLI_RESTART] = {
		.name = "restart",
		.synopsis = "[-t DURATION] SANDBOX... | --all",
		.help = "stop it if it runs, and start it as it was started, under the same id",
		.run = cli_cmd_life,
	},
	[CLI_PAUSE] = {
		.name = "pause",
		.synopsis = "SANDBOX... | --all",
		.help = "let everything inside stand still",
		.more = "By the cgroup's freezer, which nothing inside can see or undo; without a cgroup by SIGSTOP. A paused "
			"sandbox keeps its memory. `stop` and `kill` end it all the same; its timeout goes on.",
		.run = cli_cmd_life,
	},
	[CLI_RESUME] = {
		.name = "resume",
		.synopsis = "SANDBOX... | --all",
		.help = "let a paused sandbox go on",
		.run = cli_cmd_life,
	},
	[CLI_WAIT] = {
		.name = "wait",
		.synopsis = "[--ready] [--timeout DURATION] SANDBOX",
		.help = "wait for the end, exits as the command did; or until it is ready",
		.more = "With --ready: 0 when it is, by what `service.ready` of its profile says; 1 when it will not be, since it "
			"has ended or failed; 124 when --timeout ran out.",
		.run = cli_cmd_wait,
	},
	[CLI_UPDATE] = {
		.name = "update",
		.synopsis = "[LIMITS] SANDBOX [NAME=VALUE...]",
		.help = "change limits, now and from the next start on",
		.more = "By option, or by the name that a profile's `limits` has (memory, swap, memory_high, memory_low, cpus, "
			"cpu_weight, cpuset, pids, io, oom_group) or the kernel's (memory.max): memory=64M cpus=0.5 "
			"io=/dev/sda:rbps=10M. All of them, or, when one is refused, none.",
		.run = cli_cmd_update,
	},
	[CLI_MOUNT] = {
		.name = "mount",
		.synopsis = "SANDBOX SRC[:DST[:OPTIONS]]...",
		.help = "show a host path in a running sandbox",
		.more = "Read-only unless rw is among the options; nosuid and nodev. DST may go through no symbolic link, and is "
			"made where it is missing. `inspect` shows it, and a restart has it, too.",
		.run = cli_cmd_mount,
	},
	[CLI_UNMOUNT] = {
		.name = "unmount",
		.synopsis = "SANDBOX DST...",
		.help = "take such a path, or a bind of the profile's, away again",
		.more = "What is open in there stays open; the mount ends with it.",
		.run = cli_cmd_mount,
	},
	[CLI_CP] = {
		.name = "cp",
		.synopsis = "[OPTIONS] SANDBOX:PATH PATH | PATH SANDBOX:PATH",
		.help = "copy files out of, or into, a running sandbox",
		.more = "Directories with all that is in them; a path that ends in /. stands for what is in it. Into a directory "
			"when the second path is one, else under that name. Links are copied, not followed; set-id bits, "
			"owners, devices and sockets are not. What is copied in belongs to root inside.",
		.run = cli_cmd_cp,
	},
	[CLI_RM] = {
		.name = "rm",
		.synopsis = "[-f] SANDBOX... | --all",
		.help = "remove what is known of a stopped sandbox",
		.run = cli_cmd_life,
	},
	[CLI_GC] = {
		.name = "gc",
		.synopsis = "[OPTIONS]",
		.help = "remove what killed supervisors have left",
		.run = cli_cmd_gc,
	},
	[CLI_PS] = {
		.name = "ps",
		.synopsis = "[-a] [-q] [--filter KEY=VALUE]",
		.help = "list detached sandboxes",
		.run = cli_cmd_ps,
	},
	[CLI_STATUS] = {
		.name = "status",
		.synopsis = "SANDBOX",
		.help = "whether it runs; exits 0 if so, 1 unhealthy, 3 stopped, 4 no such sandbox",
		.run = cli_cmd_status,
	},
	[CLI_INSPECT] = {
		.name = "inspect",
		.synopsis = "[-f PATH] SANDBOX",
		.help = "all about a detached sandbox, as JSON; or one value of it",
		.run = cli_cmd_inspect,
	},
	[CLI_STATS] = {
		.name = "stats",
		.synopsis = "[--no-stream] [SANDBOX...]",
		.help = "what they use: tasks, processes, processor time, memory, devices, network, pressure",
		.more = "Without SANDBOX, all that run. On a terminal, and as jsonl, once a second until ^C or their end; else "
			"once, as with --no-stream. One SANDBOX is an object, several are a list. What this machine does not "
			"tell is null. --format prometheus is for its collectors.",
		.run = cli_cmd_stats,
	},
	[CLI_TOP] = {
		.name = "top",
		.synopsis = "[--no-stream] [SANDBOX...]",
		.help = "the same live, with the last seconds as bars; q leaves",
		.run = cli_cmd_stats,
	},
	[CLI_TREE] = {
		.name = "tree",
		.synopsis = "[SANDBOX...]",
		.help = "sandboxes with their processes, by who came of whom",
		.more = "Without SANDBOX, all that run. Names are the processes' own choice: what is no letter is shown as ?.",
		.run = cli_cmd_tree,
	},
	[CLI_LOGS] = {
		.name = "logs",
		.synopsis = "[-f] [-t] [-n LINES] [--since TIME] [--until TIME] SANDBOX",
		.help = "what it has printed",
		.more = "Each stream to its own. -f goes on over restarts until it has ended for good, or ^C. On a terminal, "
			"characters that would act on it are spelt out, \\x1b; elsewhere they are as they were printed.",
		.run = cli_cmd_logs,
	},
	[CLI_EVENTS] = {
		.name = "events",
		.synopsis = "[-f] [--since TIME] [--until TIME] [SANDBOX]",
		.help = "who did what, and what became of sandboxes",
		.more = "Each act (run, stop, rm ...), allowed or refused, with who it was; each start, end, denial. JSON is one "
			"object a line. With -f, until ^C.",
		.run = cli_cmd_events,
	},
	[CLI_CHECK] = {
		.name = "check",
		.synopsis = "[OPTIONS] FILE...",
		.help = "look for mistakes in profiles; exits 1 when there are any",
		.run = cli_cmd_check,
	},
	[CLI_PLAN] = {
		.name = "plan",
		.synopsis = "[OPTIONS] [PROFILE] [-- COMMAND...]",
		.help = "print the operations that run would do, in order",
		.more = "The JSON form holds the spec; `lunward run --spec FILE` takes it.",
		.command = true,
		.run = cli_cmd_plan,
	},
	[CLI_EXPLAIN] = {
		.name = "explain",
		.synopsis = "[OPTIONS] [PROFILE] [-- COMMAND...]",
		.help = "say what a sandbox could read, write, reach and use",
		.more = "With --call it says what becomes of one system call: the first word is allow, log, errno NAME or "
			"kill; the exit code is 0 when the call is allowed, 1 otherwise.",
		.command = true,
		.run = cli_cmd_explain,
	},
	[CLI_DIFF] = {
		.name = "diff",
		.synopsis = "[OPTIONS] A B",
		.help = "say what B allows that A does not, and what no longer; exits 2 when they differ",
		.more = "A and B are profiles, or files of JSON as `plan --format json` prints. + is what only B allows, - what "
			"only A allows, ~ what is not the same without being more or less. System calls are worked out from "
			"both compiled filters, arguments among them; the rest from both plans, for a machine that can enforce "
			"all of it. With --set, parameters are given to both.",
		.run = cli_cmd_diff,
	},
	[CLI_CHOWN] = {
		.name = "chown",
		.synopsis = "[OPTIONS] PROFILE DIR... | --profile PROFILE DIR...",
		.help = "give files to the ids of a sandbox; twice is once",
		.more = "Every owner is shifted by the profile's `ids`: what belongs to uid 0 then belongs to whom root inside "
			"is outside. What is there already stays, so what was interrupted is finished by saying it again. "
			"With --user everything becomes that user's instead. Links are not followed, other mounts not "
			"entered, ACLs and file capabilities kept. Left alone: device nodes, owners that the ids do not map, "
			"files with other names outside of DIR; the last two make the exit code 1.",
		.run = cli_cmd_chown,
	},
	[CLI_EXPORT] = {
		.name = "export",
		.synopsis = "--format FORMAT [OPTIONS] [PROFILE]",
		.help = "print a part of a profile in the words of other tools",
		.more = "With --format seccomp: the system call policy, for the sandbox's capabilities, as the JSON that "
			"Docker and OCI runtimes read; --seccomp FILE and seccomp.load take it back. With --format apparmor: an "
			"AppArmor profile that allows what the sandbox may do, for apparmor_parser; its name is the one in "
			"`apparmor`, else \"lunward-NAME\".",
		.run = cli_cmd_export,
	},
	[CLI_GENERATE] = {
		.name = "generate",
		.synopsis = "systemd [OPTIONS] PROFILE",
		.help = "print a systemd unit that runs a profile",
		.more = "The unit runs `lunward run` in the foreground with Type=notify and Delegate=yes: systemd hears when the "
			"sandbox is ready and keeps it, by what the profile's `service` says. Put it into "
			"/etc/systemd/system/NAME.service. What --set gives is written into it. For profiles that are found by "
			"name there is a template too: systemctl start lunward@NAME.",
		.run = cli_cmd_generate,
	},
	[CLI_CHANGES] = {
		.name = "changes",
		.synopsis = "[OPTIONS] PROFILE|SANDBOX [PATH...]",
		.help = "list what the overlays of a profile caught: added, changed, deleted",
		.more = "Only overlays with an upper directory keep what they catch. PATH is as the sandbox sees it; what "
			"lies below it counts.",
		.run = cli_cmd_changes,
	},
	[CLI_COMMIT] = {
		.name = "commit",
		.synopsis = "[OPTIONS] PROFILE|SANDBOX [PATH...]",
		.help = "apply what overlays caught to the directories they lie over",
		.more = "Without PATH, everything. Each file is replaced at once. Set-id bits are not kept; devices and "
			"sockets stay where they are.",
		.run = cli_cmd_changes,
	},
	[CLI_DISCARD] = {
		.name = "discard",
		.synopsis = "[OPTIONS] PROFILE|SANDBOX [PATH...]",
		.help = "drop what overlays caught",
		.more = "Without PATH, everything.",
		.run = cli_cmd_changes,
	},
	[CLI_NETWORK] = {
		.name = "network",
		.synopsis = "ls | create NAME | inspect NAME | rm NAME...",
		.help = "the networks that sandboxes are on, by name",
		.more = "A network is a bridge with subnets. It is made when the first sandbox needs it and goes with the last; "
			"one that `create` made stays until `rm`, which refuses while a sandbox is on it.",
		.run = cli_cmd_network,
	},
	[CLI_GRAPH] = {
		.name = "graph",
		.synopsis = "--net [--format text|dot|json]",
		.help = "a picture of networks, and of the sandboxes in the background on them",
		.more = "The dot form is for dot(1).",
		.run = cli_cmd_graph,
	},
	[CLI_DOCTOR] = {
		.name = "doctor",
		.synopsis = "[OPTIONS]",
		.help = "what this machine offers, what is missing, and the cure",
		.run = cli_cmd_doctor,
	},
	[CLI_PROFILE] = {
		.name = "profile",
		.synopsis = "list | show NAME | keys [KEY]",
		.help = "the profiles that can be found by name, and the keys a profile may have",
		.run = cli_cmd_profile,
	},
	[CLI_SCRIPT] = {
		.name = "lua",
		.synopsis = "SCRIPT [ARGUMENT...]",
		.help = "run a Lua script that has the module: require \"lunward\"",
		.more = "The script is a program of yours, not a profile: it may do what you may. `#!/usr/bin/env -S lunward lua` "
			"makes a file one; `arg` holds its arguments, and - stands for standard input. See lunward-lua(3).",
		.script = true,
		.run = cli_cmd_lua,
	},
	[CLI_HELP] = {
		.name = "help",
		.synopsis = "[VERB]",
		.help = "this text, or a verb's",
		.run = cli_cmd_help,
	},
	[CLI_VERSION] = {
		.name = "version",
		.synopsis = "[--features]",
		.help = "the version, and what it was built with",
		.run = cli_cmd_version,
	},
};

/* Rights of the file's owner on top of the caller's: everything here acts for the caller and trusts what the caller
 * says, so whoever may run such a file would have them all (CVE-2020-5291, CVE-2021-26910). */
static int refuse_lent_rights(struct lw_err *err)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2] = { 0 };
	bool lent = getauxval(AT_EUID) != getauxval(AT_UID) || getauxval(AT_EGID) != getauxval(AT_GID);
	/* A file's capabilities; those that a caller hands on are ambient, and no secret from anybody. */
	if (!lent && getauxval(AT_UID) != 0 && getauxval(AT_SECURE))
		lent = SYS(capget, &header, caps) < 0 || caps[0].permitted || caps[1].permitted;
	if (!lent)
		return 0;
	lw_fail(err, -EPERM,
		"this program's file lends rights (set-user-ID, set-group-ID or capabilities), which it must not");
	lw_err_hint(err, "chmod ug-s FILE; setcap -r FILE: nothing here needs them");
	return -EPERM;
}

/* What a caller may have left in a state that we must not pass on or trip over: a closed standard descriptor, whose
 * number the next file of ours would get and the sandbox inherit; SIGCHLD ignored, with which nobody can be waited for.
 */
static int tidy(struct lw_err *err)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return lw_fail(err, -errno, "/dev/null: %s", strerror(errno));
	signal(SIGCHLD, SIG_DFL);
	return refuse_lent_rights(err);
}

static bool format_fits(const struct cli *c)
{
	static const int of[] = { [CLI_SECCOMP] = CLI_EXPORT,
				  [CLI_APPARMOR] = CLI_EXPORT,
				  [CLI_PROMETHEUS] = CLI_STATS,
				  [CLI_DOT] = CLI_GRAPH };
	return c->format <= CLI_LUA || c->verb == &cli_verb_table[of[c->format]];
}

int main(int argc, char **argv)
{
	struct cli c = { 0 };
	struct lw_err err = { 0 };
	int r = tidy(&err);
	if (r >= 0)
		r = cli_parse(&c, argc, argv, &err);
	if (r < 0)
		r = cli_fail(&err);
	else if (c.help)
		r = cli_cmd_help(&c);
	else if (c.version)
		r = cli_cmd_version(&c);
	else if (!c.verb) {
		lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "no verb given");
		lw_err_hint(&err, "`lunward help` lists them; try `lunward run -- COMMAND`");
		r = cli_fail(&err);
	} else if (c.has_command && !c.verb->command) {
		lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "%s takes no command after --", c.verb->name);
		r = cli_fail(&err);
	} else if (!format_fits(&c)) {
		lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "--format: %s prints text, json, jsonl or lua", c.verb->name);
		r = cli_fail(&err);
	} else {
		r = c.verb->run(&c);
	}
	cli_done(&c);
	return r;
}
