/* Reading in a process that can do nothing but read: started anew, so that it never held a key or a file of ours. */
#include "mail/mail.h"
#include "base/clock.h"
#include "seam/json.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY_MAX (512u << 20)
#define CPU_SECONDS 10
#define FILES_MAX 16

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHADOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SHADOW 1
#endif
#endif

static bool limit(int what, rlim_t most)
{
	struct rlimit l = {most, most};
	return setrlimit((__rlimit_resource_t)what, &l) == 0;
}

static bool limits(void)
{
#ifndef SHADOW /* sanitizers reserve terabytes of addresses */
	if (!limit(RLIMIT_AS, MEMORY_MAX))
		return false;
#endif
	return limit(RLIMIT_CPU, CPU_SECONDS) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, FILES_MAX) &&
		limit(RLIMIT_NPROC, 0) && limit(RLIMIT_CORE, 0);
}

static int filter(scmp_filter_ctx f)
{
	static const int calls[] = {
		SCMP_SYS(read),          SCMP_SYS(write),     SCMP_SYS(exit),         SCMP_SYS(exit_group),
		SCMP_SYS(brk),           SCMP_SYS(munmap),    SCMP_SYS(mremap),       SCMP_SYS(madvise),
		SCMP_SYS(clock_gettime), SCMP_SYS(futex),     SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(close),         SCMP_SYS(fstat),     SCMP_SYS(getpid),       SCMP_SYS(gettid),
		SCMP_SYS(sched_yield),   SCMP_SYS(getrandom), SCMP_SYS(sysinfo),      SCMP_SYS(restart_syscall)};
	/* GLib asks, is told no, and goes on: a character set or a time zone that is not there. */
	static const int refused[] = {SCMP_SYS(open),     SCMP_SYS(openat), SCMP_SYS(newfstatat), SCMP_SYS(access),
	                              SCMP_SYS(readlink), SCMP_SYS(lseek),  SCMP_SYS(ioctl),      SCMP_SYS(fcntl)};
	int rc = 0;
	for (size_t i = 0; !rc && i < sizeof(calls) / sizeof(calls[0]); i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	for (size_t i = 0; !rc && i < sizeof(refused) / sizeof(refused[0]); i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
#ifdef SHADOW
	if (!rc)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(sigaltstack), 0); /* when a sanitizer's thread ends */
#endif
	/* Memory, but never memory that can be executed. */
	if (!rc)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!rc)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return rc ? rc : seccomp_load(f);
}

int mail_child_lock(void)
{
	if (!limits() || prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return KT_EUNAVAIL;
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = f ? filter(f) : -1;
	if (f)
		seccomp_release(f);
	return rc ? KT_EUNAVAIL : 0;
}

static bool put_all(int fd, struct str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = str_sub(s, (size_t)n, s.n);
	}
	return true;
}

static bool get_all(int fd, struct buf *b)
{
	for (;;) {
		char *to = buf_room(b, 65536);
		ssize_t n = to ? read(fd, to, 65536) : -1;
		if (n < 0 && to && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		buf_added(b, (size_t)n);
	}
}

void mail_child_main(int authserv_n, char **authserv)
{
	struct str ids[MAIL_CHILD_IDS];
	struct mail_options o = {ids, 0};
	struct buf in = BUF_INIT(MAIL_MAX_BYTES + 65536), out = BUF_INIT(MAIL_MAX_JSON);
	struct mail m;
	for (int i = 0; i < authserv_n && i < MAIL_CHILD_IDS; i++)
		ids[o.authserv_n++] = str_of(authserv[i]);
	mail_setup();
	if (mail_child_lock())
		_exit(3);
	struct arena *a = arena_new(192u << 20);
	if (!a || !get_all(STDIN_FILENO, &in))
		_exit(4);
	int rc = mail_read(a, buf_view(&in), &o, &m, NULL);
	if (rc)
		buf_printf(&out, "{\"code\":%d}", rc);
	else
		mail_to_json(&m, &out);
	_exit(!buf_err(&out) && put_all(STDOUT_FILENO, buf_view(&out)) ? 0 : 5);
}

/* ---- the parent ---- */

static int start(const struct mail_options *o, int in, int out, pid_t *ret_pid)
{
	static char command[] = MAIL_CHILD_COMMAND, flag[] = MAIL_CHILD_FLAG, self[] = "kentering", utc[] = "TZ=UTC";
	char *argv[MAIL_CHILD_IDS + 4] = {self, command, flag}, ids[MAIL_CHILD_IDS][256], *env[] = {utc, NULL};
	size_t n = 3;
	posix_spawn_file_actions_t act;
	posix_spawnattr_t attr;
	sigset_t none, all;
	for (size_t i = 0; o && i < o->authserv_n && i < MAIL_CHILD_IDS; i++) {
		if (!str_copy(ids[i], sizeof(ids[i]), o->authserv[i]))
			return KT_EINVAL;
		argv[n++] = ids[i];
	}
	if (posix_spawn_file_actions_init(&act))
		return KT_ENOMEM;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&act);
		return KT_ENOMEM;
	}
	sigemptyset(&none);
	sigfillset(&all);
	int rc = posix_spawn_file_actions_adddup2(&act, in, 0) || posix_spawn_file_actions_adddup2(&act, out, 1) ||
		posix_spawn_file_actions_addopen(&act, 2, "/dev/null", O_WRONLY, 0) ||
		posix_spawn_file_actions_addclosefrom_np(&act, 3) || posix_spawn_file_actions_addchdir_np(&act, "/") ||
		posix_spawnattr_setsigmask(&attr, &none) || posix_spawnattr_setsigdefault(&attr, &all) ||
		posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) ||
		posix_spawn(ret_pid, "/proc/self/exe", &act, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&act);
	return rc ? KT_EBUSY : 0;
}

