/* clock.h: the times that are written down, and those that are waited for. */
#ifndef LW_CLOCK_H
#define LW_CLOCK_H

#include <stdint.h>

/* "2026-11-22T09:30:00.123Z" (RFC 3339), of now. Returns buf. */
#define LW_TIME_MAX 32
char *lw_now_text(char buf[static LW_TIME_MAX]);
/* CLOCK_MONOTONIC in microseconds. */
int64_t lw_now_usec(void);

#endif
