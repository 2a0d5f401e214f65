/* explain_call.c: `explain --call`: the verdict comes from running the compiled filter on the call, as the kernel
 * would; only the reason is looked up in the policy. */
#include "lua/cli/explain_call.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"

const char *cli_seccomp_base(const struct lw_seccomp *p)
{
	static const char *const names[] = {
		[LW_SECCOMP_DEFAULT] = "default",       [LW_SECCOMP_DOCKER] = "docker", [LW_SECCOMP_STRICT] = "strict",
		[LW_SECCOMP_UNCONFINED] = "unconfined", [LW_SECCOMP_DENY] = "deny",
	};
	return names[p->base];
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

static void tell_origin(struct lw_text *t, struct lw_origin at)
{
	if (at.file && at.line)
		lw_text_addf(t, " (%s:%" PRIu32 ")", at.file, at.line);
	else if (at.file)
		lw_text_addf(t, " (%s)", at.file);
}

static void tell_rule(const struct lw_seccomp *p, const struct lw_seccomp_rule *r, const char *call, struct lw_text *t)
{
	static const char *const acts[] = {
		[LW_SECCOMP_ALLOW] = "allows", [LW_SECCOMP_ERRNO] = "denies",     [LW_SECCOMP_KILL] = "kills",
		[LW_SECCOMP_LOG] = "logs",     [LW_SECCOMP_ONLY] = "allows only",
	};
	const char *word = lw_seccomp_word(r, call);
	lw_text_addf(t, "a rule of the sandbox's %s %s", acts[r->action], word ? word : call);
	tell_origin(t, r->rec.origin.file ? r->rec.origin : p->rec.origin);
}

static void tell_base(const struct lw_seccomp *p, const char *call, bool allowed, bool arguments, struct lw_text *t)
{
	const char *why = allowed ? NULL : lw_seccomp_reason(p, call);
	lw_text_addf(t, "the policy \"%s\" %s %s%s", cli_seccomp_base(p), allowed ? "allows" : "does not allow", call,
		     arguments && !allowed ? " with these arguments" : "");
	if (why)
		lw_text_addf(t, ": %s", why);
}

/* The compiled filter's answer, and the policy's reason for it. */
static int ask(const struct cli_job *job, const struct seccomp_data *call, struct lw_filter *f, struct lw_answer *ret,
	       struct lw_err *err)
{
	const struct lw_seccomp *p = &job->spec->seccomp;
	uint64_t caps = job->spec->capabilities.set[LW_CAP_BOUNDING];
	int r = lw_seccomp_compile(p, caps, job->host->state_fd, job->spec->arena, f, err);
	if (r == 0)
		r = lw_seccomp_blame(p, caps, call, ret, err);
	if (r == 0 && f->n && lw_filter_run(f->insns, f->n, call) != ret->action)
		r = lw_fail(err, -EIO, "the filter is not what the policy says");
	return r;
}

int cli_explain_call(const struct cli *c, const struct cli_job *job, int *ret_code, struct lw_err *err)
{
	const struct lw_seccomp *p = &job->spec->seccomp;
	struct seccomp_data call;
	struct lw_filter filter;
	struct lw_answer answer;
	char verdict[64];
	int r = lw_call_parse(c->call, &call, err);
	if (r < 0) {
		lw_err_in(err, "--call");
		return r;
	}
	r = ask(job, &call, &filter, &answer, err);
	if (r < 0)
		return r;
	uint32_t action = answer.action & SECCOMP_RET_ACTION_FULL;
	bool allowed = action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
	const char *name = lw_call_name(&call);
	_cleanup_(lw_text_done_p) struct lw_text why = { 0 };
	if (!name)
		name = c->call;
	lw_action_format(answer.action, verdict, sizeof verdict);
	if (!filter.n)
		lw_text_add(&why, "there is no filter");
	else if (answer.foreign)
		lw_text_addf(&why, "%s is made by an ABI that the policy's architectures do not name", name);
	else if (answer.rule)
		tell_rule(p, &p->rules[answer.rule - 1], name, &why);
	else
		tell_base(p, name, allowed, !allowed && passes_otherwise(&filter, call), &why);
	if (cli_is_data(c)) {
		char *space = strchr(verdict, ' ');
		if (space)
			*space++ = '\0';
		*ret_code =
			cli_print_data(c, json_pack("{s:s,s:s,s:s?,s:b,s:s}", "call", c->call, "verdict", verdict,
						    "errno", space, "allowed", allowed, "why", why.buf ? why.buf : ""));
	} else {
		_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
		lw_text_addf(&t, "%s: %s\n", verdict, why.buf ? why.buf : "");
		*ret_code = cli_print(&t);
	}
	if (!*ret_code && !allowed)
		*ret_code = CLI_NO;
	return 0;
}
