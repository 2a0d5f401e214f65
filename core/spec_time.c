/* spec_time.c: time_offsets: durations that may be negative, their bounds, and what they need. */
#include <string.h>
#include "base/cleanup.h"
#include "spec_codec.h"

int lw_read_offset(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	int64_t *at = (int64_t *)((char *)rec + f->offset), n = 0;
	const char *text = json_string_value(v);
	bool negative = text ? *text == '-' : json_number_value(v) < 0;
	int r;

	(void)s;
	if (text) {
		if (strlen(text) != json_string_length(v) || lw_parse_duration(text + negative, &n) < 0)
			return lw_codec_fail(err, "expected %s, not \"%.80s\"", f->form, text);
	} else if (json_is_number(v)) {
		json_t *positive = json_real(negative ? -json_number_value(v) : json_number_value(v));
		r = positive ? lw_codec_duration(f, positive, &n, err) : lw_codec_nomem(err);
		json_decref(positive);
		if (r < 0)
			return r;
	} else {
		return lw_codec_mismatch(f, v, err);
	}
	if (n / 1000000 > LW_TIME_OFFSET_MAX)
		return lw_codec_fail(err, "out of range: at most %lld seconds either way",
				     (long long)LW_TIME_OFFSET_MAX);
	*at = negative ? -n : n;
	return 0;
}

json_t *lw_write_offset(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	char buf[LW_FORMAT_MAX];

	(void)s;
	return json_string(lw_format_duration(*(const int64_t *)((const char *)rec + f->offset), buf, sizeof(buf)));
}

int lw_check_time_offsets(const struct lw_spec *s, struct lw_err *err)
{
	const struct lw_time_offsets *t = &s->time_offsets;

	if (s->namespaces.mode[LW_NS_TIME] == LW_NS_NEW || (!t->monotonic && !t->boottime))
		return 0;
	lw_codec_fail(err, "needs namespaces.time = \"new\"");
	lw_codec_in(err, "time_offsets");
	lw_err_at(err, t->rec.origin);
	return -EINVAL;
}
