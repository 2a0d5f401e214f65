/* notify.h: what a sandbox says with sd_notify(3). Hostile: whoever is inside may send anything, as often as it likes;
 * what counts is READY, STATUS, RELOADING, STOPPING and WATCHDOG, from a process of the sandbox, and no descriptor that
 * comes with it is kept. */
#ifndef LW_NOTIFY_H
#define LW_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "host.h"

#define LW_NOTIFY_MAX 4096 /* bytes of a message; longer ones are not read */
#define LW_NOTIFY_STATUS_MAX 256

enum lw_notify_bit {
	LW_NOTIFY_READY = 1,
	LW_NOTIFY_RELOADING = 2,
	LW_NOTIFY_STOPPING = 4,
	LW_NOTIFY_WATCHDOG = 8,
	LW_NOTIFY_STATUS = 16,
};
struct lw_notice {
	unsigned said;                     /* LW_NOTIFY_* */
	char status[LW_NOTIFY_STATUS_MAX]; /* printable UTF-8, "" when there was none */
};
/* Reads one message of n bytes; what is not known is passed over. */
void lw_notify_parse(const char *text, size_t n, struct lw_notice *ret);

/* A socket for the sandbox `id`, in the state directory, where its plan expects it; what a dead one left is replaced.
 */
int lw_notify_open(int state_fd, const char *id, int *ret, struct lw_err *err);
/* Where that is, for lw_host.notify_socket: without root the child opens it by its path. NULL on ENOMEM. */
const char *lw_notify_path(const struct lw_host *h, const char *id);
void lw_notify_close(int state_fd, const char *id, int *fd);
/* Takes away those that killed supervisors have left; how many. */
unsigned lw_notify_tidy(int state_fd);
/* The next message, if it is a process's of the sandbox whose command is `command`: 1; -EAGAIN: it was nobody's, or
 * said nothing; 0: there is none left. */
int lw_notify_next(int fd, pid_t command, struct lw_notice *ret);

/* Passes on, in our own name, to the socket that $NOTIFY_SOCKET of ours said (NULL: nobody). Never fails. */
void lw_notify_relay(const char *to, const struct lw_notice *n);

#endif
