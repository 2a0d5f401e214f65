/* spec_image.c: a root that is an image, in a spec: what goes with it, and the form of a digest. It looks at no file:
 * what the image is, lw_image_prepare finds out. */
#include <string.h>
#include "spec_codec.h"

#define ALGORITHM "sha256:"

int lw_check_digest(const char *v, struct lw_err *err)
{
	size_t n = sizeof(ALGORITHM) - 1;
	if (strncmp(v, ALGORITHM, n) != 0) {
		lw_codec_fail(err, "expected \"sha256:\" and 64 hexadecimal digits, not \"%.80s\"", v);
		lw_err_hint(err, "sha256sum IMAGE prints the digits");
		return -EINVAL;
	}
	v += n;
	if (strspn(v, "0123456789abcdef") == 64 && strlen(v) == 64)
		return 0;
	return lw_codec_fail(err, "expected 64 hexadecimal digits in lower case behind \"sha256:\"");
}

static int broken(const struct lw_root *root, const char *key, const char *msg, const char *hint, struct lw_err *err)
{
	lw_codec_fail(err, "%s", msg);
	lw_codec_in(err, key);
	lw_err_hint(err, "%s", hint);
	lw_err_at(err, root->rec.origin);
	return -EINVAL;
}

int lw_root_image_finish(struct lw_root *root, struct lw_err *err)
{
	if (!root->image) {
		if (lw_is_set(&root->rec, LW_ROOT_KEY_VERIFY))
			return broken(root, "verify", "there is no image to verify", "name it: root = { image = PATH }",
				      err);
		if (lw_is_set(&root->rec, LW_ROOT_KEY_UNPACK))
			return broken(root, "unpack", "there is no image to unpack", "name it: root = { image = PATH }",
				      err);
		return 0;
	}
	if (lw_is_set(&root->rec, LW_ROOT_KEY_PATH))
		return broken(root, "image", "the root is a path already", "leave one of path and image out", err);
	if (!root->readonly && !root->overlay.on)
		return broken(root, "readonly", "an image is never written to",
			      "overlay = true keeps changes apart from it", err);
	if (!root->unpack.size)
		root->unpack.size = LW_UNPACK_SIZE;
	if (!root->unpack.files)
		root->unpack.files = LW_UNPACK_FILES;
	root->kind = LW_ROOT_DIR;
	return 0;
}
