/* spec_codec.h: what the files of the JSON waist (spec_decode.c, spec_scalar.c, spec_encode.c, spec_custom.c,
 * spec_policy.c, spec_merge.c, schema*.c) share with one another. Nobody else includes it: the outside knows schema.h.
 *
 * Errors: every reader fails with a key path relative to the value it was given ("[2]", "source"); the caller puts its
 * own key in front with lw_codec_in and the origin of the record around it with lw_err_at. */
#ifndef LW_SPEC_CODEC_H
#define LW_SPEC_CODEC_H

#include <errno.h>
#include "schema.h"

/* execve(2) refuses a longer argument or variable (MAX_ARG_STRLEN), so nothing longer is any use. */
#define LW_STRING_MAX ((size_t)128 * 1024)
#define LW_LIST_MAX 4096
#define LW_MOUNTS_MAX 1024
#define LW_ID_MAX INT64_C(4294967294) /* (uid_t)-1 means "no change" to the kernel, never a user */

/* -EINVAL, class POLICY. */
#define lw_codec_fail(err, ...) lw_fail_as(err, LW_ERR_POLICY, -EINVAL, __VA_ARGS__)
int lw_codec_nomem(struct lw_err *err);
/* "a string", "a list", … */
const char *lw_codec_type(const json_t *v);
/* `expected FORM, not TYPE` */
int lw_codec_mismatch(const struct lw_field *f, const json_t *v, struct lw_err *err);
/* `unknown WHAT "WORD" (did you mean "NEAR"?)`; near may be NULL. */
int lw_codec_unknown(struct lw_err *err, const char *what, const char *word, const char *near);
/* Prefixes the key path; "[2]" joins without a dot. */
void lw_codec_in(struct lw_err *err, const char *key);
void lw_codec_at_index(struct lw_err *err, size_t i);

/* An empty Lua table may arrive as {} or []: both read as an empty list and as an empty table. */
bool lw_codec_is_list(const json_t *v);
bool lw_codec_is_table(const json_t *v);
bool lw_codec_is_unset(const json_t *v); /* {"$unset": true} */

/* Readers. The string readers copy into the spec's arena and refuse NUL bytes and more than LW_STRING_MAX. */
int lw_codec_string(struct lw_spec *s, const json_t *v, const char **ret, struct lw_err *err);
int lw_codec_text(struct lw_spec *s, const struct lw_field *f, const json_t *v, const char **ret,
		  struct lw_err *err); /* or a number, as Lua prints it */
int lw_codec_int(const struct lw_field *f, const json_t *v, int64_t min, int64_t max, int64_t *ret, struct lw_err *err);
int lw_codec_size(const struct lw_field *f, const json_t *v, int64_t *ret, struct lw_err *err);
int lw_codec_duration(const struct lw_field *f, const json_t *v, int64_t *ret, struct lw_err *err);
int lw_codec_cpus(const struct lw_field *f, const json_t *v, int64_t *ret, struct lw_err *err);
int lw_codec_mode(const struct lw_field *f, const json_t *v, int64_t *ret, struct lw_err *err);
int lw_codec_enum(const struct lw_field *f, const json_t *v, int *ret, struct lw_err *err);
int lw_codec_path(struct lw_spec *s, const char *text, const char **ret, struct lw_err *err);
int lw_codec_strlist(struct lw_spec *s, const struct lw_field *f, const json_t *v, struct lw_strlist *ret,
		     struct lw_err *err);
/* Reads a table into `rec`, whose origin holds the enclosing record's. */
int lw_codec_record(struct lw_spec *s, const struct lw_schema *sc, const json_t *v, void *rec, struct lw_err *err);
/* Collapses "//", "/./" and a trailing "/" of an absolute path in place; false when a component is "..". */
bool lw_codec_clean_path(char *path);

/* Writers; new references or NULL on ENOMEM. */
json_t *lw_codec_write_string(const char *v);
json_t *lw_codec_write_strlist(const struct lw_strlist *l);
json_t *lw_codec_write_record(const struct lw_spec *s, const struct lw_schema *sc, const void *rec,
			      struct lw_origin outer);
bool lw_codec_same_origin(struct lw_origin a, struct lw_origin b);

/* Schemas of the nested records, and the words of the enums (schema_records.c). */
extern const struct lw_schema lw_stdio_schema, lw_user_schema, lw_namespaces_schema, lw_ids_schema, lw_root_schema,
	lw_mount_schema, lw_overlay_schema, lw_device_schema, lw_caps_schema, lw_seccomp_schema, lw_seccomp_rule_schema,
	lw_limits_schema, lw_rlimits_schema, lw_join_schema, lw_time_offsets_schema, lw_landlock_schema,
	lw_hardening_schema, lw_apparmor_schema, lw_selinux_schema, lw_verify_schema, lw_unpack_schema,
	lw_service_schema, lw_log_schema, lw_backoff_schema, lw_burst_schema, lw_probe_schema, lw_listen_schema,
	lw_network_schema;
extern const struct lw_names lw_mount_kind_table, lw_root_kind_table, lw_ids_mode_table, lw_seccomp_base_table,
	lw_namespace_mode_table, lw_hidepid_table, lw_network_table;

/* Custom rows (spec_custom.c). */
#define LW_CODEC_PAIR(noun)                                                                                            \
	int lw_read_##noun(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec,                    \
			   struct lw_err *err);                                                                        \
	json_t *lw_write_##noun(const struct lw_spec *s, const struct lw_field *f, const void *rec)
