/* bind_wait.h: waiting, in a way that a signal (the interpreter's ^C) ends. */
#ifndef LW_MODULE_BIND_WAIT_H
#define LW_MODULE_BIND_WAIT_H

#include <poll.h>
#include "lua/module/bind.h"

/* The time that a timeout at idx ends at (CLOCK_MONOTONIC, microseconds); none: never, INT64_MAX. */
int64_t bind_until(lua_State *L, int idx);
/* As poll(2); -EINTR when a signal came. */
int bind_poll(struct pollfd *fds, size_t n, int64_t until);
/* 1 when it is readable, 0 when the time is over, -EINTR. */
int bind_wait_fd(int fd, int64_t until);
/* "started", "ready", "ended" */
const char *bind_event_name(unsigned bit);

#endif
