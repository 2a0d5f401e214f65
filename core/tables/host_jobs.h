/* host_jobs.h: programs that do a host's own work, which is what root is for there, and who does it for a sandbox.
 * Data only. */
#ifndef LW_TABLES_HOST_JOBS_H
#define LW_TABLES_HOST_JOBS_H

#include "base/names.h"

enum lw_host_job { LW_JOB_LOGIN, LW_JOB_SCHEDULE, LW_JOB_LOG, LW_JOB_HARDWARE, LW_JOB_NETWORK, LW_JOB_COUNT };

extern const struct lw_names lw_host_job_table; /* file names, value enum lw_host_job */
extern const struct lw_host_job_words {
	const char *job;     /* "remote login" */
	const char *instead; /* who does it for a sandbox */
} lw_host_job_words[LW_JOB_COUNT];

#endif
