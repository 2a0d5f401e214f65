/* seccomp_import_words.c: the words of moby's and the OCI's JSON: which keys there are, what actions and conditions
 * mean, and on which lines the entries stand. Knows nothing of rules. The text may be anybody's. */
#include "seccomp_import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "seccomp_abi.h"

#define FAIL(err, ...) lw_fail_as(err, LW_ERR_POLICY, -EINVAL, __VA_ARGS__)
/* Set-up itself needs a newer one, so what asks for an older is always met. */
#define KERNEL_FLOOR 5

void lw_import_lines(const char *text, size_t n, uint32_t lines[LW_IMPORT_RULES])
{
	static const char key[] = "\"syscalls\"";
	uint32_t line = 1;
	unsigned depth = 0, found = 0;
	bool named = false, inside = false;
	for (size_t i = 0; i < n && found < LW_IMPORT_RULES; i++) {
		switch (text[i]) {
		case '\n':
			line++;
			break;
		case '"':
			if (depth == 1)
				named = n - i >= sizeof key - 1 && memcmp(text + i, key, sizeof key - 1) == 0;
			for (i++; i < n && text[i] != '"'; i++)
				i += text[i] == '\\';
			break;
		case '{':
		case '[':
			if (depth == 1)
				inside = named && text[i] == '[';
			if (depth == 2 && inside && text[i] == '{')
				lines[found++] = line;
			depth++;
			break;
		case '}':
		case ']':
			depth--;
			break;
		default:
			break;
		}
	}
}

int lw_import_keys(const json_t *object, const char *const *words, size_t n, struct lw_err *err)
{
	const char *key;
	json_t *value;
	if (!json_is_object(object))
		return FAIL(err, "expected an object");
	json_object_foreach((json_t *)object, key, value)
	{
		bool known = false;
		for (size_t i = 0; i < n; i++)
			known = known || strcmp(words[i], key) == 0;
		if (known)
			continue;
		const char *near = lw_nearest(key, words, n);
		FAIL(err, "unknown key \"%s\"", key);
		if (near)
			lw_err_hint(err, "did you mean \"%s\"?", near);
		return -EINVAL;
	}
	return 0;
}

static int read_error(const json_t *number, const json_t *name, int *ret, struct lw_err *err)
{
	*ret = EPERM;
	if (json_is_integer(number)) {
		json_int_t v = json_integer_value(number);
		if (v < 1 || v > 4095)
			return FAIL(err, "%lld is no error number", (long long)v);
		*ret = (int)v;
	} else if (json_is_string(name)) {
		for (*ret = 1; *ret < 4096; (*ret)++)
			if (strerrorname_np(*ret) && strcmp(strerrorname_np(*ret), json_string_value(name)) == 0)
				return 0;
		return FAIL(err, "unknown error \"%s\"", json_string_value(name));
	} else if ((number && !json_is_null(number)) || (name && !json_is_string(name))) {
		return FAIL(err, "errnoRet is a number");
	}
	return 0;
}

int lw_import_action(const json_t *v, const json_t *number, const json_t *name, struct lw_import_action *ret,
		     struct lw_err *err)
{
	static const struct {
		const char *text, *word;
	} table[] = {
		{ "SCMP_ACT_ALLOW", "allow" },       { "SCMP_ACT_ERRNO", "errno" },      { "SCMP_ACT_KILL", "kill" },
		{ "SCMP_ACT_KILL_PROCESS", "kill" }, { "SCMP_ACT_KILL_THREAD", "kill" }, /* half a program is of no use
											    to anybody */
		{ "SCMP_ACT_LOG", "log" },
	};
	const char *text = json_string_value(v), *names[sizeof table / sizeof table[0]];
	for (size_t i = 0; text && i < sizeof table / sizeof table[0]; i++) {
		names[i] = table[i].text;
		if (strcmp(text, table[i].text) != 0)
			continue;
		ret->word = table[i].word;
		ret->error = 0;
		return strcmp(ret->word, "errno") == 0 ? read_error(number, name, &ret->error, err) : 0;
	}
	if (!text)
		return FAIL(err, "an action is expected");
	if (strcmp(text, "SCMP_ACT_TRAP") == 0 || strcmp(text, "SCMP_ACT_TRACE") == 0 ||
	    strcmp(text, "SCMP_ACT_NOTIFY") == 0) {
		FAIL(err, "%s has nobody to answer it here", text);
		lw_err_hint(err, "SCMP_ACT_ERRNO, SCMP_ACT_KILL_PROCESS, SCMP_ACT_LOG or SCMP_ACT_ALLOW");
		return -EINVAL;
	}
	const char *near = lw_nearest(text, names, sizeof table / sizeof table[0]);
	FAIL(err, "unknown action \"%s\"", text);
	if (near)
		lw_err_hint(err, "did you mean \"%s\"?", near);
	return -EINVAL;
}

/* "4.8" against "6.1.0-13-amd64". */
static bool kernel_at_least(const char *have, const char *want)
{
	unsigned a[2] = { 0 }, b[2] = { 0 };
	(void)sscanf(have, "%u.%u", &a[0], &a[1]);
	(void)sscanf(want, "%u.%u", &b[0], &b[1]);
	return a[0] != b[0] ? a[0] > b[0] : a[1] >= b[1];
}

static const char *native_word(void)
{
	return strcmp(lw_abi_native.name, "x86_64") == 0 ? "amd64" : "arm64";
}

int lw_import_conditions(const json_t *v, bool every, const char *kernel, bool *ret_met, json_t **ret_caps,
			 bool *ret_kernel, struct lw_err *err)
{
	static const char *const words[] = { "arches", "caps", "minKernel" };
	const json_t *arches = json_object_get(v, "arches"), *least = json_object_get(v, "minKernel");
	json_t *caps = json_object_get(v, "caps"), *cap;
	size_t i;
	*ret_met = every;
	if (!v || json_is_null(v))
		return 0;
	int r = lw_import_keys(v, words, ARRAY_LEN(words), err);
	if (r < 0)
		return r;
	if (json_array_size(arches) > 0) {
		bool ours = false;
		for (i = 0; i < json_array_size(arches); i++) {
			const char *word = json_string_value(json_array_get(arches, i));
			ours = ours || (word && strcmp(word, native_word()) == 0);
		}
		*ret_met = every ? *ret_met && ours : *ret_met || ours;
	}
	if (least && !json_is_null(least)) {
		const char *want = json_string_value(least);
		if (!want || want[0] < '0' || want[0] > '9')
			return FAIL(err, "minKernel is text like \"4.8\"");
		bool floor = strtol(want, NULL, 10) < KERNEL_FLOOR;
		bool met = floor || kernel_at_least(kernel ? kernel : "", want);
		*ret_kernel = *ret_kernel || !floor;
		*ret_met = every ? *ret_met && met : *ret_met || met;
	}
	json_array_foreach(caps, i, cap)
	{
		const char *name = json_string_value(cap);
		if (!name || lw_names_value(&lw_capability_table, name) < 0)
			return FAIL(err, "unknown capability \"%s\"", name ? name : "");
	}
	*ret_caps = json_array_size(caps) > 0 ? caps : NULL;
	return 0;
}
