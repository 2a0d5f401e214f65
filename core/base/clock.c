/* clock.c: see clock.h. The calendar is done by hand: libc's asks for the time zone, and a warm launch has no libc. */
#include "base/clock.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define USEC INT64_C(1000000)
#define DAY 86400
/* A year is counted from March, so that the leap day is its last; 400 of them have always as many days. */
#define DAYS_400 146097
#define DAYS_TO_1970 719468

struct date {
	int64_t year;
	int month, day;
};

static struct date date_of(int64_t days)
{
	days += DAYS_TO_1970;
	int64_t era = (days >= 0 ? days : days - (DAYS_400 - 1)) / DAYS_400;
	int n = (int)(days - era * DAYS_400);
	int year = (n - n / 1460 + n / 36524 - n / 146096) / 365;
	int left = n - (365 * year + year / 4 - year / 100);
	int month = (5 * left + 2) / 153;
	return (struct date){ era * 400 + year + (month >= 10), month < 10 ? month + 3 : month - 9,
			      left - (153 * month + 2) / 5 + 1 };
}

static int64_t days_of(const struct date *d)
{
	int64_t year = d->year - (d->month <= 2), era = (year >= 0 ? year : year - 399) / 400;
	int of_era = (int)(year - era * 400), month = d->month > 2 ? d->month - 3 : d->month + 9;
	return era * DAYS_400 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + d->day - 1 -
	       DAYS_TO_1970;
}

static int put_time(int64_t seconds, char *buf, size_t size)
{
	int64_t days = seconds / DAY - (seconds % DAY < 0);
	int left = (int)(seconds - days * DAY);
	struct date d = date_of(days);
	return snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d", (int)d.year, d.month, d.day, left / 3600,
			left / 60 % 60, left % 60);
}

char *lw_now_text(char buf[static LW_TIME_MAX])
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	int n = put_time(t.tv_sec, buf, LW_TIME_MAX);
	snprintf(buf + n, LW_TIME_MAX - (size_t)n, ".%03dZ", (int)(t.tv_nsec / 1000000));
	return buf;
}

char *lw_time_text(int64_t usec, char buf[static LW_TIME_MAX])
{
	int64_t seconds = usec / USEC - (usec % USEC < 0);
	if (seconds < days_of(&(struct date){ 0, 1, 1 }) * DAY ||
	    seconds >= days_of(&(struct date){ 10000, 1, 1 }) * DAY)
		seconds = usec = 0;
	int n = put_time(seconds, buf, LW_TIME_MAX);
	snprintf(buf + n, LW_TIME_MAX - (size_t)n, ".%06dZ", (int)(usec - seconds * USEC));
	return buf;
}

int64_t lw_clock_usec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * USEC + t.tv_nsec / 1000;
}

int64_t lw_now_usec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * USEC + t.tv_nsec / 1000;
}

/* Exactly n digits, from `min` to `max`. */
static bool number(const char **s, int n, int min, int max, int *ret)
{
	int v = 0;
	for (; n; n--, ++*s) {
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (**s - '0');
	}
	*ret = v;
	return v >= min && v <= max;
}

static bool character(const char **s, const char *any)
{
	if (!**s || !strchr(any, **s))
		return false;
	++*s;
	return true;
}

/* ".123": microseconds; further digits are read and count for nothing. */
static bool fraction(const char **s, int64_t *ret)
{
	int64_t unit = USEC / 10;
	*ret = 0;
	if (!character(s, "."))
		return true;
	const char *first = *s;
	for (; **s >= '0' && **s <= '9'; ++*s, unit /= 10)
		*ret += (**s - '0') * unit;
	return *s != first;
}

static bool zone(const char **s, int *ret)
{
	bool minus = **s == '-';
	int hours, minutes;
	*ret = 0;
	if (character(s, "Zz"))
		return true;
	if (!character(s, "+-") || !number(s, 2, 0, 23, &hours) || !character(s, ":") || !number(s, 2, 0, 59, &minutes))
		return false;
	*ret = (hours * 60 + minutes) * (minus ? -60 : 60);
	return true;
}

int lw_parse_time(const char *s, int64_t *ret)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, hour = 0, minute = 0, second = 0, offset = 0;
	int64_t usec = 0;
	struct date d;
	if (!number(&s, 4, 0, 9999, &year) || !character(&s, "-") || !number(&s, 2, 1, 12, &d.month) ||
	    !character(&s, "-") || !number(&s, 2, 1, days[d.month - 1], &d.day))
		return -EINVAL;
	if (d.month == 2 && d.day == 29 && (year % 4 || (year % 100 == 0 && year % 400)))
		return -EINVAL;
	if (*s && (!character(&s, "Tt ") || !number(&s, 2, 0, 23, &hour) || !character(&s, ":") ||
		   !number(&s, 2, 0, 59, &minute) || !character(&s, ":") || !number(&s, 2, 0, 60, &second) ||
		   !fraction(&s, &usec) || !zone(&s, &offset) || *s))
		return -EINVAL;
	d.year = year;
	*ret = (days_of(&d) * DAY + hour * 3600 + minute * 60 + second - offset) * USEC + usec;
	return 0;
}
