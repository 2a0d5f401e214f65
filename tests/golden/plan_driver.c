/* plan_driver.c: the plan of a profile for a machine made up here, so that golden plans are the same everywhere.
 *
 *   plan_driver [--host NAME] [--profiles DIR] [--set NAME=VALUE]... PROFILE
 *
 * Prints lw_plan_to_text and exits 0, or the error a user would read and exits 1; the current directory is left out of
 * both. Looks at the profile and at host_table, never at this machine, and starts nothing but the evaluation itself. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/text.h"
#include "lua/eval.h"
#include "plan.h"
#include "schema.h"

enum { PARAMS_MAX = 16 };
static const int64_t GIB = INT64_C(1) << 30;
#define CAPS_ALL ((UINT64_C(1) << 41) - 1)
#define ROOT_HOST .user = "root", .home = "/root", .cwd = "/srv", .caps_effective = CAPS_ALL, .privileged = true
#define USER_HOST .uid = 1000, .gid = 1000, .user = "ada", .home = "/home/ada", .cwd = "/home/ada"
#define ANY_HOST                                                                                                       \
	.caps_bounding = CAPS_ALL, .cap_last = 40, .kernel_major = 6, .kernel_minor = 1, .kernel = "6.1.0",            \
	.arch = "x86_64", .cpus = 4, .landlock_abi = 2, .state_dir = "/run/lunward", .state_fd = -1,                   \
	.has_newuidmap = true
#define NO_DELEGATION "no cgroup is delegated to this user; run under: systemd-run --user --scope -p Delegate=yes"

#define NOT_HANDED_ON(name) "the " name " controller is not available here; delegate it: Delegate=" name

static struct lw_range other_ranges[] = { { 100000, 65536 }, { 524288, 65536 } };
static struct lw_range own_range[] = { { 100000, 65536 } };

static struct {
	const char *name;
	struct lw_host host;
} host_table[] = {
	{ "root-v1",
	  { ROOT_HOST, ANY_HOST, .n_reserved = 2, .reserved = other_ranges, .swap_accounting = true,
	    .cgroup = { .version = 1,
			.memsw = true,
			.parent = { [LW_CTL_PIDS] = "/sys/fs/cgroup/pids/lunward",
				    [LW_CTL_MEMORY] = "/sys/fs/cgroup/memory/lunward",
				    [LW_CTL_CPU] = "/sys/fs/cgroup/cpu/lunward",
				    [LW_CTL_DEVICES] = "/sys/fs/cgroup/devices/lunward",
				    [LW_CTL_FREEZER] = "/sys/fs/cgroup/freezer/lunward",
				    [LW_CTL_CPUSET] = "/sys/fs/cgroup/cpuset/lunward",
				    [LW_CTL_IO] = "/sys/fs/cgroup/blkio/lunward" },
			.parent_create = { true, true, true, true, true, true, true } } } },
	{ "root-v2",
	  { ROOT_HOST, ANY_HOST, .n_reserved = 2, .reserved = other_ranges, .swap_accounting = true,
	    .cgroup = { .version = 2,
			.parent = { [LW_CTL_PIDS] = "/sys/fs/cgroup/lunward",
				    [LW_CTL_MEMORY] = "/sys/fs/cgroup/lunward",
				    [LW_CTL_CPU] = "/sys/fs/cgroup/lunward",
				    [LW_CTL_CPUSET] = "/sys/fs/cgroup/lunward",
				    [LW_CTL_IO] = "/sys/fs/cgroup/lunward",
				    [LW_CTL_DEVICES] = "/sys/fs/cgroup/lunward" },
			.parent_create = { true, true, true, true, false, true, true },
			.why = { [LW_CTL_FREEZER] = "cgroup v2 freezes without a controller" } } } },
	{ "root-lsm", /* a newer kernel that runs every security module */
	  { ROOT_HOST, .caps_bounding = CAPS_ALL, .cap_last = 40, .kernel_major = 6, .kernel_minor = 12,
	    .kernel = "6.12.0", .arch = "x86_64", .cpus = 4, .state_dir = "/run/lunward", .state_fd = -1,
	    .landlock_abi = 6, .apparmor = true, .selinux = LW_SELINUX_ENFORCING } },
	{ "user-subids",
	  { USER_HOST, ANY_HOST, .n_subuid = 1, .subuid = own_range, .n_subgid = 1, .subgid = own_range,
	    .cgroup = { .version = 2,
			.own_leaf = true,
			.parent = { [LW_CTL_PIDS] = "/sys/fs/cgroup/user.slice/ada.scope",
				    [LW_CTL_MEMORY] = "/sys/fs/cgroup/user.slice/ada.scope",
				    [LW_CTL_CPU] = "/sys/fs/cgroup/user.slice/ada.scope" },
			.why = { [LW_CTL_CPUSET] = NOT_HANDED_ON("cpuset"),
				 [LW_CTL_IO] = NOT_HANDED_ON("io"),
				 [LW_CTL_DEVICES] = "it takes a program that only root may load; run as root" } } } },
	{ "user",
	  { USER_HOST, ANY_HOST,
	    .cgroup = { .why = { NO_DELEGATION, NO_DELEGATION, NO_DELEGATION, NO_DELEGATION, NO_DELEGATION,
				 NO_DELEGATION, NO_DELEGATION } } } },
};

