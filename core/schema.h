/* schema.h: the one description of every key: decoding, JSON, merging, "did you mean", help, completion and
 * lunward-profile(5) all read these tables. A new key is a new row in schema.c. */
#ifndef LW_SCHEMA_H
#define LW_SCHEMA_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "base/names.h"
#include "base/text.h"
#include "spec.h"

enum lw_kind {
	LW_K_STRING,
	LW_K_PATH, /* absolute path string */
	LW_K_BOOL,
	LW_K_INT,      /* min..max */
	LW_K_SIZE,     /* "64M" or bytes; canonical JSON: integer bytes */
	LW_K_DURATION, /* "10s" or seconds (number); canonical JSON: string from lw_format_duration */
	LW_K_MODE,     /* octal string */
	LW_K_CPUS,     /* number of cpus; stored in thousandths */
	LW_K_ENUM,     /* names table */
	LW_K_STRLIST,
	LW_K_PAIRS,    /* map of strings; false removes */
	LW_K_RECORD,   /* nested record with its own field table */
	LW_K_RECLIST,  /* list of such records */
	LW_K_CUSTOM,   /* read/write functions of its own: user, ids, root, capabilities, seccomp, each rlimit */
	LW_K_PATHLIST, /* list of absolute path strings */
};
enum lw_merge { LW_MERGE_REPLACE, LW_MERGE_MAP, LW_MERGE_BY_KEY /* list, by merge_key */ };

struct lw_schema;
/* Offsets are into the record. Kinds store: STRING, PATH const char *; BOOL bool; INT, SIZE, DURATION (microseconds),
 * MODE, CPUS (thousandths) int64_t; ENUM int; STRLIST, PATHLIST struct lw_strlist; PAIRS struct lw_pairs; RECORD the
 * record itself; RECLIST a size_t followed by a pointer. */
struct lw_field {
	const char *key;
	enum lw_kind kind;
	size_t offset;
	const char *form; /* what may be written, for help; NULL: lw_field_form derives it from the kind */
	const char *def;  /* the default, as a person would write it; for help */
	const char *help; /* what it does; man page and help() print it */
	enum lw_merge merge;
	const char *merge_key;        /* LW_MERGE_BY_KEY: "destination", "path" */
	int64_t min, max;             /* INT, SIZE, MODE, CPUS: bounds; lists and maps: at most max entries (0: 4096) */
	const struct lw_names *names; /* LW_K_ENUM */
	const struct lw_schema *rec;  /* RECORD, RECLIST; CUSTOM: of the form written as a table */
	/* Further rule on a string, a list's strings or a map's keys. */
	int (*check)(const char *value, struct lw_err *err);
	/* RECLIST: an element may also be written as one string. */
	json_t *(*from_text)(const char *text, struct lw_err *err);
	/* Merging, for values that can stand on the inherited one; new reference or NULL on ENOMEM. */
	json_t *(*combine)(json_t *base, json_t *over);
	/* CUSTOM. `rec` is the enclosing record; err gets a key path below the field's own key. */
	int (*read)(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err);
	json_t *(*write)(const struct lw_spec *s, const struct lw_field *f, const void *rec);
};
struct lw_schema {
	const char *name;
	const char *help;
	size_t size; /* of the record struct */
	const struct lw_field *fields;
	size_t n;
	/* After the keys are read: defaults that depend on them, and rules among them. */
	int (*finish)(struct lw_spec *s, void *rec, struct lw_err *err);
};
extern const struct lw_schema lw_sandbox_schema;
/* The row of a key, or NULL. */
const struct lw_field *lw_schema_field(const struct lw_schema *sc, const char *key);
/* Did the user set this key of the record? */
bool lw_rec_has(const struct lw_rec *rec, const struct lw_schema *sc, const char *key);
/* What may be written for a field, in words: "true or false", "\"none\" or \"host\"". Returns buf. */
char *lw_field_form(const struct lw_field *f, char *buf, size_t size);

/* --- the JSON waist (core/spec_decode.c, spec_encode.c, spec_merge.c) ---
 * Raw form: an object whose keys are the schema's; each record may carry "origin": "FILE:LINE". Values may be in any
 * spelling a profile may use ("64M", "auto", {…}); the canonical form written by lw_spec_to_json reads back to the
 * same spec, and only keys the user set are written. A record's origin is written when it is not the enclosing one's.
 */

/* Merges `over` onto `base` by the schema's merge rules; both raw objects (base may be NULL); returns a new reference
 * or NULL. "inherited" bases of capabilities and seccomp in `over` resolve to base's value; {"$unset": true} removes a
 * key. A front end that wants its own layer blamed for its own mistakes decodes that layer alone first. */
json_t *lw_spec_merge(const json_t *base, const json_t *over, struct lw_err *err);
/* Decodes a raw object as hostile input: unknown keys, wrong types, ranges; err has origin, key path, nearest word.
 * "inherited" bases that met no parent stand on the defaults. Cross-field rules are lw_spec_check's. */
int lw_spec_decode(const json_t *raw, struct lw_spec **ret, struct lw_err *err);
/* New reference, or NULL on ENOMEM. Dump it with LW_JSON_DUMP_FLAGS for the canonical text. */
json_t *lw_spec_to_json(const struct lw_spec *s);
/* The value of one key of a record, whether it was set or not; NULL also for a string that is not there. */
json_t *lw_field_to_json(const struct lw_spec *s, const struct lw_field *f, const void *rec);
#define LW_JSON_DUMP_FLAGS (JSON_INDENT(2) | JSON_REAL_PRECISION(15))
#define LW_SCHEMA_VERSION 1

/* docs/profiles.md: one section per key (core/schema_doc.c). 0 or -ENOMEM. */
int lw_schema_markdown(struct lw_text *t);

#endif
