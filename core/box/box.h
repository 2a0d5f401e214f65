/* box.h: what is done to a sandbox in the background from outside, and what is read of it. A box is its record; its
 * supervisor is asked over its socket, so that it knows what is wanted; processes are held by pidfd and start time, and
 * nobody is signalled by a number alone. Nothing here prints, exits or waits for children. */
#ifndef LW_BOX_H
#define LW_BOX_H

#include <jansson.h>
#include "record_state.h"

/* --- the end (end.c) --- */

/* One that was asked to end, this time: started anew meanwhile, it is another's. Begin with { -1 }. */
struct lw_box_end {
	int supervisor;   /* pidfd, or -1 */
	bool asked, deaf; /* deaf: it was, and does not answer */
	int64_t patience; /* microseconds that the supervisor will wait before it kills */
};
void lw_box_end_done(struct lw_box_end *e);
/* Asks it to stop with its stop signal and so much patience (-1: its own); LW_STOP_* (supervise/control.h). Success
 * when it has ended already. Nobody is waited for, so that several can be asked before the first is. */
int lw_box_stop(struct lw_record *r, int64_t patience_usec, unsigned flags, struct lw_box_end *ret, struct lw_err *err);
/* Ends everything inside at once, whether its supervisor answers or not. */
int lw_box_kill(struct lw_record *r, struct lw_box_end *ret, struct lw_err *err);
/* Waits for the end that was asked for, kills what outlives its patience, and removes what a dead supervisor left. */
int lw_box_ended(const struct lw_host *h, struct lw_record *r, const struct lw_box_end *e, struct lw_err *err);
/* A signal for its command alone. Success when it has ended already. */
int lw_box_signal(struct lw_record *r, int sig, struct lw_err *err);
/* Forgets one that has ended; -EBUSY when it runs. */
int lw_box_remove(const struct lw_host *h, struct lw_record *r, struct lw_err *err);

/* --- standing still (pause.c) --- */

/* Everything inside stands, or goes on, when this returns. Twice is once; -ESRCH when it does not run. */
int lw_box_pause(struct lw_record *r, bool on, struct lw_err *err);

/* --- what it uses (stats.c) --- */

struct lw_box_pressure {
	double some_avg10, full_avg10; /* percent of the last ten seconds; negative: not known */
	int64_t some_usec, full_usec;  /* -1: not known */
};
enum lw_box_resource { LW_BOX_CPU, LW_BOX_MEMORY, LW_BOX_IO, LW_BOX_RESOURCES };
extern const char *const lw_box_resource_names[LW_BOX_RESOURCES];

/* -1 where this machine does not tell. */
struct lw_box_stats {
	int64_t at_usec;                       /* CLOCK_MONOTONIC: when it was read */
	int64_t tasks, tasks_limit, processes; /* without the init; -1 of a limit: none */
	int64_t cpu_usec;
	const char *
		cpu_source; /* "cgroup", or "processes": the sum of those that are there and of those they waited for */
	int64_t memory, memory_peak, memory_limit, swap;
	int64_t io_read, io_written, io_reads, io_writes; /* bytes and operations on block devices */
	struct lw_box_pressure pressure[LW_BOX_RESOURCES];
	int64_t net_received, net_sent, net_received_packets, net_sent_packets; /* of its own interfaces but lo */
};
/* All of them -1 when it does not run. */
void lw_box_stats(struct lw_record *r, struct lw_box_stats *ret);
/* Percent of one processor between two readings; negative: not known. */
double lw_box_cpu_percent(const struct lw_box_stats *before, const struct lw_box_stats *now);

/* --- other limits (update.c) --- */

/* Turns the spec it is started from into what it is to be; negative errno and err: it stays. */
typedef int lw_box_change(void *arg, const json_t *spec, struct lw_spec **ret, struct lw_err *err);
/* Applies the limits that `change` makes, now if it runs and from the next start on: all of them, or none. `h` is the
 * host that plans are made for. */
int lw_box_update(struct lw_host *h, struct lw_record *r, lw_box_change *change, void *arg, struct lw_err *err);

/* --- all about it (inspect.c) --- */

json_t *lw_box_inspect(struct lw_record *r);
/* The interfaces in the network namespace of a process, but lo: [{name, host_name, bridge, mac, addresses}]. */
json_t *lw_box_interfaces(pid_t pid);

#endif
