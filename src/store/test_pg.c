#include "store/test_pg.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DATABASES 256

static struct {
	pid_t owner, server;
	char bin[200];
	char dir[64];
	char admin[128];
	char *fresh[DATABASES];
	unsigned made;
} pg;

static bool find_bin(void)
{
	glob_t g;
	const char *env = getenv("KENTERING_PG_BIN");
	if (env)
		return (size_t)snprintf(pg.bin, sizeof(pg.bin), "%s", env) < sizeof(pg.bin);
	if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &g) != 0)
		return false;
	const char *last = g.gl_pathv[g.gl_pathc - 1];
	bool fits = (size_t)snprintf(pg.bin, sizeof(pg.bin), "%.*s", (int)(strlen(last) - 7), last) < sizeof(pg.bin);
	globfree(&g);
	return fits;
}

/* PostgreSQL refuses to run as root: its own user then does. */
static bool become_postgres(void)
{
	if (geteuid() != 0)
		return true;
	const struct passwd *p = getpwnam("postgres");
	return p && setgid(p->pw_gid) == 0 && initgroups("postgres", p->pw_gid) == 0 && setuid(p->pw_uid) == 0;
}

static pid_t spawn(const char *program, char *const argv[])
{
	char path[256];
	(void)snprintf(path, sizeof(path), "%s/%s", pg.bin, program);
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	int null = open("/dev/null", O_RDWR);
	(void)dup2(null, 0);
	(void)dup2(null, 1);
	(void)dup2(null, 2);
	if (!become_postgres() || chdir("/") != 0)
		_exit(126);
	(void)prctl(PR_SET_PDEATHSIG, SIGQUIT); /* also when the test is killed */
	(void)execv(path, argv);
	_exit(127);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st;
	(void)type;
	(void)w;
	return remove(path);
}

void test_pg_stop(void)
{
	if (!pg.owner || pg.owner != getpid()) /* a forked child is not the owner */
		return;
	if (pg.server > 0) {
		(void)kill(pg.server, SIGQUIT);
		(void)waitpid(pg.server, NULL, 0);
	}
	(void)nftw(pg.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	for (unsigned i = 0; i < pg.made; i++)
		free(pg.fresh[i]);
	memset(&pg, 0, sizeof(pg));
}

static bool make_cluster(void)
{
	char data[80], a0[] = "initdb", a1[] = "-D", a3[] = "-Ukentering", a4[] = "-EUTF8", a5[] = "--locale=C.UTF-8";
	char a6[] = "-Atrust", a7[] = "--no-sync", a8[] = "--no-instructions";
	const struct passwd *p = getpwnam("postgres");
	int status;
	(void)snprintf(data, sizeof(data), "%s/data", pg.dir);
	if (chmod(pg.dir, 0755) != 0 || (geteuid() == 0 && (!p || chown(pg.dir, p->pw_uid, p->pw_gid) != 0)))
		return false;
	char *argv[] = {a0, a1, data, a3, a4, a5, a6, a7, a8, NULL};
	pid_t pid = spawn("initdb", argv);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool start_server(void)
{
	char a0[] = "postgres", a1[] = "-D", data[80], c[] = "-c", listen[] = "listen_addresses=", dirs[96];
	char sync[] = "fsync=on", most[] = "max_connections=60";
	(void)snprintf(data, sizeof(data), "%s/data", pg.dir);
	(void)snprintf(dirs, sizeof(dirs), "unix_socket_directories=%s", pg.dir);
	char *argv[] = {a0, a1, data, c, listen, c, dirs, c, sync, c, most, NULL};
	pg.server = spawn("postgres", argv);
	for (int i = 0; pg.server > 0 && i < 1500; i++) {
		if (PQping(pg.admin) == PQPING_OK)
			return true;
		(void)nanosleep(&(struct timespec){0, 20000000}, NULL);
	}
	return false;
}

const char *test_pg_start(void)
{
	if (pg.owner)
		return pg.admin;
	(void)snprintf(pg.dir, sizeof(pg.dir), "/tmp/kentering-pg-XXXXXX");
	if (!find_bin() || !mkdtemp(pg.dir))
		return NULL;
	pg.owner = getpid();
	(void)atexit(test_pg_stop);
	(void)snprintf(pg.admin, sizeof(pg.admin), "host=%s user=kentering dbname=postgres", pg.dir);
	if (make_cluster() && start_server())
		return pg.admin;
	test_pg_stop();
	return NULL;
}

const char *test_pg_fresh(void)
{
	char sql[64], info[128];
	if (!test_pg_start() || pg.made == DATABASES)
		return NULL;
	(void)snprintf(sql, sizeof(sql), "CREATE DATABASE t%u TEMPLATE template0", pg.made);
	PGconn *c = PQconnectdb(pg.admin);
	PGresult *r = PQexec(c, sql);
	bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
	PQclear(r);
	PQfinish(c);
	(void)snprintf(info, sizeof(info), "host=%s user=kentering dbname=t%u", pg.dir, pg.made);
	if (!ok || !(pg.fresh[pg.made] = strdup(info)))
		return NULL;
	return pg.fresh[pg.made++];
}
