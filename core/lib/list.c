/* list.c: what sandboxes there are. */
#include "lunward.h"
#include <errno.h>
#include <string.h>
#include "host.h"
#include "record_state.h"

static json_t *member(const struct lw_record *r, const char *key)
{
	json_t *v = json_object_get(r->data, key);
	return v ? json_incref(v) : json_null();
}

static int collect(void *arg, struct lw_record *r)
{
	const char *state = lw_record_state(r);
	json_t *pid = json_object_get(json_object_get(r->data, "command"), "pid");
	bool runs = lw_record_runs(r);
	return json_array_append_new(arg,
				     json_pack("{s:s,s:o,s:s,s:o,s:o,s:o}", "id", r->id, "name", member(r, "name"),
					       "state", state, "pid", pid && runs ? json_incref(pid) : json_null(),
					       "started_at", member(r, "started_at"), "profile", member(r, "profile")));
}

int lw_sandbox_list(const struct lw_host *h, char **ret, struct lw_err *err)
{
	json_t *list = json_array();
	int r = list ? lw_record_each(h->state_fd, collect, list) : -ENOMEM;
	char *text = r < 0 ? NULL : json_dumps(list, JSON_COMPACT);
	json_decref(list);
	if (!text)
		return lw_fail(err, r < 0 ? r : -ENOMEM, "listing sandboxes: %s", strerror(r < 0 ? -r : ENOMEM));
	*ret = text;
	return 0;
}
