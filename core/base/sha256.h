/* sha256.h: FIPS 180-4 digest for profile digests and cache keys. Our own because every library that has it costs a
 * launch more in relocation than the 100 lines cost a reader (docs/ARCHITECTURE.md, "What we do by hand"). */
#ifndef LW_BASE_SHA256_H
#define LW_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct lw_sha256 {
	uint32_t h[8];
	uint64_t len;
	uint8_t buf[64];
};
void lw_sha256_init(struct lw_sha256 *c);
void lw_sha256_add(struct lw_sha256 *c, const void *p, size_t n);
void lw_sha256_end(struct lw_sha256 *c, uint8_t ret[32]);
void lw_sha256_hex(const uint8_t d[32], char ret[65]);

#endif
