/*
 * Tells the service manager what the service does: sd_notify(3), without libsystemd.
 *
 * Reads no environment: the program passes in what NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID hold (and should
 * remove them, so that children do not speak for it). Without a socket nothing is sent. Sending never waits and its
 * failure is nobody's: the manager notices by itself.
 */
#ifndef NOTARY_SD_NOTIFY_H
#define NOTARY_SD_NOTIFY_H

#include <sys/socket.h>
#include <sys/un.h>

#include "verify/bytes.h"

struct nt_sd_notify {
	int fd; /* -1: nobody to tell */
	struct sockaddr_un address;
	socklen_t address_len;
	uint64_t watchdog_us; /* 0: no watchdog */
};

/*
 * socket_name is a path or, with '@' first, an abstract name; each argument may be NULL. CONFIG_SHAPE: a value that the
 * manager would not set; s then stays silent and can be used. Other processes' watchdog is none.
 */
VF_RC nt_sd_notify_init(struct nt_sd_notify *s, const char *socket_name, const char *watchdog_usec,
	const char *watchdog_pid, struct vf_err *reterr);
void nt_sd_notify_done(struct nt_sd_notify *s);

/* May be called by any thread. */
void nt_sd_notify_ready(const struct nt_sd_notify *s);
void nt_sd_notify_stopping(const struct nt_sd_notify *s);
/* With MONOTONIC_USEC; nt_sd_notify_ready() follows when it is done. */
void nt_sd_notify_reloading(const struct nt_sd_notify *s);
/* One line for people; what is not plain text is escaped. */
void nt_sd_notify_status(const struct nt_sd_notify *s, const char *text);
/* The service is alive; to be called every nt_sd_notify_period_ms(). */
void nt_sd_notify_watchdog(const struct nt_sd_notify *s);
/* Half the manager's patience, as sd_watchdog_enabled(3) asks; 0: no watchdog. */
uint64_t nt_sd_notify_period_ms(const struct nt_sd_notify *s);

#endif
