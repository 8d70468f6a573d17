/* Durable reports per second, as a ratio to a bare SQLite loop in the same run that writes the same rows with the same
 * bytes in groups of the same size. `store.unsealed`: what storing costs (reports prepared beforehand). `store.sealed`:
 * the whole way from JSON to COMMIT against a bare loop that makes the same libsodium calls and inserts. */
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"
#include "reports.h"
#include "seam/crypto.h"

#define ROUNDS 5

struct bench {
	struct bench_centre c;
	size_t n; /* reports a round */
};

/* ---- the bare loop ---- */

struct bare {
	char dir[64];
	sqlite3 *db;
	sqlite3_stmt *begin, *commit, *dossier, *field, *wrap, *sighting, *signal, *audit, *head, *outbox, *count;
	size_t group;
	bool crypto;
	uint8_t key[32], org_pk[32], sign_pk[32], sign_sk[64];
	int64_t seq;
};

static const char *const SCHEMA =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
	"CREATE TABLE dossier(id BLOB PRIMARY KEY, number TEXT UNIQUE, receipt BLOB UNIQUE, created INT, state INT, "
	"synthetic INT,"
	" org TEXT);"
	"CREATE TABLE field(dossier BLOB, name TEXT, sealed BLOB, PRIMARY KEY(dossier, name)) WITHOUT ROWID;"
	"CREATE TABLE wrap(dossier BLOB, kind INT, holder TEXT, wrapped BLOB, PRIMARY KEY(dossier, kind, holder)) WITHOUT "
	"ROWID;"
	"CREATE TABLE sighting(tag BLOB, reporter BLOB, channel INT, version INT, member TEXT, strength INT, basis INT, "
	"day INT,"
	" report BLOB, synthetic INT, PRIMARY KEY(tag, reporter, member)) WITHOUT ROWID;"
	"CREATE INDEX s1 ON sighting(tag, day); CREATE INDEX s2 ON sighting(report);"
	"CREATE TABLE signal(tag BLOB PRIMARY KEY, channel INT, version INT, kind INT, value TEXT, opened INT, rule TEXT, "
	"synthetic INT);"
	"CREATE INDEX g1 ON signal(opened); CREATE INDEX g2 ON signal(kind, value);"
	"CREATE TABLE audit(chain TEXT, seq INT, at INT, actor TEXT, action TEXT, object TEXT, detail TEXT, prev BLOB, "
	"hash BLOB,"
	" PRIMARY KEY(chain, seq)) WITHOUT ROWID;"
	"CREATE TABLE head(n INT PRIMARY KEY, at INT, chains BLOB, key BLOB, sig BLOB);"
	"CREATE TABLE outbox(id BLOB PRIMARY KEY, at INT, topic TEXT, object TEXT, body BLOB, state INT, tries INT, next "
	"INT);"
	"CREATE INDEX o1 ON outbox(state, next);";

static sqlite3_stmt *prep(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st;
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		bench_die(sqlite3_errmsg(db), NULL);
	return st;
}

