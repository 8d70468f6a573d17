#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/cli.h"
#include "seam/crypto.h"

static int word_count(const char *name)
{
	int n = 1;
	for (const char *p = name; *p; p++)
		n += *p == ' ';
	return n;
}

/* Do the first words of argv make the command's name? */
static bool named(const struct command *cmd, int argc, char **argv)
{
	const char *p = cmd->name;
	for (int i = 0; i < argc; i++) {
		size_t n = strlen(argv[i]);
		if (strncmp(p, argv[i], n) != 0 || (p[n] != ' ' && p[n] != 0))
			return false;
		if (p[n] == 0)
			return true;
		p += n + 1;
	}
	return false;
}

/* Options before the command; they are also taken behind it, where people type them. */
static int take_option(struct cli *c, int argc, char **argv, int i)
{
	if (strcmp(argv[i], "--json") == 0) {
		c->json = true;
		return 1;
	}
	bool data = strcmp(argv[i], "--data") == 0, policy = strcmp(argv[i], "--policy") == 0;
	bool set = strcmp(argv[i], "--set") == 0;
	if (!data && !policy && !set)
		return 0;
	if (i + 1 == argc || (policy && c->policy_n == CLI_POLICY_DIRS) || (set && c->set_n == SETTING_COUNT))
		return -1;
	if (data)
		c->dir = argv[i + 1];
	else if (set)
		c->set[c->set_n++] = argv[i + 1];
	else
		c->policy[c->policy_n++] = argv[i + 1];
	return 2;
}

static int options(struct cli *c, int argc, char **argv, char **rest)
{
	int n = 0;
	for (int i = 1; i < argc;) {
		int took = take_option(c, argc, argv, i);
		if (took < 0)
			return -1;
		if (took == 0)
			rest[n++] = argv[i++];
		i += took;
	}
	return n;
}

/* What must work where nothing else does. */
static bool works_bare(const struct command *cmd)
{
	return cmd->run == cmd_version || cmd->run == cmd_help || cmd->run == cmd_doctor;
}

static int dispatch(struct cli *c, int n, char **rest)
{
	struct err e = {0};
	if (n == 0)
		return cmd_help(c, 0, rest);
	if (strcmp(rest[0], "--help") == 0 || strcmp(rest[0], "-h") == 0)
		return cmd_help(c, n - 1, rest + 1);
	if (strcmp(rest[0], "--version") == 0)
		return cmd_version(c, n - 1, rest + 1);
	for (const struct command *cmd = COMMANDS; cmd->name; cmd++) {
		if (!named(cmd, n, rest))
			continue;
		int words = word_count(cmd->name);
		int rc = works_bare(cmd) ? 0 : cli_setup(c, &e);
		if (!rc)
			return cmd->run(c, n - words, rest + words);
		(void)cli_fail(c, &e);
		/* A wrong setting must not cost anybody's mail: the mail server tries again. */
		return cmd->run == cmd_mail && n > 1 && strcmp(rest[1], "--deliver") == 0 ? EX_TEMPFAIL : EXIT_REFUSED;
	}
	return cli_usage(c, "dit commando is er niet.");
}

int main(int argc, char **argv)
{
	struct cli c = {.dir = getenv("KENTERING_DATA")};
	struct err e = {0};
	/* Everything that any library frees is overwritten: no story stays in the heap (docs/security.md). */
	mallopt(M_PERTURB, 0xa5);
	/* What is large goes back to the system when it is freed: a few big mails leave no big process. */
	mallopt(M_MMAP_THRESHOLD, 512 << 10);
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	json_setup();
	if (!c.dir || !*c.dir)
		c.dir = "kentering-data";
	if (crypto_setup(&e))
		return cli_fail(&c, &e);
	char **rest = calloc((size_t)argc + 1, sizeof(*rest));
	if (!rest)
		return EXIT_REFUSED;
	int n = options(&c, argc, argv, rest);
	int rc = n < 0 ? cli_usage(&c, "--data en --policy vragen een map, --set vraagt NAAM=WAARDE.")
				   : dispatch(&c, n, rest);
	free(rest);
	settings_wipe(&c.settings);
	return rc;
}
