#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "notary/sd_notify.h"
#include "notary/service.h"
#include "notary/verbs.h"
#include "verify/text.h"

#define TICK_MS 250
/* How long a service that has stopped for good still answers why, before it ends and can be started again. */
#define FAULT_MS 10000

/* Threads that are made later inherit the mask: this one alone takes the signals. */
static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static int wait_signal(const sigset_t *set)
{
	const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
	int which = sigtimedwait(set, NULL, &tick);

	return which < 0 ? 0 : which;
}

static void tell_start(struct nt_cli *cli, struct nt_service *s)
{
	uint8_t fingerprint[32];
	char hex[65];

	nt_cli_note(cli, "listening on %s", nt_service_url(s));
	if (nt_service_fingerprint(s, fingerprint)) {
		vf_hex_put(hex, vf_bytes(fingerprint, sizeof(fingerprint)));
		nt_cli_note(cli, "certificate SHA-256 %s (clients: --pin)", hex);
	}
	if (nt_service_is_unused(s))
		nt_cli_note(cli, "there is no party yet: stop, and make one with 'trialnotary party add' and 'token new'");
}

/* The first fault is kept: the service still says why to who asks. */
static bool is_over(struct nt_cli *cli, enum vf_rc rc, const struct vf_err *err, int64_t *ends)
{
	if (rc == VF_OK)
		return false;
	if (*ends == 0) {
		nt_cli_note(cli, "%s: %s; ends in %d s, and can be started again", vf_rc_name(rc), err->text, FAULT_MS / 1000);
		*ends = nt_cli_ticks() + FAULT_MS;
	}
	return nt_cli_ticks() >= *ends;
}

static void reload(struct nt_cli *cli, struct nt_service *s, const struct nt_sd_notify *manager)
{
	struct vf_err err;

	nt_sd_notify_reloading(manager);
	if (nt_service_reload(s, &err) != VF_OK)
		nt_cli_note(cli, "not reloaded: %s: %s", vf_rc_name(err.rc), err.text);
	else
		nt_cli_note(cli, "reloaded");
	nt_sd_notify_ready(manager);
}

static VF_RC serve(struct nt_cli *cli, struct nt_service *s, const struct nt_sd_notify *manager, const sigset_t *set,
	struct vf_err *reterr)
{
	int64_t period = (int64_t)nt_sd_notify_period_ms(manager), fed = nt_cli_ticks(), ends = 0;
	struct vf_err fault = {.rc = VF_OK}, err;
	enum vf_rc rc;

	tell_start(cli, s);
	nt_sd_notify_ready(manager);
	nt_sd_notify_status(manager, nt_service_url(s));
	for (;;) {
		int which = wait_signal(set);

		if (which == SIGTERM || which == SIGINT)
			break;
		if (which == SIGHUP)
			reload(cli, s, manager);
		rc = nt_service_tick(s, &err);
		if (rc != VF_OK && fault.rc == VF_OK)
			fault = err;
		if (is_over(cli, rc, &err, &ends))
			break;
		if (period && nt_cli_ticks() - fed >= period) {
			nt_sd_notify_watchdog(manager);
			fed = nt_cli_ticks();
		}
	}
	nt_sd_notify_stopping(manager);
	nt_cli_note(cli, "stopping");
	rc = nt_service_stop(s, reterr);
	return fault.rc == VF_OK ? rc : vf_fail(reterr, fault.rc, "%s", fault.text);
}

VF_RC nt_verb_serve(struct nt_cli *cli, struct vf_err *reterr)
{
	const struct nt_service_options options = {.dir = cli->args[0],
		.config = nt_cli_get(cli, "config"),
		.listen = nt_cli_get(cli, "listen"),
		.tls = nt_cli_get(cli, "tls"),
		.log_fd = STDOUT_FILENO};
	struct nt_service *s = NULL;
	struct nt_sd_notify manager;
	sigset_t set;
	enum vf_rc rc = nt_sd_notify_init(&manager, getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"), reterr);

	if (rc != VF_OK)
		return rc;
	block_signals(&set);
	rc = nt_service_start(&options, &s, reterr);
	if (rc == VF_OK)
		rc = serve(cli, s, &manager, &set, reterr);
	nt_sd_notify_done(&manager);
	return rc;
}
