-- Forwarded mail. Both tables hold keyed hashes only, and neither can grow without end.

-- Messages that were taken in, so that one that is offered again is not counted again. A message has one place
-- (its hash modulo a fixed number): a later one that falls on the same place pushes it out.
CREATE TABLE mail_seen (
	slot {int} NOT NULL PRIMARY KEY,
	hash {blob} NOT NULL,
	at_ms {int} NOT NULL
){strict};
CREATE INDEX mail_seen_at ON mail_seen (at_ms);

-- Answers given today, by sender; the empty sender counts them all, which bounds the rows of a day.
CREATE TABLE mail_answer (
	day {int} NOT NULL,
	sender {blob} NOT NULL,
	n {int} NOT NULL,
	PRIMARY KEY (day, sender)
){keyed};