static void bare_open(struct bare *x, size_t group, bool crypto)
{
	char path[128];
	*x = (struct bare){.group = group, .crypto = crypto};
	snprintf(x->dir, sizeof(x->dir), "/tmp/kentering-bare-XXXXXX");
	if (!mkdtemp(x->dir))
		bench_die("mkdtemp", NULL);
	snprintf(path, sizeof(path), "%s/bare.db", x->dir);
	if (sqlite3_open_v2(path, &x->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
	        SQLITE_OK ||
	    sqlite3_exec(x->db, SCHEMA, NULL, NULL, NULL) != SQLITE_OK)
		bench_die("bare database", NULL);
	x->begin = prep(x->db, "BEGIN IMMEDIATE");
	x->commit = prep(x->db, "COMMIT");
	x->dossier = prep(x->db, "INSERT INTO dossier VALUES(?,?,?,?,?,?,?)");
	x->field = prep(x->db, "INSERT INTO field VALUES(?,?,?)");
	x->wrap = prep(x->db, "INSERT INTO wrap VALUES(?,?,?,?)");
	x->sighting = prep(x->db, "INSERT INTO sighting VALUES(?,?,?,?,?,?,?,?,?,?)");
	x->signal = prep(x->db, "INSERT INTO signal VALUES(?,?,?,?,?,?,?,?)");
	x->audit = prep(x->db, "INSERT INTO audit VALUES(?,?,?,?,?,?,?,?,?)");
	x->head = prep(x->db, "INSERT INTO head VALUES(?,?,?,?,?)");
	x->outbox = prep(x->db, "INSERT INTO outbox VALUES(?,?,?,?,?,?,?,?)");
	randombytes_buf(x->key, sizeof(x->key));
	uint8_t sk[32];
	crypto_box_keypair(x->org_pk, sk);
	crypto_sign_keypair(x->sign_pk, x->sign_sk);
}

static void bare_close(struct bare *x)
{
	sqlite3_stmt *all[] = {x->begin,    x->commit, x->dossier, x->field, x->wrap,
	                       x->sighting, x->signal, x->audit,   x->head,  x->outbox};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sqlite3_finalize(all[i]);
	sqlite3_close(x->db);
	bench_remove(x->dir);
}

/* Binds by letters: b bytes (pointer, size), t text (pointer, size), i integer. */
static void run(sqlite3_stmt *st, const struct sval *v, int n)
{
	for (int i = 0; i < n; i++) {
		if (v[i].t == SV_INT)
			sqlite3_bind_int64(st, i + 1, v[i].i);
		else if (v[i].t == SV_TEXT)
			sqlite3_bind_text(st, i + 1, v[i].s.p, (int)v[i].s.n, SQLITE_STATIC);
		else
			sqlite3_bind_blob(st, i + 1, v[i].s.p, (int)v[i].s.n, SQLITE_STATIC);
	}
	if (sqlite3_step(st) != SQLITE_DONE)
		bench_die("bare step", NULL);
	sqlite3_reset(st);
}
#define RUN(st, ...) \
	run((st), (const struct sval[]){__VA_ARGS__}, sizeof((const struct sval[]){__VA_ARGS__}) / sizeof(struct sval))

/* One report's field: the same libsodium calls as sealing makes, or random bytes of the same length. */
static size_t bare_field(struct bare *x, uint8_t *out, size_t plain)
{
	static uint8_t text[4096];
	if (x->crypto) {
		unsigned long long n;
		randombytes_buf(out, 24);
		crypto_aead_xchacha20poly1305_ietf_encrypt(out + 24, &n, text, plain, text, 24, NULL, out, x->key);
	}
	return plain + 40;
}

static void bare_hmac(const struct bare *x, uint8_t out[64], size_t n)
{
	static const uint8_t text[256];
	if (x->crypto)
		crypto_auth_hmacsha512(out, text, n, x->key);
}

static void bare_report(struct bare *x, const struct intake_report *like)
{
	uint8_t id[16], rnd[256], out[4096 + 40];
	const struct dossier_sealed *d = &like->sealed;
	randombytes_buf(id, sizeof(id));
	randombytes_buf(rnd, sizeof(rnd));
	RUN(x->dossier, SV_B(id, 16), SV_B(rnd, 13), SV_B(rnd + 16, 16), SV_I(1), SV_I(1), SV_I(1), SV_Z("meldpunt"));
	bare_hmac(x, rnd + 64, 60);
	bare_hmac(x, rnd + 64, 60);
	for (size_t i = 0; i < d->n; i++) {
		size_t n = bare_field(x, out, d->sealed[i].value.n - 40);
		RUN(x->field, SV_B(id, 16), SV_Z(d->sealed[i].name), SV_B(out, n));
	}
	bare_field(x, out, 32);
	RUN(x->wrap, SV_B(id, 16), SV_I(1), SV_Z(""), SV_B(out, 72));
	if (x->crypto && crypto_box_seal(out, x->key, 32, x->org_pk))
		bench_die("seal", NULL);
	RUN(x->wrap, SV_B(id, 16), SV_I(2), SV_Z("meldpunt"), SV_B(out, 80));
	for (size_t i = 0; i < like->counted_n; i++) {
		bare_hmac(x, rnd + 64, 90);
		bare_hmac(x, rnd + 128, 120);
		randombytes_buf(rnd, sizeof(rnd));
		RUN(x->sighting, SV_B(rnd, 32), SV_B(rnd + 32, 32), SV_I(1), SV_I(1), SV_Z("meldpunt"), SV_I(3), SV_I(1),
		    SV_I(20717), SV_B(rnd + 64, 16), SV_I(1));
		if (like->counted[i].subject.kind == ID_DOMAIN)
			RUN(x->signal, SV_B(rnd, 32), SV_I(1), SV_I(1), SV_I(3), SV_T(id_str(&like->counted[i].subject)), SV_I(0),
			    SV_Z("NL-3-SHOP"), SV_I(1));
	}
	if (x->crypto)
		crypto_hash_sha512(rnd + 64, out, 250);
	RUN(x->audit, SV_Z("main"), SV_I(++x->seq), SV_I(1), SV_Z("desk"), SV_Z("report.add"), SV_B(rnd, 13), SV_B(out, 70),
	    SV_B(rnd, 32), SV_B(rnd + 32, 32));
	RUN(x->outbox, SV_B(rnd, 16), SV_I(1), SV_Z("report.added"), SV_B(rnd, 13), SV_Z(""), SV_I(0), SV_I(0), SV_I(0));
}

static double bare(const struct bench *b, const struct intake_report *like, size_t group, bool crypto)
{
	struct bare x;
	uint8_t sig[64], head[140] = {0};
	bare_open(&x, group, crypto);
	int64_t t0 = clock_mono_ns();
	for (size_t i = 0; i < b->n;) {
		RUN(x.begin, SV_I(0));
		for (size_t k = 0; k < group && i < b->n; k++, i++)
			bare_report(&x, like);
		if (crypto)
			crypto_sign_detached(sig, NULL, head, sizeof(head), x.sign_sk);
		RUN(x.head, SV_I((int64_t)i), SV_I(1), SV_B(head, sizeof(head)), SV_B(x.sign_pk, 32), SV_B(sig, 64));
		RUN(x.commit, SV_I(0));
	}
	int64_t t1 = clock_mono_ns();
	bare_close(&x);
	return (double)b->n * 1e9 / (double)(t1 - t0);
}

static const struct stmt ST_HEADS = {"SELECT COUNT(*) FROM audit_head", NULL, "", "i"};

static int64_t commits(struct bench *b)
{
	struct tx *tx;
	struct err e = {0};
	struct sval c[1];
	if (store_read(b->c.store, &tx, &e) || tx_row0(tx, &ST_HEADS, tx_arena(tx), c, &e))
		bench_die("heads", &e);
	store_read_end(tx);
	return c[0].i;
}

static void measure(struct bench *b, bool sealed, double goal)
{
	double ratio[ROUNDS], rate[ROUNDS], base[ROUNDS];
	struct bench_slot like = {.a = arena_new(0)};
	bench_prepare(&b->c, &like, 0);
	size_t group = BENCH_IN_FLIGHT;
	for (int i = 0; i < ROUNDS; i++) {
		rate[i] = bench_reports_per_second(&b->c, b->n, sealed);
		int64_t made = commits(b);
		group = made > 0 ? (b->n + (size_t)made - 1) / (size_t)made : 1;
		base[i] = bare(b, like.r, group, sealed);
		ratio[i] = rate[i] / base[i];
		bench_close(&b->c); /* both start from an empty database */
		bench_open(&b->c);
	}
	arena_free(like.a);
	double value = bench_median(ratio, ROUNDS);
	printf("{\"name\":\"store.%s\",\"value\":%.3f,\"goal\":%.2f,\"ok\":%s,\"per_s\":%.0f,\"bare_per_s\":%.0f,\"group\":"
	       "%zu,"
	       "\"unit\":\"ratio to a bare SQLite loop\"}\n",
	       sealed ? "sealed" : "unsealed", value, goal, value >= goal ? "true" : "false", bench_median(rate, ROUNDS),
	       bench_median(base, ROUNDS), group);
}

int main(int argc, char **argv)
{
	struct bench b = {.n = argc > 1 && strcmp(argv[1], "--quick") == 0 ? 2000 : 10000};
	bench_setup();
	bench_open(&b.c);
	measure(&b, false, 0.4);
	measure(&b, true, 0.6);
	bench_close(&b.c);
	return 0;
}
