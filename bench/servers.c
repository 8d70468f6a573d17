#include "servers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "centre.h"

#define NGINX "/usr/sbin/nginx"
#define PART 3000 /* nginx reads no word of 4096 bytes or more */

extern char **environ;

static void folder(struct server *s)
{
	*s = (struct server){.dir = "/tmp/kentering-bench-XXXXXX"};
	if (!mkdtemp(s->dir))
		bench_die("mkdtemp", NULL);
}

/* Starts it; its first line of output, when it is asked for. */
static void start(struct server *s, char *const argv[], char *line, int line_n)
{
	posix_spawn_file_actions_t act;
	int out[2];
	if (pipe(out) || posix_spawn_file_actions_init(&act) || posix_spawn_file_actions_adddup2(&act, out[1], 1) ||
	    posix_spawn_file_actions_addclosefrom_np(&act, 3) || posix_spawn(&s->pid, argv[0], &act, NULL, argv, environ))
		bench_die(argv[0], NULL);
	posix_spawn_file_actions_destroy(&act);
	close(out[1]);
	FILE *f = fdopen(out[0], "r");
	if (line && (!f || !fgets(line, line_n, f)))
		bench_die("the server does not start", NULL);
	if (f)
		(void)fclose(f);
}

void server_kentering(struct server *ret)
{
	char self[1024], policy[1024], line[256] = "";
	const char *program = getenv("KENTERING"), *source = getenv("KENTERING_SOURCE");
	folder(ret);
	snprintf(self, sizeof(self), "%s", program ? program : "build/release/kentering");
	snprintf(policy, sizeof(policy), "%s/policy", source ? source : ".");
	char data_o[] = "--data", policy_o[] = "--policy", json[] = "--json", serve[] = "serve", port_o[] = "--port",
		 zero[] = "0";
	char *argv[] = {self, data_o, ret->dir, policy_o, policy, json, serve, port_o, zero, NULL};
	start(ret, argv, line, sizeof(line));
	const char *colon = strrchr(line, ':');
	ret->port = (uint16_t)strtoul(colon ? colon + 1 : "0", NULL, 10);
	if (!ret->port)
		bench_die("the server tells no port", NULL);
}

/* A port that was free a moment ago. */
static uint16_t port_free(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t n = sizeof(a);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) || getsockname(fd, (struct sockaddr *)&a, &n))
		bench_die("port", NULL);
	close(fd);
	return ntohs(a.sin_port);
}

static void repeat(FILE *f, char c, size_t n)
{
	while (n--)
		(void)fputc(c, f);
}

static void configuration(const struct server *s, struct str fields, size_t body_n)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/nginx.conf", s->dir);
	FILE *f = fopen(path, "we");
	if (!f)
		bench_die(path, NULL);
	fprintf(f,
	        "daemon off;\nworker_processes auto;\npid nginx.pid;\nerror_log error.log;\nevents {}\nhttp {\n"
	        "access_log off;\nserver_tokens off;\nkeepalive_requests 1000000000;\ndefault_type application/json;\n"
	        "client_body_temp_path body;\nproxy_temp_path proxy;\nfastcgi_temp_path f;\nuwsgi_temp_path u;\n"
	        "scgi_temp_path s;\n");
	/* The body in parts: nginx puts them together at each request, which costs it a copy of a few KiB. */
	size_t parts = (body_n + PART - 1) / PART;
	for (size_t i = 0; i < parts; i++) {
		fprintf(f, "geo $part%zu { default \"", i);
		repeat(f, 'x', body_n - i * PART < PART ? body_n - i * PART : PART);
		fprintf(f, "\"; }\n");
	}
	fprintf(f, "server {\nlisten 127.0.0.1:%u;\n", s->port);
	while (fields.n) {
		ptrdiff_t end = str_find(fields, '\n'), colon = str_find(fields, ':');
		struct str name = str_sub(fields, 0, (size_t)colon),
				   value = str_sub(fields, (size_t)colon + 2, (size_t)end - 1);
		fprintf(f, "add_header " STR_FMT " \"" STR_FMT "\";\n", STR_ARG(name), STR_ARG(value));
		fields = str_sub(fields, (size_t)end + 1, fields.n);
	}
	fprintf(f, "location / { return 200 \"");
	for (size_t i = 0; i < parts; i++)
		fprintf(f, "${part%zu}", i);
	fprintf(f, "\"; }\n}\n}\n");
	if (fclose(f))
		bench_die(path, NULL);
}

static bool answers(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

void server_nginx(struct server *ret, struct str fields, size_t body_n)
{
	char path[] = NGINX, prefix_o[] = "-p", conf_o[] = "-c", log_o[] = "-e", log[] = "error.log", conf[128];
	folder(ret);
	(void)chmod(ret->dir, 0755);
	ret->port = port_free();
	configuration(ret, fields, body_n);
	snprintf(conf, sizeof(conf), "%s/nginx.conf", ret->dir);
	char *argv[] = {path, prefix_o, ret->dir, conf_o, conf, log_o, log, NULL};
	start(ret, argv, NULL, 0);
	for (int i = 0; i < 200; i++) {
		if (answers(ret->port))
			return;
		usleep(20000);
	}
	bench_die("nginx does not start (./dev deps test)", NULL);
}

static double cpu_us(pid_t pid)
{
	clockid_t clock;
	struct timespec t;
	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t)) /* another process's time, not of day */
		return 0;
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double server_cpu_us(const struct server *s)
{
	char path[64];
	int child;
	double us = cpu_us(s->pid);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", s->pid, s->pid);
	FILE *f = fopen(path, "re");
	while (f && fscanf(f, "%d", &child) == 1)
		us += cpu_us(child);
	if (f)
		(void)fclose(f);
	return us;
}

void server_end(struct server *s)
{
	int status;
	(void)kill(s->pid, SIGTERM);
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	bench_remove(s->dir);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		bench_die("the server did not end well", NULL);
}
