/* spec_privileged.c: what `privileged` stands for: two things that a profile may also ask for one by one, all
 * capabilities of the caller and all devices of the host. It is a key of its own so that it is on record. Must not know
 * which capabilities the caller has: that is the plan's. */
#include <string.h>
#include "spec_codec.h"

static int add_every_device(struct lw_spec *s, struct lw_err *err)
{
	struct lw_devices *d = &s->devices;
	struct lw_device *v;

	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->v[i].path, "/dev") == 0)
			return 0;
	v = lw_arena_array(s->arena, d->n + 1, sizeof(*v));
	if (!v)
		return lw_codec_nomem(err);
	if (d->n)
		memcpy(v, d->v, d->n * sizeof(*v));
	v[d->n] = (struct lw_device){
		.rec = { s->rec.origin, 1 }, /* as if its path had been written */
		.path = "/dev",
		.source = "/dev",
		.access = "rwm",
	};
	*d = (struct lw_devices){ d->n + 1, v };
	return 0;
}

int lw_privileged_finish(struct lw_spec *s, struct lw_err *err)
{
	if (!s->privileged)
		return 0;
	if (!lw_is_set(&s->rec, LW_KEY_CAPABILITIES))
		for (int set = LW_CAP_BOUNDING; set <= LW_CAP_PERMITTED; set++)
			s->capabilities.set[set] = UINT64_MAX;
	return add_every_device(s, err);
}
