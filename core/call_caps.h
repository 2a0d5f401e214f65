/* call_caps.h: which system calls the kernel refuses for want of a capability, whatever else is true. */
#ifndef LW_CALL_CAPS_H
#define LW_CALL_CAPS_H

#include <stdint.h>

struct lw_call_cap {
	const char *name;
	int cap;
	int host; /* it counts in the host's user namespace only */
	/* Only with these bits in two arguments; mask 0: whatever they are. */
	struct {
		int arg;
		uint32_t mask, value;
	} when[2];
};
extern const struct lw_call_cap lw_call_cap_table[];
extern const unsigned lw_call_cap_count;

#endif
