/* tell_denials.c: see tell_denials.h. What comes out of the sandbox (the program's path) is quoted: it may hold
 * anything. */
#include "lua/cli/tell_denials.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/cli/cli.h"

static const char *error_name(const struct lw_denial *d, char buf[static 16])
{
	const char *name = strerrorname_np(d->error);
	snprintf(buf, 16, "%d", d->error);
	return name ? name : buf;
}

static void add_members(struct lw_text *t, const struct lw_denial *d)
{
	char error[16];
	lw_text_addf(t, "\"layer\": \"%s\", \"syscall\": %d, \"name\": ", lw_denial_layer_name(d->layer), d->number);
	lw_text_add_json(t, d->name);
	lw_text_add(t, ", \"args\": [");
	for (int i = 0; i < 6; i++)
		lw_text_addf(t, "%s\"0x%" PRIx64 "\"", i ? ", " : "", d->args[i]);
	lw_text_addf(t, "], \"errno\": \"%s\", \"pid\": %d, \"exe\": ", error_name(d, error), (int)d->pid);
	lw_text_add_json(t, *d->exe ? d->exe : NULL);
	lw_text_add(t, ", \"path\": ");
	lw_text_add_json(t, *d->path ? d->path : NULL);
	lw_text_add(t, ", \"file\": ");
	lw_text_add_json(t, d->at.file);
	lw_text_addf(t, ", \"line\": %" PRIu32 ", \"key\": \"%s\", \"cure\": ", d->at.line, d->key);
	lw_text_add_json(t, *d->cure ? d->cure : NULL);
}

void cli_denial_event(void *arg, const struct lw_denial *d)
{
	struct lw_text t = { 0 };
	add_members(&t, d);
	cli_report_members(arg, "denied", &t);
}

void cli_denials_json(struct lw_text *t, const struct lw_instance *s)
{
	size_t n;
	uint64_t more;
	const struct lw_denial *d = lw_instance_denials(s, &n, &more);
	if (!d) {
		lw_text_add(t, "null");
		return;
	}
	lw_text_add(t, "[");
	for (size_t i = 0; i < n; i++) {
		lw_text_add(t, i ? ", {" : "{");
		add_members(t, &d[i]);
		lw_text_addf(t, ", \"count\": %" PRIu64 "}", d[i].count);
	}
	lw_text_addf(t, "], \"denials_not_kept\": %" PRIu64, more);
}

static void print_one(const struct lw_denial *d)
{
	_cleanup_(lw_text_done_p) struct lw_text exe = { 0 }, path = { 0 };
	struct lw_err e = { 0 };
	char line[sizeof e + 64], error[16], call[64], times[48] = "";
	lw_text_add_json(&exe, *d->exe ? d->exe : "?");
	if (d->name)
		snprintf(call, sizeof call, "%s", d->name);
	else
		snprintf(call, sizeof call, "call %d of another ABI or a newer kernel", d->number);
	if (*d->path) {
		lw_text_add(&path, " of ");
		lw_text_add_json(&path, d->path);
	}
	if (d->count > 1)
		snprintf(times, sizeof times, ", %" PRIu64 " times", d->count);
	lw_fail_as(&e, LW_ERR_POLICY, -d->error, "denied by %s: %s%.100s, to %.100s: %s%s%s",
		   lw_denial_layer_name(d->layer), call, path.buf ? path.buf : "", exe.buf ? exe.buf : "?",
		   error_name(d, error), times, d->error == ENOSYS ? ", as an older kernel would answer" : "");
	if (*d->cure)
		lw_err_hint(&e, "to allow it: %s", d->cure);
	lw_err_at(&e, d->at);
	lw_err_in(&e, "%s", d->key);
	cli_warn("%s", lw_err_format(&e, line, sizeof line));
}

void cli_denials_print(const struct lw_instance *s)
{
	size_t n;
	uint64_t more;
	const struct lw_denial *d = lw_instance_denials(s, &n, &more);
	for (size_t i = 0; i < n; i++)
		print_one(&d[i]);
	if (more)
		cli_warn("%" PRIu64 " more denials of other kinds were not kept", more);
}
