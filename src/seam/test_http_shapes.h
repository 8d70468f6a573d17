/* Heads and bodies that two servers could understand differently, and what must be said to each. */
#ifndef SEAM_TEST_HTTP_SHAPES_H
#define SEAM_TEST_HTTP_SHAPES_H
#include <stddef.h>

#define HOST "Host: t\r\n"

static const struct shape {
	const char *text;
	size_t n;
	unsigned status; /* 0: closed without an answer is right too */
} shapes[] = {
#define SHAPE(status, text) \
	{ \
		"" text, sizeof(text) - 1, status \
	}
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\nhello"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\nhello"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\nhello"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\nhello"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nhello"),
	SHAPE(413, "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999\r\n\r\nhello"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
	SHAPE(400,
          "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
          "chunked\r\n\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Content-Length : 5\r\n\r\nhello"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\n" HOST "\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\r\n\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\n\n"),
	SHAPE(400, "GET / HTTP/1.1\nHost: t\n\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\nX: y\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\rX: y\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\r\nX: a\0b\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\0\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\r\nX: a\x01\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\r\nX: a\x7f\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\r\nX: a\r\n b\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\r\nX: a\r\n\tb\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\n Host: t\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\r\n: a\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\r\nX y: a\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\r\nnocolon\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\nX: y\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\n" HOST "Authorization: a\r\nAuthorization: b\r\n\r\n"),
	SHAPE(400, "GET / HTTP/1.1\r\n" HOST "Content-Type: a\r\nContent-Type: a\r\n\r\n"),
	SHAPE(400, "GET /a b HTTP/1.1\r\n" HOST "\r\n"),
	SHAPE(400, "GET  / HTTP/1.1\r\n" HOST "\r\n"),
	SHAPE(400, "GET /\0x HTTP/1.1\r\n" HOST "\r\n"),
	SHAPE(400, "GET /a\x80 HTTP/1.1\r\n" HOST "\r\n"),
	SHAPE(400, "GET /a#b HTTP/1.1\r\n" HOST "\r\n"),
	SHAPE(400, "GET http://t/ HTTP/1.1\r\n" HOST "\r\n"),
	SHAPE(400, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n"),
	SHAPE(0, "GET / HTTP/1.1 \r\n" HOST "\r\n"),
	SHAPE(0, "GET / HTTP/3.0\r\n" HOST "\r\n"),
	SHAPE(0, "GET / http/1.1\r\n" HOST "\r\n"),
	SHAPE(0, "GET /\r\n\r\n"),
	SHAPE(0, "\x16\x03\x01\x02\r\n\r\n"),
	SHAPE(501, "BREW / HTTP/1.1\r\n" HOST "\r\n"),
	SHAPE(501, "TRACE / HTTP/1.1\r\n" HOST "\r\n"),
	SHAPE(501, "get / HTTP/1.1\r\n" HOST "\r\n"),
	SHAPE(413, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\na\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n 1\r\na\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"),
	SHAPE(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\n"),
#undef SHAPE
};

#endif
