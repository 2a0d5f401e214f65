/* stage_network.c: the interface of a sandbox: what is made for it on the host and inside. */
#include <errno.h>
#include "stage.h"

int lw_stage_network(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_network *n = &p->spec->network;
	if (!lw_network_has_link(n))
		return 0;
	lw_fail(err, -ENOSYS, "this version makes no interfaces");
	lw_err_hint(err, "\"none\", \"host\", { path= } and { sandbox= } are there");
	lw_err_at(err, n->rec.origin);
	lw_err_in(err, "network");
	return -ENOSYS;
}
