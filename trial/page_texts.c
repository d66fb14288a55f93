#include "trial/page_inside.h"

static const char *const texts[TR_PAGE_LANGUAGES][TR_PAGE_TEXTS] = {
#define TEXT(id, language, words) [TR_PAGE_##language][TR_TEXT_##id] = words,
#include "trial/page_texts.def"
#undef TEXT
};

static const char *const names[TR_PAGE_TEXTS] = {
#define EN_ONLY_EN(id) [TR_TEXT_##id] = #id,
#define EN_ONLY_ES(id)
#define EN_ONLY_DE(id)
#define EN_ONLY_FR(id)
#define TEXT(id, language, words) EN_ONLY_##language(id)
#include "trial/page_texts.def"
#undef TEXT
};

static const char *const languages[TR_PAGE_LANGUAGES] = {"en", "es", "de", "fr"};

const char *tr_page_words(enum tr_page_language language, enum tr_page_text id)
{
	return texts[language][id];
}

const char *tr_page_text_at(enum tr_page_language language, size_t at)
{
	return at < TR_PAGE_TEXTS ? texts[language][at] : NULL;
}

const char *tr_page_text_name(size_t at)
{
	return at < TR_PAGE_TEXTS ? names[at] : NULL;
}

const char *tr_page_language_name(enum tr_page_language language)
{
	return languages[language];
}

bool tr_page_language_find(struct vf_bytes tag, enum tr_page_language *ret)
{
	struct vf_bytes first;

	if (!vf_take_until(&tag, '-', &first))
		first = tag;
	for (int i = 0; i < TR_PAGE_LANGUAGES; i++)
		if (vf_bytes_is(first, languages[i])) {
			*ret = (enum tr_page_language)i;
			return true;
		}
	return false;
}
