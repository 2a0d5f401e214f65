/* cmd_generate.c: `lunward generate`: files for other programs made from a profile. A systemd unit runs the profile in
 * the foreground: systemd then keeps it, so that what `service` says of restarts is said in its words. */
#include <errno.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "lua/cli/cli.h"

/* A word of a command line, systemd.service(5): quoted where it must be, "%" and "$" doubled. */
static void add_word(struct lw_text *t, const char *word)
{
	bool quote = !*word || word[strcspn(word, " \t\"'\\;")];
	lw_text_add(t, quote ? " \"" : " ");
	for (; *word; word++) {
		if (*word == '%' || *word == '$')
			lw_text_addn(t, word, 1);
		else if (*word == '"' || *word == '\\')
			lw_text_add(t, "\\");
		if (*word == '\n')
			lw_text_add(t, "\\n");
		else
			lw_text_addn(t, word, 1);
	}
	lw_text_add(t, quote ? "\"" : "");
}

static void add_time(struct lw_text *t, const char *key, int64_t usec)
{
	if (usec)
		lw_text_addf(t, "%s=%lldms\n", key, (long long)((usec + 999) / 1000));
	else
		lw_text_addf(t, "%s=infinity\n", key);
}

static void add_units(struct lw_text *t, const char *key, const struct lw_strlist *names)
{
	for (size_t i = 0; i < names->n; i++)
		lw_text_addf(t, "%s%s.service", i ? " " : key, names->v[i]);
	lw_text_add(t, names->n ? "\n" : "");
}

static bool inherits(const struct lw_service *v)
{
	for (size_t i = 0; i < v->listen.n; i++)
		if (v->listen.v[i].inherit)
			return true;
	return false;
}

static void add_unit(struct lw_text *t, const struct lw_spec *s)
{
	const struct lw_service *v = &s->service;
	lw_text_addf(t, "[Unit]\nDescription=%s, in a sandbox\nDocumentation=man:lunward(1)\n", s->name);
	add_units(t, "Requires=", &v->requires);
	add_units(t, "After=", &v->requires);
	add_units(t, "After=", &v->after);
	if (inherits(v))
		lw_text_addf(t, "Requires=%s.socket\nAfter=%s.socket\n", s->name, s->name);
	if (v->restart != LW_RESTART_NO) {
		if (v->burst.count)
			add_time(t, "StartLimitIntervalSec", v->burst.interval);
		else
			lw_text_add(t, "StartLimitIntervalSec=0\n");
		if (v->burst.count)
			lw_text_addf(t, "StartLimitBurst=%lld\n", (long long)v->burst.count);
	}
}

static void add_exec(struct lw_text *t, const struct cli *c, const struct lw_spec *s)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	lw_text_add(t, "ExecStart=");
	lw_text_add(t, *self && !strpbrk(self, " \t\"'\\;%$") ? self : "/usr/bin/lunward");
	lw_text_add(t, " run");
	for (size_t i = 0; i < c->n_params; i++) {
		_cleanup_(lw_text_done_p) struct lw_text set = { 0 };
		lw_text_addf(&set, "%s=%s", c->params[i].name, c->params[i].value);
		lw_text_add(t, " --set");
		add_word(t, set.buf ? set.buf : "");
	}
	add_word(t, s->profile_path);
	lw_text_add(t, "\n");
}

static void add_service(struct lw_text *t, const struct cli *c, const struct cli_job *job)
{
	const struct lw_spec *s = job->spec;
	static const char *const restarts[] = { "no", "on-failure", "always" };
	const struct lw_service *v = &s->service;
	const char *signal = lw_names_name(&lw_signal_table, v->stop_signal);
	lw_text_add(t, "\n[Service]\nType=notify\n");
	add_exec(t, c, s);
	/* Where relative paths began when it was printed. */
	if (job->host->cwd[1]) {
		lw_text_add(t, "WorkingDirectory=");
		for (const char *p = job->host->cwd; *p; p++)
			lw_text_addf(t, "%s%c", *p == '%' ? "%" : "", *p);
		lw_text_add(t, "\n");
	}
	/* Cgroups of its own, below the unit's. */
	lw_text_add(t, "Delegate=yes\n");
	/* Its signal is passed on to the command; what does not heed it is ended with all of the unit. */
	lw_text_addf(t, "KillMode=mixed\nKillSignal=SIG%s\n", signal ? signal : "TERM");
	add_time(t, "TimeoutStartSec", v->ready_timeout);
	add_time(t, "TimeoutStopSec", v->stop_timeout);
	lw_text_addf(t, "Restart=%s\n", restarts[v->restart]);
	if (v->restart != LW_RESTART_NO)
		add_time(t, "RestartSec", v->backoff.first ? v->backoff.first : 1);
	lw_text_add(t, "\n[Install]\nWantedBy=multi-user.target\n");
}

int cli_cmd_generate(struct cli *c)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	int r = 0;
	if (c->n_words != 2 || strcmp(c->words[0], "systemd") != 0) {
		r = lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "generate: %s",
			       !c->n_words || strcmp(c->words[0], "systemd") != 0 ? "what?"
			       : c->n_words == 1                                  ? "of which profile?"
										  : "one profile at a time");
		lw_err_hint(&err, "lunward generate systemd PROFILE");
	}
	if (r >= 0)
		r = cli_load(c, c->words[1], &job, &err);
	if (r >= 0) {
		add_unit(&t, job.spec);
		add_service(&t, c, &job);
	}
	int code = r < 0 ? cli_fail(&err) : cli_print(&t);
	cli_job_done(&job);
	return code;
}
