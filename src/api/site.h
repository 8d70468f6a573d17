/* The built web folder, read into memory once: a table of exact paths. Nothing is opened after the start, so that no
 * path that comes from outside ever meets the file system. */
#ifndef API_SITE_H
#define API_SITE_H
#include "base/err.h"
#include "base/str.h"

#define SITE_FILES 2048u              /* most files */
#define SITE_FILE_BYTES (8u << 20)    /* of one file */
#define SITE_BYTES ((size_t)64 << 20) /* of all together */
#define SITE_DEPTH 8                  /* folders in folders */
#define SITE_PATH 256                 /* longest path */
#define SITE_TAG 40                   /* an ETag with its quotes and NUL */

enum site_form { SITE_PLAIN, SITE_GZIP };

struct site_file {
	struct str path;    /* as it is asked for: "/", "/melden", "/en/", "/assets/app-1A2B.js"; "404" and "en/503" are the
	                       pages for errors, which no request can name */
	const char *type;   /* media type */
	bool page;          /* HTML */
	bool hashed;        /* its name changes with its contents */
	struct str form[2]; /* enum site_form; {NULL,0} when it is not there in that form */
	char tag[2][SITE_TAG];
};

struct site;

/* `index.html` becomes "/", `x.html` "/x", `en/index.html` "/en/", `x.js.gz` the gzip form of "/x.js". Names that begin
 * with a dot are left out; a symbolic link, a name with other signs than letters, digits, '.', '_' and '-', and what is
 * over a maximum is refused (error with the place). */
int site_open(const char *dir, struct site **ret, struct err *e) KT_CHECK;
struct site *site_close(struct site *s); /* takes NULL, returns NULL */
/* NULL when there is none; takes a NULL site. */
const struct site_file *site_find(const struct site *s, struct str path);
size_t site_count(const struct site *s);

#endif
