/* Whom the log is believed: the key and the head file of the directory, the list of known keys, and a restore. */
#include "audit/test_audit.h"
#include "store/test_pg.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path(const char *name)
{
	static char text[4][160];
	static unsigned at;

	at = (at + 1) % 4;
	(void)snprintf(text[at], sizeof(text[at]), "%s/%s", dir, name);
	return text[at];
}

static void reopen(void)
{
	log_close();
	log_open("main");
}

void test_mark_damaged(void **state)
{
	FILE *f;

	(void)state;
	fill();
	f = fopen(path("audit.head"), "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, 100, SEEK_SET), 0);
	assert_int_equal(fputc('!', f), '!');
	fclose(f);
	expect_bad(ROWS, "hoofd ongeldig");
	assert_int_equal(unlink(path("audit.head")), 0);
	expect_bad(ROWS, "hoofd ontbreekt");
	assert_non_null(strstr(verify().text, "(restore)"));
	/* neither a new group nor a new start makes it again: that would hide what was cut off */
	assert_int_equal(add(1, 0), 0);
	expect_bad(ROWS + 1, "hoofd ontbreekt");
	reopen();
	expect_bad(ROWS + 1, "hoofd ontbreekt");
	f = fopen(path("audit.head"), "w"); /* empty */
	assert_non_null(f);
	fclose(f);
	expect_bad(ROWS + 1, "hoofd ontbreekt");
	reopen();
	assert_int_equal(add(1, 0), 0);
	expect_bad(ROWS + 2, "hoofd ontbreekt");
	assert_int_equal(unlink(path("audit.head")), 0);
	assert_int_equal(mkdir(path("audit.head"), 0700), 0); /* not to be read */
	expect_bad(ROWS + 2, "hoofd ontbreekt");
}

/* Whoever has the database cuts off its end and takes audit.head away. */
void test_cut_end_and_mark(void **state)
{
	struct audit_result r;

	(void)state;
	fill();
	triggers_drop();
	raw("DELETE FROM audit_row WHERE seq > 50");
	raw("DELETE FROM audit_head WHERE n > 10");
	assert_int_equal(unlink(path("audit.head")), 0);
	expect_bad(50, "hoofd ontbreekt");
	assert_int_equal(add(GROUP, 0), 0);
	expect_bad(55, "hoofd ontbreekt");
	reopen();
	assert_int_equal(add(GROUP, 0), 0);
	expect_bad(60, "hoofd ontbreekt");
	/* all of it: only a database with nothing in it may be without */
	raw("DELETE FROM audit_row");
	raw("DELETE FROM audit_head");
	r = verify();
	assert_true(r.ok);
	raw("INSERT INTO dossier (id, number, receipt, created_ms, state, synthetic, org) VALUES (%s, 'K', %s, 1, 1, 0, "
	    "'x')",
	    blob("01"), blob("02"));
	r = verify();
	assert_false(r.ok);
	assert_string_equal(r.what, "hoofd ontbreekt");
	assert_string_equal(r.chain, "");
	reopen();
	r = verify();
	assert_string_equal(r.what, "hoofd ontbreekt");
}

/* The public key of DIR/keys/audit, added to DIR/keys/audit.known of the same or another folder of keys. */
static void know(const char *key, const char *known)
{
	uint8_t secret[SIGN_SECRET];
	FILE *f = fopen(path(key), "r");

	assert_non_null(f);
	assert_int_equal(fread(secret, 1, sizeof(secret), f), sizeof(secret));
	fclose(f);
	f = fopen(path(known), "a");
	assert_non_null(f);
	assert_int_equal(fwrite(secret + SIGN_SECRET - SIGN_PUBLIC, 1, SIGN_PUBLIC, f), SIGN_PUBLIC);
	fclose(f);
	assert_int_equal(chmod(path(known), 0600), 0);
}

/* Whoever has the database writes a whole new log with a key of his own and puts that in audit_key. */
void test_rewritten(void **state)
{
	(void)state;
	fill();
	log_close();
	assert_int_equal(rename(path("keys/audit"), path("keys/audit.own")), 0);
	assert_int_equal(rename(path("audit.head"), path("audit.head.own")), 0);
	triggers_drop();
	raw("DELETE FROM audit_row");
	raw("DELETE FROM audit_head");
	log_open("main");
	fill();
	expect_good(ROWS, 1);
	log_close();
	assert_int_equal(rename(path("keys/audit"), path("keys/audit.his")), 0);
	assert_int_equal(rename(path("keys/audit.own"), path("keys/audit")), 0);
	log_open("main");
	expect_bad(1, "onbekende sleutel"); /* with his audit.head */
	assert_int_equal(unlink(path("audit.head")), 0);
	expect_bad(1, "onbekende sleutel"); /* with none */
	reopen();
	assert_int_equal(add(1, 0), 0);
	expect_bad(1, "onbekende sleutel");
	assert_false(verify().foreign_key);
	assert_int_equal(rename(path("audit.head.own"), path("audit.head")), 0);
	expect_bad(1, "onbekende sleutel"); /* with the true one */
}

void test_foreign_key(void **state)
{
	struct audit_result r;
	struct err e = {0};

	(void)state;
	fill();
	log_close();
	assert_int_equal(rename(path("keys/audit"), path("keys/audit.old")), 0);
	log_open("main");
	expect_bad(1, "onbekende sleutel");
	assert_int_equal(add(GROUP, 0), 0);
	expect_bad(1, "onbekende sleutel"); /* the table names both keys */
	know("keys/audit.old", "keys/audit.known");
	r = verify();
	assert_true(r.ok);
	assert_true(r.foreign_key);
	assert_int_equal(r.rows, ROWS + GROUP);
	/* who wrote the table is of no account */
	triggers_drop();
	raw("DELETE FROM audit_key");
	expect_good(ROWS + GROUP, 1);
	/* a list that others can reach, or half a key, is no list */
	assert_int_equal(chmod(path("keys/audit.known"), 0620), 0);
	assert_int_equal(audit_verify(store, dir, &r, &e), KT_EREFUSED);
	assert_int_equal(chmod(path("keys/audit.known"), 0600), 0);
	assert_int_equal(truncate(path("keys/audit.known"), SIGN_PUBLIC - 1), 0);
	assert_int_equal(audit_verify(store, dir, &r, &e), KT_ECORRUPT);
	assert_int_equal(truncate(path("keys/audit.known"), 0), 0);
	expect_bad(1, "onbekende sleutel");
	assert_int_equal(unlink(path("keys/audit.known")), 0);
	assert_int_equal(symlink("audit.old", path("keys/audit.known")), 0);
	assert_int_equal(audit_verify(store, dir, &r, &e), KT_EREFUSED);
}

/* A key that is known for the first groups only: the first row after them is named. */
void test_strange_end(void **state)
{
	(void)state;
	fill();
	log_close();
	assert_int_equal(rename(path("keys/audit"), path("keys/audit.own")), 0);
	log_open("main");
	assert_int_equal(add(GROUP, 0), 0);
	log_close();
	assert_int_equal(rename(path("keys/audit.own"), path("keys/audit")), 0);
	log_open("main");
	expect_bad(ROWS + 1, "onbekende sleutel");
}

/* Puts the keys and audit.head of one node aside and those of the other in place: two directories, one database. */
static void node_swap(const char *from, const char *to)
{
	char name[80];

	log_close();
	(void)snprintf(name, sizeof(name), "keys.%s", from);
	assert_int_equal(rename(path("keys"), path(name)), 0);
	(void)snprintf(name, sizeof(name), "audit.head.%s", from);
	assert_int_equal(rename(path("audit.head"), path(name)), 0);
	(void)snprintf(name, sizeof(name), "keys.%s", to);
	if (rename(path(name), path("keys")) == 0) {
		(void)snprintf(name, sizeof(name), "audit.head.%s", to);
		assert_int_equal(rename(path(name), path("audit.head")), 0);
	}
	log_open(to);
}

void test_two_nodes(void **state)
{
	struct audit_result r;

	(void)state;
	fill();
	node_swap("main", "tweede");
	expect_bad(1, "onbekende sleutel");
	know("keys.main/audit", "keys/audit.known");
	expect_good(ROWS, 1);
	assert_int_equal(add(GROUP, 0), 0);
	expect_good(ROWS + GROUP, 2);
	node_swap("tweede", "main");
	r = verify();
	assert_string_equal(r.what, "onbekende sleutel");
	assert_string_equal(r.chain, "tweede");
	assert_int_equal(r.seq, 1);
	know("keys.tweede/audit", "keys/audit.known");
	r = verify();
	assert_true(r.ok);
	assert_true(r.foreign_key);
	assert_int_equal(add(GROUP, 0), 0);
	node_swap("main", "tweede");
	expect_good(ROWS + 2 * GROUP, 2);
	/* each keeps the end for itself */
	triggers_drop();
	raw("DELETE FROM audit_row WHERE chain = 'tweede' OR seq > %d", ROWS);
	raw("DELETE FROM audit_head WHERE n > %d", ROWS / GROUP);
	r = verify();
	assert_false(r.ok);
	assert_string_equal(r.what, "verwijderd");
	assert_int_equal(unlink(path("audit.head")), 0);
	log_close();
	log_open("tweede");
	expect_bad(ROWS, "hoofd ontbreekt");
}

static int restored_job(struct tx *tx, void *arg, struct err *e)
{
	(void)arg;
	return audit_add(audit, tx, "cli", "store.restore", STR(""), STR(""), e);
}

static int asides(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	for (struct dirent *en = readdir(d); en; en = readdir(d))
		n += strncmp(en->d_name, "audit.head.oud-", 15) == 0;
	closedir(d);
	return n;
}

/* Into another directory: with = what is put there beforehand. */
static void restore_into(const char *from, const char *copy, bool keys, bool mark, int want_asides)
{
	const struct store_opts o = {
		.dir = dir, .database = postgres ? (database = test_pg_fresh()) : NULL, .node = "main"};
	char old[160];
	struct audit_result r;
	struct stat st;
	struct err e = {0};
	size_t n = 0;

	if (keys) {
		assert_int_equal(mkdir(path("keys"), 0700), 0);
		(void)snprintf(old, sizeof(old), "%s/keys/audit", from);
		assert_int_equal(link(old, path("keys/audit")), 0);
	}
	(void)snprintf(old, sizeof(old), "%s/audit.head", from);
	if (mark)
		assert_int_equal(link(old, path("audit.head")), 0);
	if (store_restore(&o, copy, &e))
		fail_msg("%s %s", e.at, e.text);
	log_open("main");
	if (keys && !mark)
		assert_string_equal(verify().what, "hoofd ontbreekt");
	if (audit_adopt(store, dir, &now, &n, &e))
		fail_msg("%s %s", e.at, e.text);
	assert_int_equal(n, keys ? 1 : 2); /* of the copy, and the own one */
	assert_int_equal(stat(path("keys/audit.known"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, n * SIGN_PUBLIC);
	assert_int_equal(store_submit(store, restored_job, NULL, &e), 0);
	r = verify();
	if (!r.ok)
		fail_msg("%s", r.text);
	assert_int_equal(r.rows, ROWS + 1);
	assert_int_equal(r.foreign_key, !keys);
	assert_int_equal(asides(), want_asides);
	if (!keys) { /* put back afterwards */
		(void)snprintf(old, sizeof(old), "%s/keys/audit", from);
		log_close();
		assert_int_equal(unlink(path("keys/audit")), 0);
		assert_int_equal(link(old, path("keys/audit")), 0);
		log_open("main");
		expect_good(ROWS + 1, 1);
	}
	/* and it guards from here on */
	raw_open();
	triggers_drop();
	raw("DELETE FROM audit_row WHERE seq > %d", ROWS);
	raw("DELETE FROM audit_head WHERE n > %d", ROWS / GROUP);
	raw_close();
	expect_bad(ROWS + 1, "verwijderd");
	log_close();
	empty_dir(dir);
}

void test_restored(void **state)
{
	const char *first_database = database;
	char first[sizeof(dir)], copy[160];
	struct err e = {0};

	(void)state;
	fill();
	(void)snprintf(copy, sizeof(copy), "%s/kopie", dir);
	if (store_backup(store, copy, &e))
		fail_msg("%s %s", e.at, e.text);
	memcpy(first, dir, sizeof(dir));
	raw_close();
	log_close();
	(void)snprintf(dir, sizeof(dir), "/tmp/test_audit.XXXXXX");
	assert_non_null(mkdtemp(dir));
	restore_into(first, copy, false, false, 0);
	restore_into(first, copy, true, false, 0);
	restore_into(first, copy, true, true, 0); /* the mark of this very history */
	{
		char other[sizeof(dir)];

		memcpy(other, dir, sizeof(dir));
		memcpy(dir, first, sizeof(dir));
		database = first_database;
		log_open("main");
		assert_int_equal(add(1, 0), 0); /* a mark that the copy does not know */
		log_close();
		memcpy(dir, other, sizeof(dir));
	}
	restore_into(first, copy, true, true, 1);
	assert_int_equal(rmdir(dir), 0);
	memcpy(dir, first, sizeof(dir));
	database = first_database;
	log_open("main");
}
