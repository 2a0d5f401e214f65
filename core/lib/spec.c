/* spec.c: specs and plans as text for those outside the library. */
#include <errno.h>
#include "lunward.h"
#include "plan.h"
#include "schema.h"

const char *lw_version(void)
{
	return LUNWARD_VERSION;
}

const char *lw_spec_name(const struct lw_spec *s)
{
	return s->name;
}

static int dump(json_t *j, char **ret, struct lw_err *err)
{
	char *text = j ? json_dumps(j, LW_JSON_DUMP_FLAGS) : NULL;
	json_decref(j);
	if (!text)
		return lw_fail(err, -ENOMEM, "out of memory");
	*ret = text;
	return 0;
}

int lw_spec_json(const struct lw_spec *s, char **ret, struct lw_err *err)
{
	return dump(lw_spec_to_json(s), ret, err);
}

int lw_plan_json(const struct lw_plan *p, char **ret, struct lw_err *err)
{
	return dump(lw_plan_to_json(p), ret, err);
}
