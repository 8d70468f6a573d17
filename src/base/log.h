/* One JSON line an event on stderr. A field value is a literal word of the source, a word of a closed list, a number,
 * an error code or the number of a trace: there is no way to put a text that came from outside into the log
 * (docs/security.md). */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/err.h"
#include "base/trace.h"
#include "base/words.h"
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log_field {
	const char *key;  /* literal */
	const char *word; /* literal, or NULL for a number */
	int64_t number;
	const struct trace *trace; /* its number; not NULL: instead of the others */
};

/* "" x "" accepts string literals only. */
#define LOG_WORD(k, w) ((struct log_field){"" k "", "" w "", 0, 0})
#define LOG_NUM(k, v) ((struct log_field){"" k "", 0, (int64_t)(v), 0})
#define LOG_ERR(k, code) ((struct log_field){"" k "", err_word(code), 0, 0})
#define LOG_LISTED(k, words, i) ((struct log_field){"" k "", words_at((words), (i)), 0, 0})
#define LOG_TRACE(k, t) ((struct log_field){"" k "", 0, 0, (t)})

#define LOG_END ((struct log_field){"", 0, 0, 0})
/* log_event(LOG_INFO, "store.commit", LOG_NUM("n", 3), …) */
#define log_event(...) log_event_(__VA_ARGS__, LOG_END)
#define log_event_(level, event, ...) \
	log_write((level), "" event "", (const struct log_field[]){__VA_ARGS__}, \
	          sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

/* A field without a key is left out. */
void log_write(enum log_level level, const char *event, const struct log_field *fields, unsigned count);
void log_set_level(enum log_level level);
/* File descriptor for the lines (default 2); -1 silences. */
void log_set_fd(int fd);

#endif
