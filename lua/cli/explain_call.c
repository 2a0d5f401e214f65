/* explain_call.c: `explain --call`: the verdict comes from running the compiled filter on the call, as the kernel
 * would; only the reason is looked up in the policy. */
#include "lua/cli/explain_call.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "seccomp_groups.h"

const char *cli_seccomp_base(const struct lw_seccomp *p)
{
	static const char *const names[] = {
		[LW_SECCOMP_DEFAULT] = "default",       [LW_SECCOMP_DOCKER] = "docker", [LW_SECCOMP_STRICT] = "strict",
		[LW_SECCOMP_UNCONFINED] = "unconfined", [LW_SECCOMP_DENY] = "deny",
	};
	return names[p->base];
}

struct search {
	const char *name;
	bool found;
};

static void compare(void *arg, const char *name)
{
	struct search *s = arg;
	s->found |= !strcmp(s->name, name);
}

/* The word by which a rule means the call: its own name, a group's, "all"; or NULL. */
static const char *named_by(const struct lw_seccomp_rule *r, const char *call)
{
	for (size_t i = 0; i < r->names.n; i++) {
		const char *word = r->names.v[i];
		const struct lw_syscall_group *g = *word == '@' ? lw_syscall_group_find(word) : NULL;
		struct search s = { .name = call, .found = !strcmp(word, call) || !strcmp(word, "all") };
		if (g && !g->members)
			s.found = true;
		else if (g)
			lw_syscall_group_each(g, compare, &s);
		if (s.found)
			return word;
	}
	return NULL;
}

/* Would the call pass with some other first argument? Only to word the reason, so a few tries are enough. */
static bool passes_otherwise(const struct lw_filter *f, struct seccomp_data call)
{
	memset(call.args, 0, sizeof call.args);
	for (call.args[0] = 0; call.args[0] < 32; call.args[0]++)
		if (lw_filter_run(f->insns, f->n, &call) == SECCOMP_RET_ALLOW)
			return true;
	return false;
}

static void reason(const struct lw_seccomp *p, const char *call, bool allowed, bool arguments, struct lw_text *t)
{
	static const char *const acts[] = {
		[LW_SECCOMP_ALLOW] = "allows",
		[LW_SECCOMP_ERRNO] = "denies",
		[LW_SECCOMP_KILL] = "kills",
		[LW_SECCOMP_LOG] = "logs",
	};
	for (size_t i = p->n_rules; i > 0; i--) {
		const struct lw_seccomp_rule *r = &p->rules[i - 1];
		const char *word = named_by(r, call);
		if (!word)
			continue;
		lw_text_addf(t, "a rule of the sandbox's %s %s", acts[r->action], word);
		if (p->rec.origin.file && p->rec.origin.line)
			lw_text_addf(t, " (%s:%" PRIu32 ")", p->rec.origin.file, p->rec.origin.line);
		else if (p->rec.origin.file)
			lw_text_addf(t, " (%s)", p->rec.origin.file);
		return;
	}
	lw_text_addf(t, "the policy \"%s\" %s %s%s", cli_seccomp_base(p), allowed ? "allows" : "does not allow", call,
		     arguments && !allowed ? " with these arguments" : "");
}

int cli_explain_call(const struct cli *c, const struct cli_job *job, int *ret_code, struct lw_err *err)
{
	const struct lw_spec *s = job->spec;
	struct seccomp_data call;
	struct lw_filter filter;
	char verdict[64];
	const char *word, *name = NULL;
	int r = lw_call_parse(c->call, &call, err);
	if (r < 0) {
		lw_err_in(err, "--call");
		return r;
	}
	r = lw_seccomp_compile(&s->seccomp, s->capabilities.set[LW_CAP_BOUNDING], job->host->state_fd, s->arena,
			       &filter, err);
	if (r < 0)
		return r;
	uint32_t answer = filter.n ? lw_filter_run(filter.insns, filter.n, &call) : SECCOMP_RET_ALLOW;
	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		word = "allow";
		break;
	case SECCOMP_RET_LOG:
		word = "log";
		break;
	case SECCOMP_RET_ERRNO:
		word = "errno";
		name = strerrorname_np((int)(answer & SECCOMP_RET_DATA));
		break;
	default:
		word = "kill";
		break;
	}
	bool allowed = !strcmp(word, "allow") || !strcmp(word, "log");
	const char *call_name = lw_syscall_name(call.nr);
	if (!strcmp(word, "errno") && !name) {
		snprintf(verdict, sizeof verdict, "%u", answer & SECCOMP_RET_DATA);
		name = verdict;
	}
	_cleanup_(lw_text_done_p) struct lw_text why = { 0 };
	if (!filter.n)
		lw_text_add(&why, "there is no filter");
	else
		reason(&s->seccomp, call_name ? call_name : c->call, allowed,
		       !allowed && passes_otherwise(&filter, call), &why);
	if (c->format == CLI_JSON) {
		*ret_code = cli_print_json(json_pack("{s:s,s:s,s:s?,s:b,s:s}", "call", c->call, "verdict", word,
						     "errno", name, "allowed", allowed, "why", why.buf ? why.buf : ""));
	} else {
		_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
		lw_text_addf(&t, "%s%s%s: %s\n", word, name ? " " : "", name ? name : "", why.buf ? why.buf : "");
		*ret_code = cli_print(&t);
	}
	if (!*ret_code && !allowed)
		*ret_code = CLI_NO;
	return 0;
}
