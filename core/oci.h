/* oci.h: the documents of an OCI image layout: which manifest its index means, and which layers that lists. Everything
 * in them may be an enemy's: sizes are bounded, every blob is held against its digest, names are nothing but digests.
 * Must not know how a layer is unpacked. */
#ifndef LW_OCI_H
#define LW_OCI_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define LW_OCI_LAYERS 512

struct lw_oci_layer {
	char digest[65]; /* sha256, hexadecimal */
	int64_t size;
};

/* Does the directory say that it is a layout? */
int lw_oci_is_layout(int dir);
/* The digest of the manifest that index.json means: its only one, or the one for linux on `arch` (uname's word). */
int lw_oci_manifest(int dir, const char *arch, char ret[65], struct lw_err *err);
/* The layers of that manifest, lowest first; malloc'ed. */
int lw_oci_layers(int dir, const char digest[65], struct lw_oci_layer **ret, size_t *ret_n, struct lw_err *err);
/* The name of a blob below the layout. */
#define LW_OCI_BLOB "blobs/sha256/"
#define LW_OCI_BLOB_NAME (sizeof LW_OCI_BLOB + 64)
void lw_oci_blob(const char digest[65], char ret[static LW_OCI_BLOB_NAME]);

#endif
