/* Messages to the service manager, over real sockets: a path and an abstract name. */
#include "notary/sd_notify.h"

#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "tests/check.h"

/* A manager's socket; name begins with '/' or '@'. */
static int manager(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t n = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, name, n + 1);
	if (name[0] == '@')
		a.sun_path[0] = '\0';
	if (fd < 0 || bind(fd, (struct sockaddr *)&a,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (name[0] == '/'))) != 0)
		exit(1);
	return fd;
}

static const char *heard(int fd)
{
	static char text[1024];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return n < 0 ? "(nothing)" : text;
}

static void test_messages(const char *name)
{
	int fd = manager(name);
	struct nt_sd_notify s;
	struct timespec now;
	uint64_t us = 0, after;
	char status[600], end;

	CHECK_RC(nt_sd_notify_init(&s, name, NULL, NULL, NULL), VF_OK);
	nt_sd_notify_ready(&s);
	CHECK_STR(heard(fd), "READY=1");
	nt_sd_notify_status(&s, "sealed 7 of 9\nREADY=1\x1b");
	CHECK_STR(heard(fd), "STATUS=sealed 7 of 9\\x0aREADY=1\\x1b");
	memset(status, 'x', sizeof(status));
	status[sizeof(status) - 1] = '\0';
	nt_sd_notify_status(&s, status);
	CHECK(vf_bytes_ends(vf_bytes_str(heard(fd)), "x..."));
	nt_sd_notify_watchdog(&s);
	CHECK_STR(heard(fd), "WATCHDOG=1");
	clock_gettime(CLOCK_MONOTONIC, &now);
	nt_sd_notify_reloading(&s);
	CHECK_INT(sscanf(heard(fd), "RELOADING=1\nMONOTONIC_USEC=%" SCNu64 "%c", &us, &end), 1);
	after = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	CHECK(us >= after && us < after + 10000000);
	nt_sd_notify_stopping(&s);
	CHECK_STR(heard(fd), "STOPPING=1");
	CHECK_STR(heard(fd), "(nothing)");

	/* nobody reads: no message waits */
	for (size_t i = 0; i < 100000; i++)
		nt_sd_notify_watchdog(&s);
	CHECK_STR(heard(fd), "WATCHDOG=1");
	close(fd);
	nt_sd_notify_ready(&s); /* nobody is there any more */
	nt_sd_notify_done(&s);
	nt_sd_notify_ready(&s);
	nt_sd_notify_done(&s);
	CHECK_INT(s.fd, -1);
}

static void test_values(void)
{
	static const struct {
		const char *socket, *usec;
		enum vf_rc rc;
		uint64_t period;
	} rows[] = {
		{NULL, "30000000", VF_OK, 0}, {"/run/x", NULL, VF_OK, 0},
		{"@x", "30000000", VF_OK, 15000}, {"@x", "1", VF_OK, 1},
		{"@x", "1500", VF_OK, 1}, {"", NULL, VF_CONFIG_SHAPE, 0},
		{"x", NULL, VF_CONFIG_SHAPE, 0},
		{"@", NULL, VF_CONFIG_SHAPE, 0}, {"/", NULL, VF_CONFIG_SHAPE, 0},
		{"vsock:2:1", NULL, VF_CONFIG_SHAPE, 0},
		{"@x", "0", VF_CONFIG_SHAPE, 0}, {"@x", "-1", VF_CONFIG_SHAPE, 0}, {"@x", "1s", VF_CONFIG_SHAPE, 0},
		{"@x", "99999999999999999999", VF_CONFIG_SHAPE, 0},
	};
	char pid[32], name[128];
	struct nt_sd_notify s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK_RC(nt_sd_notify_init(&s, rows[i].socket, rows[i].usec, NULL, NULL), rows[i].rc);
		CHECK_INT(nt_sd_notify_period_ms(&s), rows[i].period);
		CHECK((s.fd >= 0) == (rows[i].rc == VF_OK && rows[i].socket != NULL));
		nt_sd_notify_ready(&s);
		nt_sd_notify_done(&s);
	}
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	CHECK_RC(nt_sd_notify_init(&s, "@x", "8000", pid, NULL), VF_OK);
	CHECK_INT(nt_sd_notify_period_ms(&s), 4);
	nt_sd_notify_done(&s);
	CHECK_RC(nt_sd_notify_init(&s, "@x", "8000", "1", NULL), VF_OK); /* another process is watched */
	CHECK_INT(nt_sd_notify_period_ms(&s), 0);
	nt_sd_notify_done(&s);
	CHECK_RC(nt_sd_notify_init(&s, "@x", "8000", "self", NULL), VF_CONFIG_SHAPE);
	/* the longest name, and one more */
	memset(name, 'n', sizeof(name));
	name[0] = '/';
	name[sizeof(s.address.sun_path) - 1] = '\0';
	CHECK_RC(nt_sd_notify_init(&s, name, NULL, NULL, NULL), VF_OK);
	nt_sd_notify_done(&s);
	name[sizeof(s.address.sun_path) - 1] = 'n';
	name[sizeof(s.address.sun_path)] = '\0';
	CHECK_RC(nt_sd_notify_init(&s, name, NULL, NULL, NULL), VF_CONFIG_SHAPE);
}

int main(void)
{
	char folder[] = "/tmp/trialnotary-notify-XXXXXX", path[64];

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/socket", folder);
	test_messages(path);
	unlink(path);
	rmdir(folder);
	snprintf(path, sizeof(path), "@%s/abstract", folder);
	test_messages(path);
	test_values();
	return check_done();
}
