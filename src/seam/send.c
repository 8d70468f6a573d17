#include "seam/send_curl.h"

static const char *const WORDS[SEND_WHYS] = {
	[SEND_OK] = "",
	[SEND_NAME] = "naam-onbekend",
	[SEND_ADDRESS] = "adres-geweigerd",
	[SEND_CONNECT] = "geen-verbinding",
	[SEND_TLS] = "versleuteling",
	[SEND_TIME] = "te-laat",
	[SEND_REDIRECT] = "doorverwijzing",
	[SEND_REFUSED] = "geweigerd",
	[SEND_TROUBLE] = "storing-ontvanger",
	[SEND_LARGE] = "antwoord-te-groot",
	[SEND_LOCAL] = "niet-te-versturen",
	[SEND_LATE] = "verlopen",
	[SEND_STOPPED] = "gestopt",
};

const char *send_word(enum send_why w)
{
	return w < SEND_WHYS ? WORDS[w] : "";
}

int send_setup(struct err *e)
{
	static atomic_bool done;
	if (atomic_exchange(&done, true))
		return 0;
	return curl_global_init(CURL_GLOBAL_DEFAULT) ? err_set(e, KT_EUNAVAIL, "libcurl is niet te gebruiken") : 0;
}

static int progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const atomic_bool *stop = user;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return stop && atomic_load(stop);
}

bool send_common(CURL *h, const char *protocols, const struct send_limits *l)
{
	bool ok = !curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) && !curl_easy_setopt(h, CURLOPT_PROXY, "") &&
		!curl_easy_setopt(h, CURLOPT_NOPROXY, "*") && !curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) &&
		!curl_easy_setopt(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
		!curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, protocols) &&
		!curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)l->connect_ms) &&
		!curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)l->total_ms) &&
		!curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
		!curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, progress) &&
		!curl_easy_setopt(h, CURLOPT_XFERINFODATA, (void *)(uintptr_t)l->stop) &&
		!curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
	return ok && (!l->ca_file || !curl_easy_setopt(h, CURLOPT_CAINFO, l->ca_file));
}

enum send_why send_class(CURLcode c, const struct send_limits *l)
{
	switch (c) {
	case CURLE_OK:
		return SEND_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
		return SEND_NAME;
	case CURLE_OPERATION_TIMEDOUT:
		return SEND_TIME;
	case CURLE_COULDNT_CONNECT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return SEND_CONNECT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_USE_SSL_FAILED:
	case CURLE_SSL_CACERT_BADFILE:
		return SEND_TLS;
	case CURLE_WRITE_ERROR:
		return SEND_LARGE;
	case CURLE_LOGIN_DENIED:
		return SEND_REFUSED;
	case CURLE_WEIRD_SERVER_REPLY:
		return SEND_TROUBLE;
	case CURLE_ABORTED_BY_CALLBACK:
		return l->stop && atomic_load(l->stop) ? SEND_STOPPED : SEND_LOCAL;
	default:
		return SEND_LOCAL;
	}
}
