/* seccomp_oci.h: policies in the JSON that moby and the OCI runtimes read, in and out. The document's rules have no
 * order; what libseccomp makes of them is what they mean here. */
#ifndef LW_SECCOMP_OCI_H
#define LW_SECCOMP_OCI_H

#include <jansson.h>
#include <stddef.h>
#include "base/err.h"
#include "spec.h"

#define LW_SECCOMP_FILE_MAX ((size_t)1 << 20)

/* The policy of a document, as raw JSON of the key `seccomp`: base, rules, each with FILE:LINE, architectures, log.
 * Conditions on capabilities stay, those on the architecture and the kernel ("6.1.0") are decided: *ret_kernel (or
 * NULL) says whether the kernel had a part in it. */
int lw_seccomp_import(const char *text, size_t n, const char *file, const char *kernel, json_t **ret, bool *ret_kernel,
		      struct lw_err *err);
/* A document that loads again with the verdicts the policy has for these capabilities. */
int lw_seccomp_export(const struct lw_seccomp *p, uint64_t caps, json_t **ret, struct lw_err *err);

#endif