LW_CODEC_PAIR(user);
LW_CODEC_PAIR(groups);
LW_CODEC_PAIR(ids);
LW_CODEC_PAIR(idmaps);
LW_CODEC_PAIR(root);
LW_CODEC_PAIR(root_path);
LW_CODEC_PAIR(rlimit);
LW_CODEC_PAIR(subset);
/* Secrets (spec_secrets.c). */
LW_CODEC_PAIR(secrets);
/* Overlays (spec_overlay.c). */
LW_CODEC_PAIR(overlay);
int lw_root_finish(struct lw_spec *s, void *rec, struct lw_err *err);
/* Images (spec_image.c): the rules among the keys of a root that is one. */
int lw_root_image_finish(struct lw_root *root, struct lw_err *err);
int lw_check_digest(const char *v, struct lw_err *err);
/* Custom rows (spec_policy.c). */
LW_CODEC_PAIR(capabilities);
LW_CODEC_PAIR(capset);
LW_CODEC_PAIR(seccomp);
LW_CODEC_PAIR(seccomp_base);
LW_CODEC_PAIR(errno);
LW_CODEC_PAIR(rule_caps);
/* Custom rows and the rule about them (spec_time.c). */
LW_CODEC_PAIR(offset);
int lw_check_time_offsets(const struct lw_spec *s, struct lw_err *err);
/* Custom rows (spec_join.c). */
LW_CODEC_PAIR(namespace);
/* Networks (spec_network.c), and what `network` and `namespaces.net` say about each other. */
LW_CODEC_PAIR(network);
LW_CODEC_PAIR(network_address);
LW_CODEC_PAIR(network_gateway);
int lw_network_finish(struct lw_spec *s, void *rec, struct lw_err *err);
void lw_network_decides(struct lw_spec *s);
/* Of raw objects: whether one names its kind, or joins; and without that. */
bool lw_network_names_kind(const json_t *raw);
bool lw_network_joins(const json_t *raw);
void lw_network_drop_kind(json_t *raw);
int lw_check_network_name(const char *v, struct lw_err *err);
int lw_check_interface(const char *v, struct lw_err *err);
int lw_check_mac(const char *v, struct lw_err *err);
int lw_check_address(const char *v, struct lw_err *err);
/* What may pass (spec_filter.c). */
LW_CODEC_PAIR(egress);
LW_CODEC_PAIR(rate);
json_t *lw_publish_from_text(const char *text, struct lw_err *err);
int lw_publish_finish(struct lw_spec *s, void *rec, struct lw_err *err);
int lw_publishes_check(const struct lw_publishes *l, struct lw_err *err);
extern const struct lw_names lw_egress_table;
int lw_seccomp_rule_finish(struct lw_spec *s, void *rec, struct lw_err *err);
int lw_check_call_name(const char *v, struct lw_err *err);
int lw_check_architecture(const char *v, struct lw_err *err);

/* Elements of lists (spec_custom.c): defaults that depend on the type, and which keys a type takes. */
int lw_mount_finish(struct lw_spec *s, void *rec, struct lw_err *err);
int lw_device_finish(struct lw_spec *s, void *rec, struct lw_err *err);
int lw_io_finish(struct lw_spec *s, void *rec, struct lw_err *err);
/* Of the sandbox (spec_privileged.c). */
int lw_privileged_finish(struct lw_spec *s, struct lw_err *err);
/* Where a mount of this type goes when it names no destination, "/proc"; NULL: it must name one. */
const char *lw_mount_default_destination(const char *type);

/* Services and logs (spec_service.c). */
LW_CODEC_PAIR(restart);
LW_CODEC_PAIR(backoff);
LW_CODEC_PAIR(burst);
LW_CODEC_PAIR(ready);
LW_CODEC_PAIR(tcp);
LW_CODEC_PAIR(signal);
LW_CODEC_PAIR(names);
LW_CODEC_PAIR(listens);
LW_CODEC_PAIR(log);
int lw_probe_finish(struct lw_spec *s, void *rec, struct lw_err *err);
int lw_health_finish(struct lw_spec *s, void *rec, struct lw_err *err);
int lw_listen_finish(struct lw_spec *s, void *rec, struct lw_err *err);
json_t *lw_combine_health(json_t *base, json_t *over);
int lw_check_log_text(const char *v, struct lw_err *err);
int lw_check_fd_name(const char *v, struct lw_err *err);
int lw_check_service(const struct lw_spec *s, struct lw_err *err);

/* Merging (spec_merge.c). */
json_t *lw_combine_capabilities(json_t *base, json_t *over);
json_t *lw_combine_seccomp(json_t *base, json_t *over);
json_t *lw_combine_network(json_t *base, json_t *over);

/* Rules on single strings (spec_words.c). */
int lw_check_name(const char *v, struct lw_err *err);
int lw_check_hostname(const char *v, struct lw_err *err);
int lw_check_env_name(const char *v, struct lw_err *err);
int lw_check_sysctl_name(const char *v, struct lw_err *err);
int lw_check_label(const char *v, struct lw_err *err);
int lw_check_user_name(const char *v, struct lw_err *err);
int lw_check_engine(const char *v, struct lw_err *err);
int lw_check_not_empty(const char *v, struct lw_err *err);
int lw_check_access(const char *v, struct lw_err *err);
int lw_check_cpuset(const char *v, struct lw_err *err);
int lw_check_block_device(const char *v, struct lw_err *err);
/* (schema_lsm.c) */
int lw_check_port(const char *v, struct lw_err *err);
int lw_check_landlock_scope(const char *v, struct lw_err *err);
int lw_check_speculation(const char *v, struct lw_err *err);
int lw_check_securebit(const char *v, struct lw_err *err);
int lw_check_apparmor_name(const char *v, struct lw_err *err);
int lw_check_selinux_label(const char *v, struct lw_err *err);
int lw_check_selinux_level(const char *v, struct lw_err *err);
LW_CODEC_PAIR(apparmor);

#endif