static struct lw_host *host_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(host_table); i++) {
		struct lw_host *h = &host_table[i].host;
		if (strcmp(host_table[i].name, name) != 0)
			continue;
		h->memory_bytes = 8 * GIB;
		for (size_t r = 0; r < ARRAY_LEN(h->rlimits); r++)
			h->rlimits[r] = (struct rlimit){ 1 << 20, 1 << 20 };
		return h;
	}
	return NULL;
}

/* As lw_image_prepare would leave it, without a file to look at. */
static void stand_in_image(struct lw_root *root)
{
	if (!root->image)
		return;
	if (strstr(root->image, ".squashfs")) {
		root->image_fs = "squashfs";
		root->path = root->image;
	} else {
		root->image_tree = true;
		root->path =
			"/run/lunward/images/0000000000000000000000000000000000000000000000000000000000000000/rootfs";
	}
}

static int plan_text(const struct lw_eval_options *o, struct lw_text *ret, struct lw_err *err)
{
	struct lw_eval_result result = { 0 };
	struct lw_spec *spec = NULL;
	struct lw_plan *plan = NULL;
	int r = lw_eval_profile(o, &result, err);
	if (r >= 0)
		r = lw_spec_decode(result.raw, &spec, err);
	if (r >= 0)
		r = lw_spec_check(spec, err);
	if (r >= 0)
		stand_in_image(&spec->root);
	if (r >= 0)
		r = lw_plan_build(spec, o->host, &plan, err);
	if (r >= 0)
		r = lw_plan_to_text(plan, ret);
	lw_plan_free(plan);
	lw_spec_free(spec);
	lw_eval_result_done(&result);
	return r;
}

/* Without any occurrence of "DIR/". */
static void print_without(const char *text, const char *dir)
{
	size_t n = strlen(dir);
	for (const char *p = text; *p;) {
		if (strncmp(p, dir, n) == 0 && p[n] == '/')
			p += n + 1;
		else
			putchar(*p++);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "host", required_argument, NULL, 'h' },
		{ "profiles", required_argument, NULL, 'p' },
		{ "set", required_argument, NULL, 's' },
		{ 0 },
	};
	struct lw_param params[PARAMS_MAX];
	struct lw_eval_options o = { .params = params, .host = host_named("root-v1") };
	for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		char *equals = opt == 's' ? strchr(optarg, '=') : NULL;
		if (opt == 'h')
			o.host = host_named(optarg);
		else if (opt == 'p')
			o.profile_dir = optarg;
		else if (equals && o.n_params < PARAMS_MAX) {
			*equals = '\0';
			params[o.n_params++] = (struct lw_param){ optarg, equals + 1 };
		} else
			return 2;
	}
	_cleanup_free_ char *dir = get_current_dir_name();
	if (!o.host || optind + 1 != argc || !dir) {
		fprintf(stderr, "usage: %s [--host NAME] [--profiles DIR] [--set NAME=VALUE]... PROFILE\n", argv[0]);
		return 2;
	}
	o.profile = argv[optind];

	_cleanup_(lw_text_done_p) struct lw_text text = { 0 };
	struct lw_err err = { 0 };
	if (plan_text(&o, &text, &err) < 0) {
		char line[1024];
		if (err.file[0] && err.path[0])
			lw_eval_locate_key(&err);
		lw_err_format(&err, line, sizeof(line));
		print_without(line, dir);
		putchar('\n');
		return 1;
	}
	print_without(text.buf ? text.buf : "", dir);
	return 0;
}
