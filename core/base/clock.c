/* clock.c: see clock.h. */
#include "base/clock.h"
#include <stdio.h>
#include <time.h>

char *lw_now_text(char buf[static LW_TIME_MAX])
{
	struct timespec t;
	struct tm tm;
	clock_gettime(CLOCK_REALTIME, &t);
	gmtime_r(&t.tv_sec, &tm);
	size_t n = strftime(buf, LW_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, LW_TIME_MAX - n, ".%03dZ", (int)(t.tv_nsec / 1000000));
	return buf;
}

int64_t lw_now_usec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
