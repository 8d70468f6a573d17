/* libcurl's part of send.h, for the clients in this folder only. */
#ifndef SEAM_SEND_CURL_H
#define SEAM_SEND_CURL_H
#include "seam/send.h"
#include <curl/curl.h>

/* What every transfer gets; `protocols`: "https", "smtp,smtps", … False when libcurl refuses one of them. */
bool send_common(CURL *h, const char *protocols, const struct send_limits *l);
/* The class of libcurl's answer. */
enum send_why send_class(CURLcode c, const struct send_limits *l);

#endif
