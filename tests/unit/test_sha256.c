/* test_sha256.c: the digest (core/base/sha256.h) against published vectors and against itself cut at every place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/sha256.h"

static void digest(const void *p, size_t n, char hex[65])
{
	struct lw_sha256 c;
	uint8_t d[32];
	lw_sha256_init(&c);
	lw_sha256_add(&c, p, n);
	lw_sha256_end(&c, d);
	lw_sha256_hex(d, hex);
}

static void test_published_vectors(void **state)
{
	(void)state;
	static const struct {
		const char *s, *hex;
	} v[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmno"
		  "pqrstnopqrstu",
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	};
	char hex[65];
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		digest(v[i].s, strlen(v[i].s), hex);
		assert_string_equal(hex, v[i].hex);
	}
}

static void test_million_a(void **state)
{
	(void)state;
	struct lw_sha256 c;
	uint8_t d[32];
	char hex[65], a[1000];
	memset(a, 'a', sizeof(a));
	lw_sha256_init(&c);
	for (int i = 0; i < 1000; i++)
		lw_sha256_add(&c, a, sizeof(a));
	lw_sha256_end(&c, d);
	lw_sha256_hex(d, hex);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_cut_anywhere(void **state)
{
	(void)state;
	uint8_t text[200];
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 37);
	/* Every length around the block and padding edges, every cut: one digest. */
	for (size_t n = 0; n <= sizeof(text); n++) {
		char whole[65];
		digest(text, n, whole);
		for (size_t cut = 0; cut <= n; cut += 1 + cut / 70) {
			struct lw_sha256 c;
			uint8_t d[32];
			char hex[65];
			lw_sha256_init(&c);
			lw_sha256_add(&c, text, cut);
			lw_sha256_add(&c, NULL, 0);
			lw_sha256_add(&c, text + cut, n - cut);
			lw_sha256_end(&c, d);
			lw_sha256_hex(d, hex);
			assert_string_equal(hex, whole);
		}
	}
}

static void test_padding_edges(void **state)
{
	(void)state;
	/* sha256sum of that many 'x' */
	static const struct {
		size_t n;
		const char *hex;
	} v[] = {
		{ 55, "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072" },
		{ 56, "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e" },
		{ 63, "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2" },
		{ 64, "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c" },
		{ 65, "9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9" },
		{ 119, "000b48d4edf0fa7bee3c6236ecd2785baa5db4eeb8bb54341b029e0d9fa5fb0c" },
		{ 120, "13f05a0b594787f5ecd315edc96141bd3243203d1b7d4f0836f37308b276ba98" },
		{ 128, "24da1b81d0b16df6428eee73c69fcb2a93c76bc6df706f0c6670fe6bfe800464" },
	};
	char x[130], hex[65];
	memset(x, 'x', sizeof(x));
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		digest(x, v[i].n, hex);
		assert_string_equal(hex, v[i].hex);
	}
}

int main(void)
{
	const struct CMUnitTest sha256[] = {
		cmocka_unit_test(test_published_vectors),
		cmocka_unit_test(test_million_a),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_padding_edges),
	};
	return cmocka_run_group_tests_name("sha256", sha256, NULL, NULL);
}