/* Some bytes in, some out. 1: all is said; 0: go on; negative: no more. */
static int exchange(int to, int from, struct str *in, struct buf *out, int wait_ms)
{
	struct pollfd p[2] = {{from, POLLIN, 0}, {in->n ? to : -1, POLLOUT, 0}};
	int k = poll(p, 2, wait_ms);
	if (k < 0)
		return errno == EINTR ? 0 : KT_EIO;
	if (p[1].revents) {
		ssize_t n = send(to, in->p, in->n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			*in = STR_NONE; /* it stopped listening; what it says is still read */
		else if (n > 0)
			*in = str_sub(*in, (size_t)n, in->n);
		if (!in->n)
			shutdown(to, SHUT_WR);
	}
	if (!p[0].revents)
		return 0;
	char *room = buf_room(out, 65536);
	ssize_t n = room ? read(from, room, 65536) : -1;
	if (n > 0)
		buf_added(out, (size_t)n);
	if (out->n > MAIL_MAX_JSON || !room)
		return KT_ELIMIT;
	return n == 0 ? 1 : n > 0 || errno == EINTR ? 0 : KT_EIO;
}

static int talk(pid_t pid, int to, int from, struct str in, struct buf *out)
{
	int64_t end = clock_mono_ns() + INT64_C(1000000000) * MAIL_CHILD_SECONDS;
	int rc = 0, status = 0;
	if (!in.n)
		shutdown(to, SHUT_WR);
	while (rc == 0) {
		int64_t left = (end - clock_mono_ns()) / 1000000;
		rc = left <= 0 ? KT_ETIMEOUT : exchange(to, from, &in, out, (int)left + 1);
	}
	if (rc < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return rc > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : KT_EUNAVAIL;
}

static int believe(struct arena *a, struct str json, struct mail *ret, struct err *e)
{
	static const struct json_limits lim = {MAIL_MAX_JSON, 8};
	const struct val *v;
	if (json.n < 32 && json_read(a, json, &lim, &v, NULL) == 0) {
		int64_t code = val_int(v, "code", 0);
		if (code == KT_EINVAL)
			return err_set(e, KT_EINVAL, "Dit is geen e-mailbericht: er staan geen kopregels boven.");
		if (code == KT_ELIMIT)
			return err_set(e, KT_ELIMIT, "Het bericht is groter dan %u MiB.", MAIL_MAX_BYTES >> 20);
	}
	return mail_from_json(a, json, ret, NULL);
}

int mail_child(struct arena *a, struct str text, const struct mail_options *o, struct mail *ret, struct err *e)
{
	int in[2], out[2], rc = KT_EUNAVAIL;
	pid_t pid = -1;
	struct buf json = BUF_INIT(MAIL_MAX_JSON + 131072);
	if (text.n > MAIL_MAX_BYTES)
		return err_set(e, KT_ELIMIT, "Het bericht is groter dan %u MiB.", MAIL_MAX_BYTES >> 20);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in))
		return err_sys(e, "Er kan geen proces worden gestart");
	if (pipe2(out, O_CLOEXEC)) {
		close(in[0]);
		close(in[1]);
		return err_sys(e, "Er kan geen proces worden gestart");
	}
	rc = start(o, in[1], out[1], &pid);
	close(in[1]);
	close(out[1]);
	if (!rc)
		rc = talk(pid, in[0], out[0], text, &json);
	close(in[0]);
	close(out[0]);
	if (!rc)
		rc = believe(a, buf_view(&json), ret, e);
	buf_free(&json);
	if (rc == KT_EBUSY)
		return err_set(e, rc, "Er kan nu geen proces worden gestart.");
	if (rc && rc != KT_EINVAL && rc != KT_ELIMIT)
		return err_set(e, KT_EUNAVAIL, "Dit bericht kon niet worden gelezen.");
	return rc;
}
