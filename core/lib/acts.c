/* acts.c: what is done to a sandbox, or read of it, by its record (core/box). */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include "base/cleanup.h"
#include "box/box.h"
#include "lib/handle.h"
#include "schema.h"

int lw_sandbox_signal(struct lw_sandbox *s, int sig, struct lw_err *err)
{
	struct lw_box_end end = { .supervisor = -1 };
	struct lw_err none;
	if (sig <= 0 || sig > 64)
		return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "%d is no signal", sig);
	if (s->over || lw_handle_record(s, &none) < 0)
		return 0;
	int r = sig == SIGKILL ? lw_box_kill(&s->record, &end, err) : lw_box_signal(&s->record, sig, err);
	lw_box_end_done(&end);
	return r;
}

int lw_sandbox_stop(struct lw_sandbox *s, int64_t timeout_usec, struct lw_err *err)
{
	struct lw_box_end end = { .supervisor = -1 };
	struct lw_err none;
	if (s->over || lw_handle_record(s, &none) < 0)
		return 0;
	int r = lw_box_stop(&s->record, timeout_usec, 0, &end, err);
	lw_box_end_done(&end);
	return r;
}

int lw_sandbox_pause(struct lw_sandbox *s, bool on, struct lw_err *err)
{
	int r = lw_handle_record(s, err);
	return r < 0 ? r : lw_box_pause(&s->record, on, err);
}

int lw_sandbox_stats(struct lw_sandbox *s, struct lw_stats *ret, struct lw_err *err)
{
	struct lw_box_stats b;
	int r = lw_handle_record(s, err);
	if (r < 0)
		return r;
	if (!lw_record_runs(&s->record))
		return lw_fail(err, -ESRCH, "%s does not run", s->name);
	lw_box_stats(&s->record, &b);
	*ret = (struct lw_stats){
		.tasks = b.tasks,
		.processes = b.processes,
		.cpu_usec = b.cpu_usec,
		.memory_bytes = b.memory,
		.memory_peak_bytes = b.memory_peak,
		.swap_bytes = b.swap,
		.io_read_bytes = b.io_read,
		.io_written_bytes = b.io_written,
		.net_received_bytes = b.net_received,
		.net_sent_bytes = b.net_sent,
	};
	return 0;
}

struct change {
	const char *keys;
};

/* The spec with these keys over it. */
static int merge(void *arg, const json_t *spec, struct lw_spec **ret, struct lw_err *err)
{
	const struct change *c = arg;
	json_auto_t *over = json_loads(c->keys, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(over))
		return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "what is to be changed is no JSON object");
	json_auto_t *merged = lw_spec_merge(spec, over, err);
	int r = merged ? lw_spec_decode(merged, ret, err) : -EINVAL;
	if (r >= 0 && (r = lw_spec_check(*ret, err)) < 0)
		*ret = lw_spec_free(*ret);
	return r;
}

int lw_sandbox_update(struct lw_host *h, struct lw_sandbox *s, const char *keys, struct lw_err *err)
{
	struct change c = { keys };
	int r = lw_handle_record(s, err);
	return r < 0 ? r : lw_box_update(h, &s->record, merge, &c, err);
}

int lw_sandbox_inspect(struct lw_sandbox *s, char **ret, struct lw_err *err)
{
	int r = lw_handle_record(s, err);
	if (r < 0)
		return r;
	json_auto_t *o = lw_box_inspect(&s->record);
	char *text = o ? json_dumps(o, LW_JSON_DUMP_FLAGS) : NULL;
	if (!text)
		return lw_fail(err, -ENOMEM, "out of memory");
	*ret = text;
	return 0;
}

int lw_sandbox_remove(struct lw_host *h, struct lw_sandbox *s, struct lw_err *err)
{
	int r = lw_handle_record(s, err);
	return r < 0 ? r : lw_box_remove(h, &s->record, err);
}
