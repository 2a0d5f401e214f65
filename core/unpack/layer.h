/* layer.h: one archive, read by libarchive, laid into a tree. Only this file's companion includes <archive.h>. */
#ifndef LW_UNPACK_LAYER_H
#define LW_UNPACK_LAYER_H

#include "tree.h"

enum layer_pass {
	LAYER_PLAIN,    /* a tar as it is */
	LAYER_REMOVALS, /* of an OCI layer: what it takes away from the layers below it */
	LAYER_ENTRIES,  /* of an OCI layer: what it brings */
};
/* Reads fd to its end and checks that its bytes have the digest (hexadecimal). */
int layer_apply(struct tree *t, int fd, const char *digest, enum layer_pass pass, struct lw_err *err);

#endif
