/* libseccomp.h: libseccomp's own <seccomp.h>, which core/seccomp.h hides from everyone who searches core/ first. To be
 * included with angle brackets (so that "next" means behind core/), and by core/seccomp_compile.c alone. */
#ifndef LW_LIBSECCOMP_H
#define LW_LIBSECCOMP_H

#include_next <seccomp.h>

#endif
