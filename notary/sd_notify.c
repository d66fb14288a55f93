#include "notary/sd_notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "verify/text.h"

static bool read_number(const char *text, uint64_t *ret)
{
	return vf_decimal_read(vf_bytes_str(text), INT64_MAX, ret) && *ret > 0;
}

/* The address of a path, or of an abstract name, whose '@' stands for NUL and which has no NUL at its end. */
static bool read_address(struct nt_sd_notify *s, const char *text)
{
	size_t n = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || n < 2 || n >= sizeof(s->address.sun_path))
		return false;
	s->address.sun_family = AF_UNIX;
	memcpy(s->address.sun_path, text, n + 1);
	s->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	if (text[0] == '@') {
		s->address.sun_path[0] = '\0';
		s->address_len--;
	}
	return true;
}

VF_RC nt_sd_notify_init(struct nt_sd_notify *s, const char *socket_name, const char *watchdog_usec,
	const char *watchdog_pid, struct vf_err *reterr)
{
	uint64_t us = 0, pid = 0;

	*s = (struct nt_sd_notify){.fd = -1};
	if (socket_name == NULL)
		return VF_OK;
	if (!read_address(s, socket_name))
		return vf_fail(reterr, VF_CONFIG_SHAPE, "NOTIFY_SOCKET is neither a path nor an abstract name");
	if (watchdog_usec != NULL && !read_number(watchdog_usec, &us))
		return vf_fail(reterr, VF_CONFIG_SHAPE, "WATCHDOG_USEC is not a number of microseconds");
	if (watchdog_pid != NULL && !read_number(watchdog_pid, &pid))
		return vf_fail(reterr, VF_CONFIG_SHAPE, "WATCHDOG_PID is not the number of a process");
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return vf_fail(reterr, VF_IO, "no socket to tell the service manager");
	s->watchdog_us = pid == 0 || pid == (uint64_t)getpid() ? us : 0;
	return VF_OK;
}

void nt_sd_notify_done(struct nt_sd_notify *s)
{
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct nt_sd_notify){.fd = -1};
}

/* A full queue loses the message: the manager's, and its watchdog's, affair. */
static void send_text(const struct nt_sd_notify *s, const char *text)
{
	if (s->fd >= 0)
		(void)sendto(s->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
			(const struct sockaddr *)&s->address, s->address_len);
}

void nt_sd_notify_ready(const struct nt_sd_notify *s)
{
	send_text(s, "READY=1");
}

void nt_sd_notify_stopping(const struct nt_sd_notify *s)
{
	send_text(s, "STOPPING=1");
}

void nt_sd_notify_reloading(const struct nt_sd_notify *s)
{
	char text[64];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		(uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	send_text(s, text);
}

void nt_sd_notify_status(const struct nt_sd_notify *s, const char *text)
{
	char line[512] = "STATUS=";
	size_t n = strlen(line);

	vf_text_escape(line + n, sizeof(line) - n, vf_bytes_str(text)); /* LF would begin another assignment */
	send_text(s, line);
}

void nt_sd_notify_watchdog(const struct nt_sd_notify *s)
{
	send_text(s, "WATCHDOG=1");
}

uint64_t nt_sd_notify_period_ms(const struct nt_sd_notify *s)
{
	uint64_t ms = s->watchdog_us / 2000;

	return ms > 0 || s->watchdog_us == 0 ? ms : 1;
}
