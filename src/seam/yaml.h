/* YAML 1.2 in (libfyaml), to struct val with line numbers. Scalars are typed by the core schema when plain
 * (null, ~, true, false, integers, floats); dates stay text, and numbers are taken as JSON writes them: 0900 and
 * +31612345678 are text. Duplicate keys, anchors, aliases, tags, merge keys and tab characters are refused. */
#ifndef SEAM_YAML_H
#define SEAM_YAML_H
#include "base/val.h"

#define YAML_MAX_BYTES (4u << 20)
#define YAML_MAX_DEPTH 32

/* One document. `name` is for messages. Errors carry the line. */
int yaml_read(struct arena *a, struct str text, const char *name, const struct val **ret, struct err *e) KT_CHECK;
int yaml_read_file(struct arena *a, const char *path, const struct val **ret, struct err *e) KT_CHECK;

#endif
