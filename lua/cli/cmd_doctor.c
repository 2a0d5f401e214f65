/* cmd_doctor.c: `lunward doctor`: the findings of core/doctor.c as a table or as JSON. What is looked at, and what
 * helps, is said there. */
#include <errno.h>
#include <string.h>
#include "base/cleanup.h"
#include "doctor.h"
#include "lua/cli/cli.h"

#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

struct findings {
	struct lw_text text;
	json_t *list;
	bool color, failed;
};

static void found(void *arg, const struct lw_doctor_result *r)
{
	struct findings *f = arg;
	static const char *const colors[] = {
		[LW_DOCTOR_OK] = GREEN, [LW_DOCTOR_DEGRADED] = YELLOW, [LW_DOCTOR_MISSING] = RED
	};
	const char *status = lw_doctor_status_name(r->status);
	f->failed |= r->essential && r->status == LW_DOCTOR_MISSING;
	json_array_append_new(f->list, json_pack("{s:s,s:s,s:b,s:s,s:s,s:s}", "name", r->name, "status", status,
						 "essential", r->essential, "detail", r->detail, "needed_for",
						 r->needed_for, "cure", r->cure));
	lw_text_addf(&f->text, "%s%-9s%s ", f->color ? colors[r->status] : "", status, f->color ? PLAIN : "");
	lw_text_addf(&f->text, "%-*s%s\n", *r->detail ? 29 : 0, r->name, r->detail);
	if (r->status == LW_DOCTOR_OK)
		return;
	lw_text_addf(&f->text, "%10sneeded for %s%s%s\n", "", r->needed_for, *r->cure ? "; cure: " : "", r->cure);
}

int cli_cmd_doctor(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct findings f = { .color = cli_color(c) };
	int code;
	if (c->n_words) {
		lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "doctor: unexpected '%s'", c->words[0]);
		return cli_fail(&err);
	}
	if (cli_probe(c, &job, &err) < 0)
		return cli_fail(&err);
	f.list = json_array();
	int r = lw_doctor(job.host, found, &f);
	if (r < 0) {
		lw_fail(&err, r, "doctor: %s", strerror(-r));
		code = cli_fail(&err);
	} else if (cli_is_data(c)) {
		code = cli_print_data(c, json_pack("{s:b,s:O}", "ok", !f.failed, "checks", f.list));
	} else {
		code = cli_print(&f.text);
	}
	json_decref(f.list);
	lw_text_done(&f.text);
	cli_job_done(&job);
	return code ? code : f.failed ? CLI_NO : CLI_OK;
}
