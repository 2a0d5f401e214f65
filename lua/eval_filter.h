/* eval_filter.h: the constant seccomp filter of the evaluator's child. */
#ifndef LW_EVAL_FILTER_H
#define LW_EVAL_FILTER_H

#include <linux/filter.h>

extern const struct sock_filter eval_filter[];
extern const unsigned short eval_filter_len;

/* Built with AddressSanitizer, whose runtime maps memory and opens files at any time: there the child runs without the
 * filter, and nowhere else. */
#if defined(__SANITIZE_ADDRESS__)
#define EVAL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EVAL_SANITIZED 1
#endif
#endif

#endif
