/* clock.h: the times that are written down, and those that are waited for. */
#ifndef LW_CLOCK_H
#define LW_CLOCK_H

#include <stdint.h>

/* "2026-11-22T09:30:00.123Z" (RFC 3339), of now. Returns buf. */
#define LW_TIME_MAX 32
char *lw_now_text(char buf[static LW_TIME_MAX]);
/* The same with microseconds, of a time since 1970 in microseconds. Neither allocates, nor knows of time zones. */
char *lw_time_text(int64_t usec, char buf[static LW_TIME_MAX]);
int64_t lw_clock_usec(void); /* CLOCK_REALTIME */
/* RFC 3339, "2026-11-22T09:30:00Z", ".5" after the seconds, "+01:00" for the Z; a blank for the T; the date alone. */
int lw_parse_time(const char *s, int64_t *ret_usec);
/* CLOCK_MONOTONIC in microseconds. */
int64_t lw_now_usec(void);

#endif
