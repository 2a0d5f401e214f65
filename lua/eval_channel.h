/* eval_channel.h: the framed socket between the evaluator's child and its parent. Both ends bound every length the
 * other names; the parent's end also has a deadline, because the child may stop reading or writing at any moment. */
#ifndef LW_EVAL_CHANNEL_H
#define LW_EVAL_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

enum eval_frame {
	/* parent to child */
	EVAL_SOURCE = 1, /* struct eval_source, then name, directory, text */
	EVAL_REFUSED,    /* an include that cannot be had: message */
	/* child to parent */
	EVAL_INCLUDE, /* a name */
	EVAL_LOAD,    /* a policy's file: absolute path, NUL, the name as written; answered by raw JSON */
	EVAL_PRINT,   /* text for the user */
	EVAL_ERROR,   /* struct lw_err */
	EVAL_ANSWER,  /* JSON text: {"layers":[…]} */
	EVAL_KEEP,    /* the same, of a profile that asked for nothing but texts: may be kept */
};

#define EVAL_TEXT_MAX ((size_t)1 << 20)   /* a profile or include */
#define EVAL_ANSWER_MAX ((size_t)4 << 20) /* what all layers together may say */
#define EVAL_PRINT_MAX ((size_t)64 << 10) /* printed by one evaluation */
#define EVAL_INCLUDES_MAX 64              /* files served to one evaluation, the profile itself not counted */
#define EVAL_NAME_MAX 255                 /* an include's name */
#define EVAL_PATH_MAX 4608                /* EVAL_LOAD */

struct eval_head {
	uint32_t type, size;
};
/* Followed by three strings of these sizes without terminators. */
struct eval_source {
	uint32_t name, dir, text;
};

/* Child: plain blocking reads and writes, the only calls its filter allows. 0 or negative errno. */
int eval_child_send(int fd, uint32_t type, const void *buf, size_t n);
int eval_child_read(int fd, void *buf, size_t n);

/* Parent: `deadline` is CLOCK_MONOTONIC in microseconds; -ETIMEDOUT past it, -EPIPE when the child is gone. */
int64_t eval_now(void);
int eval_parent_send(int fd, uint32_t type, const void *buf, size_t n, int64_t deadline);
/* *ret is malloc'ed and NUL-terminated past *ret_n. -EMSGSIZE for a frame its type may not have. */
int eval_parent_recv(int fd, uint32_t *ret_type, char **ret, size_t *ret_n, int64_t deadline);

#endif
