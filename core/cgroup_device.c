/* cgroup_device.c: which devices a cgroup may use, out of a list of rules, one a line: "c 1:3 rwm", "c 136:* rw", or
 * "/dev/snd rwm" for the nodes that the path stands for (child_nodes.h), whose numbers are looked up here, at launch;
 * "/dev rwm" stands for every device. Version 1 is told rule by rule, version 2 gets a program (device_bpf.c).
 * Must not know specs and plans. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include "base/cleanup.h"
#include "cgroup.h"
#include "child_nodes.h"
#include "device_bpf.h"
#include "sys.h"

struct rules {
	size_t n, cap;
	struct lw_device_rule *v;
	uint32_t access; /* of the nodes being walked */
};

static void rules_done(struct rules *r)
{
	free(r->v);
}

/* One rule for each device: what several of them allow is allowed together. */
static int put(struct rules *all, struct lw_device_rule rule)
{
	for (size_t i = 0; i < all->n; i++) {
		struct lw_device_rule *r = &all->v[i];
		if (r->type == rule.type && r->major == rule.major && r->minor == rule.minor) {
			r->access |= rule.access;
			return 0;
		}
	}
	if (all->n == LW_DEVICE_RULES_MAX)
		return -E2BIG;
	if (all->n == all->cap) {
		size_t cap = all->cap ? all->cap * 2 : 32;
		struct lw_device_rule *v = realloc(all->v, cap * sizeof *v);
		if (!v)
			return -ENOMEM;
		all->v = v;
		all->cap = cap;
	}
	all->v[all->n++] = rule;
	return 0;
}

static int put_node(void *arg, int fd, const char *below, const struct stat *st)
{
	struct rules *all = arg;
	(void)fd;
	(void)below;
	return put(all, (struct lw_device_rule){ S_ISCHR(st->st_mode) ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK,
						 major(st->st_rdev), minor(st->st_rdev), all->access });
}

static int put_path(struct rules *all, const char *path)
{
	if (strcmp(path, "/dev") != 0)
		return lw_nodes_walk(path, put_node, all);
	int r = put(all, (struct lw_device_rule){ BPF_DEVCG_DEV_CHAR, LW_DEVICE_ANY, LW_DEVICE_ANY, all->access });
	return r < 0 ? r
		     : put(all,
			   (struct lw_device_rule){ BPF_DEVCG_DEV_BLOCK, LW_DEVICE_ANY, LW_DEVICE_ANY, all->access });
}

static int put_numbers(struct rules *all, const char *line)
{
	struct lw_device_rule r = { *line == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR, LW_DEVICE_ANY,
				    LW_DEVICE_ANY, all->access };
	if ((*line != 'b' && *line != 'c') || sscanf(line + 1, " %u:%u", &r.major, &r.minor) < 1)
		return -EINVAL;
	return put(all, r);
}

static uint32_t access_bits(const char *text)
{
	return (strchr(text, 'm') ? BPF_DEVCG_ACC_MKNOD : 0) | (strchr(text, 'r') ? BPF_DEVCG_ACC_READ : 0) |
	       (strchr(text, 'w') ? BPF_DEVCG_ACC_WRITE : 0);
}

/* Of the lines with a path, the i-th is devices[i] of the profile: that is where a failure belongs. */
static int read_rules(const char *text, struct rules *all, struct lw_err *err)
{
	size_t paths = 0;
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		_cleanup_free_ char *copy = strndup(line, n);
		char *access = copy ? strrchr(copy, ' ') : NULL;
		if (!access)
			return lw_fail(err, copy ? -EINVAL : -ENOMEM, "device rule '%.*s'", (int)n, line);
		*access = '\0';
		all->access = access_bits(access + 1);
		int r = *copy == '/' ? put_path(all, copy) : put_numbers(all, copy);
		if (r < 0) {
			lw_fail(err, r, "'%s': %s", copy, r == -ENODEV ? "not a device" : strerror(-r));
			if (*copy == '/')
				lw_err_in(err, "devices[%zu]", paths);
			return r;
		}
		paths += *copy == '/';
		line += n + (line[n] == '\n');
	}
	return 0;
}

/* --- version 1 --- */

static int allow_v1(const char *dir, const struct lw_device_rule *r, struct lw_err *err)
{
	char number[2][16] = { "*", "*" }, line[64];
	if (r->major != LW_DEVICE_ANY)
		snprintf(number[0], sizeof number[0], "%u", r->major);
	if (r->minor != LW_DEVICE_ANY)
		snprintf(number[1], sizeof number[1], "%u", r->minor);
	snprintf(line, sizeof line, "%c %s:%s %s%s%s", r->type == BPF_DEVCG_DEV_CHAR ? 'c' : 'b', number[0], number[1],
		 r->access & BPF_DEVCG_ACC_READ ? "r" : "", r->access & BPF_DEVCG_ACC_WRITE ? "w" : "",
		 r->access & BPF_DEVCG_ACC_MKNOD ? "m" : "");
	return lw_cgroup_set(dir, "devices.allow", line, err);
}

/* --- version 2 --- */

int lw_device_program_load(const struct bpf_insn *insns, size_t n)
{
	static const char license[] = "MIT";
	union bpf_attr attr = { 0 };
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)insns;
	attr.insn_cnt = (uint32_t)n;
	attr.license = (uint64_t)(uintptr_t)license;
	return (int)SYS(bpf, BPF_PROG_LOAD, &attr, sizeof attr);
}

/* ALLOW_MULTI: programs of the cgroups above and below stay in force, all of them must agree. The kernel takes the
 * program away with the cgroup. */
static int attach(int program, int cgroup)
{
	union bpf_attr attr = { 0 };
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	return (int)SYS(bpf, BPF_PROG_ATTACH, &attr, sizeof attr);
}

static int enforce_v2(const char *dir, const struct rules *all, struct lw_err *err)
{
	_cleanup_free_ struct bpf_insn *insns = malloc(LW_DEVICE_BPF_MAX(all->n) * sizeof *insns);
	_cleanup_close_ int cgroup = -1, program = -1;
	if (!insns)
		return lw_fail(err, -ENOMEM, "out of memory");
	int r = lw_cgroup_open(dir, 2, &cgroup, err);
	if (r < 0)
		return r;
	r = program = lw_device_program_load(insns, lw_device_bpf(all->v, all->n, insns));
	if (r >= 0)
		r = attach(program, cgroup);
	if (r < 0) {
		lw_fail(err, r, "%s the program that decides about devices: %s", program < 0 ? "loading" : "attaching",
			strerror(-r));
		lw_err_hint(err, "it takes CONFIG_CGROUP_BPF, and no filter around us that refuses bpf(2)");
	}
	return r;
}

int lw_cgroup_devices(const char *dir, int version, const char *rules, struct lw_err *err)
{
	_cleanup_(rules_done) struct rules all = { 0 };
	int r = read_rules(rules, &all, err);
	if (r < 0 || version == 2)
		return r < 0 ? r : enforce_v2(dir, &all, err);
	r = lw_cgroup_set(dir, "devices.deny", "a", err);
	for (size_t i = 0; i < all.n && r >= 0; i++)
		r = allow_v1(dir, &all.v[i], err);
	return r;
}
