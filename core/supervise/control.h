/* control.h: what is said to a supervisor, over STATE/sandboxes/<id>/control: a SOCK_SEQPACKET socket below a directory
 * that is its owner's alone, one struct a message, one answer to each. */
#ifndef LW_CONTROL_H
#define LW_CONTROL_H

#include <stdint.h>
#include "lunward.h"

enum lw_control_verb {
	LW_CONTROL_STOP = 1, /* arg: microseconds of patience, -1: the profile's, which the answer tells;
			      * flags: LW_STOP_* */
	LW_CONTROL_ATTACH,   /* the answer brings a stream for each of stdout and stderr, or one for the terminal */
	LW_CONTROL_WATCH,    /* to be told of the end that is the last */
	LW_CONTROL_RESIZE,   /* arg: rows << 16 | columns */
	LW_CONTROL_PAUSE,    /* arg: 1 pause, 0 resume */
	LW_CONTROL_ENDED,    /* to who is attached or watches: arg: the exit code */
	LW_CONTROL_STARTED,  /* to who watches: arg: the command's pid */
	LW_CONTROL_READY,    /* to who watches: it is ready */
	LW_CONTROL_FAILED,   /* to the owner: it could not be started */
};
#define LW_STOP_KILL 1 /* at once, without the signal */
#define LW_STOP_KEEP 2 /* the record stays even if it was to go (--rm): it is started again */

#define LW_ATTACH_TERMINAL 1 /* answer: the stream is a terminal's */
#define LW_ATTACH_INPUT 2    /* answer: what is written to the (first) stream is read inside */

#define LW_CONTROL_MAGIC UINT32_C(0x6c77637a)
struct lw_control_message {
	uint32_t magic, verb;
	int64_t arg;
	uint32_t flags;
	int32_t result; /* of an answer: 0 or negative errno */
};

/* What those who watch are told. */
struct lw_control_event {
	struct lw_control_message m;
	struct lw_status status; /* ENDED */
	struct lw_err err;       /* FAILED */
};

#define LW_CONTROL_SOCKET "control"
/* A connection to the supervisor of the record in `dir`; -ENOENT or -ECONNREFUSED when there is none. */
int lw_control_connect(int dir);
/* Says m and replaces it with the answer; with room for descriptors, those that came with it (-1: none). At most a few
 * seconds: a supervisor never lets anybody wait. */
int lw_control_ask(int fd, struct lw_control_message *m, int *ret_fds, unsigned n_fds);

#endif
