/* foreign_keys.h: what an unknown key of another tool is called here. Only error paths ask. */
#ifndef LW_TABLES_FOREIGN_KEYS_H
#define LW_TABLES_FOREIGN_KEYS_H

/* Our spelling of `word` in the record of this schema's name, or NULL. */
const char *lw_foreign_key(const char *schema, const char *word);

#endif
