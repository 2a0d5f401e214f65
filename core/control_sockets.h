/* control_sockets.h: whoever can connect to an engine's control socket owns the host; connect(2) works through a
 * read-only bind. A bind whose subtree holds one is refused unless the profile names the engine (DESIGN §6.8). */
#ifndef LW_CONTROL_SOCKETS_H
#define LW_CONTROL_SOCKETS_H

#include "base/err.h"
#include "base/text.h"
#include "spec.h"

/* fd: O_PATH descriptor of the source; path: as written. 0, or -EPERM with err. */
int lw_control_socket_check(int fd, const char *path, const char *state_dir, const struct lw_strlist *allowed,
			    struct lw_err *err);

/* Is this the name of an engine? If not, near (made with the word) is offered every name that is one. */
bool lw_control_engine_known(const char *name, struct lw_near *near);

/* The same for a source that is not there (yet), by its name alone. */
int lw_control_socket_named(const char *path, const struct lw_strlist *allowed, struct lw_err *err);

#endif
