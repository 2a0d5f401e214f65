/* test_image.c: what an image is told to be by its first bytes, its digest, and when a remembered one counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "image.h"

static int file_of(const void *bytes, size_t n, size_t at)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 2048), 0);
	assert_int_equal(pwrite(fd, bytes, n, (off_t)at), n);
	return fd;
}

static void kinds(void **state)
{
	static const struct {
		const char *bytes;
		size_t n, at;
		int kind;
	} cases[] = {
		{ "hsqs", 4, 0, LW_IMAGE_SQUASHFS },
		{ "\xe2\xe1\xf5\xe0", 4, 1024, LW_IMAGE_EROFS },
		{ "ustar", 5, 257, LW_IMAGE_ARCHIVE },
		{ "\x1f\x8b", 2, 0, LW_IMAGE_ARCHIVE },
		{ "\xfd"
		  "7zXZ\0",
		  6, 0, LW_IMAGE_ARCHIVE },
		{ "\x28\xb5\x2f\xfd", 4, 0, LW_IMAGE_ARCHIVE },
		{ "BZh", 3, 0, LW_IMAGE_ARCHIVE },
		{ "\x7f"
		  "ELF",
		  4, 0, -EINVAL },
		{ "", 1, 0, -EINVAL },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_close_ int fd = file_of(cases[i].bytes, cases[i].n, cases[i].at);
		assert_int_equal(lw_image_kind(fd), cases[i].kind);
	}
	_cleanup_close_ int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int empty = memfd_create("image", MFD_CLOEXEC);
	assert_int_equal(lw_image_kind(dir), LW_IMAGE_DIR);
	assert_int_equal(lw_image_kind(null), -EINVAL);
	assert_int_equal(lw_image_kind(empty), -EINVAL);
	for (int k = LW_IMAGE_DIR; k <= LW_IMAGE_EROFS; k++)
		assert_non_null(lw_image_kind_name(k));
	assert_null(lw_image_kind_name(LW_IMAGE_EROFS + 1));
}

static void digests(void **state)
{
	char state_dir[] = "/tmp/lunward-image-XXXXXX", digest[65], again[65];
	(void)state;
	assert_non_null(mkdtemp(state_dir));
	_cleanup_close_ int dir = open(state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int fd = openat(dir, "abc", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "abc", 3), 3);
	assert_int_equal(lw_image_digest(fd, dir, digest), 0);
	assert_string_equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	/* Of a file so young nothing is remembered. */
	assert_int_equal(faccessat(dir, "digests", F_OK, 0), -1);
	assert_int_equal(pwrite(fd, "x", 1, 0), 1);
	assert_int_equal(lw_image_digest(fd, dir, again), 0);
	assert_string_not_equal(digest, again);
	assert_int_equal(unlinkat(dir, "abc", 0), 0);
	assert_int_equal(rmdir(state_dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kinds), cmocka_unit_test(digests) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
