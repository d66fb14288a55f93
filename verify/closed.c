/*
 * What the static trialverify has in place of parts of its libraries that open a way out: names of hosts, code that
 * is loaded at run time, converters of other encodings than UTF-8.
 *
 * Nothing that trialverify does calls any of them: an XML file in another encoding is refused before the
 * parser sees it (xml_guard.h), no network is used, and OpenSSL reads no configuration. The linker would take them
 * from the libraries all the same; a static program would then look for further files of the system that built it
 * (glibc's name services, modules), and would be 30 MB larger by the tables of ICU. Each one fails, as its manual
 * allows, so that a mistake of ours ends in an error and never in another verdict.
 */
#include <dlfcn.h>
#include <libxml/xmlversion.h>
#include <netdb.h>
#include <stddef.h>
#ifdef LIBXML_ICU_ENABLED
#include <unicode/ucnv.h>
#endif

int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
	struct addrinfo **restrict ret)
{
	(void)name;
	(void)service;
	(void)hints;
	*ret = NULL;
	return EAI_FAIL;
}

void freeaddrinfo(struct addrinfo *info)
{
	(void)info;
}

struct hostent *gethostbyname(const char *name)
{
	(void)name;
	return NULL;
}

void *dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return NULL;
}

#ifdef LIBXML_ICU_ENABLED
/* <unicode/ucnv.h> gives these the names with ICU's version that libxml2 was built with. */
UConverter *ucnv_open(const char *name, UErrorCode *err)
{
	(void)name;
	*err = U_FILE_ACCESS_ERROR;
	return NULL;
}

void ucnv_close(UConverter *converter)
{
	(void)converter;
}

void ucnv_convertEx(UConverter *target_cnv, UConverter *source_cnv, char **target, const char *target_end,
	const char **source, const char *source_end, UChar *pivot_start, UChar **pivot_source, UChar **pivot_target,
	const UChar *pivot_end, UBool reset, UBool flush, UErrorCode *err)
{
	(void)target_cnv;
	(void)source_cnv;
	(void)target;
	(void)target_end;
	(void)source;
	(void)source_end;
	(void)pivot_start;
	(void)pivot_source;
	(void)pivot_target;
	(void)pivot_end;
	(void)reset;
	(void)flush;
	*err = U_UNSUPPORTED_ERROR;
}

void ucnv_setFromUCallBack(UConverter *converter, UConverterFromUCallback action, const void *context,
	UConverterFromUCallback *old_action, const void **old_context, UErrorCode *err)
{
	(void)converter;
	(void)action;
	(void)context;
	(void)old_action;
	(void)old_context;
	*err = U_UNSUPPORTED_ERROR;
}

void ucnv_setToUCallBack(UConverter *converter, UConverterToUCallback action, const void *context,
	UConverterToUCallback *old_action, const void **old_context, UErrorCode *err)
{
	(void)converter;
	(void)action;
	(void)context;
	(void)old_action;
	(void)old_context;
	*err = U_UNSUPPORTED_ERROR;
}

void UCNV_FROM_U_CALLBACK_STOP(const void *context, UConverterFromUnicodeArgs *args, const UChar *units, int32_t length,
	UChar32 point, UConverterCallbackReason reason, UErrorCode *err)
{
	(void)context;
	(void)args;
	(void)units;
	(void)length;
	(void)point;
	(void)reason;
	*err = U_UNSUPPORTED_ERROR;
}

void UCNV_TO_U_CALLBACK_STOP(const void *context, UConverterToUnicodeArgs *args, const char *units, int32_t length,
	UConverterCallbackReason reason, UErrorCode *err)
{
	(void)context;
	(void)args;
	(void)units;
	(void)length;
	(void)reason;
	*err = U_UNSUPPORTED_ERROR;
}
#endif
