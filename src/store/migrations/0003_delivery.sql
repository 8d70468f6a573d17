-- What leaves: deliveries in lanes, who asked to be told, and the codes that confirm a contact.

-- A row without a lane is an event of ours that still has to be spread over those who asked for it; with a lane it is one
-- message for one receiver. next_ms of a row that somebody is sending lies in the future: when that process dies, the row
-- comes up again by itself.
ALTER TABLE outbox ADD COLUMN lane {text} NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN reason {text} NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN since_ms {int} NOT NULL DEFAULT 0;
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (state, lane, next_ms);
CREATE INDEX outbox_since ON outbox (state, since_ms);

CREATE TABLE webhook (
	id {text} NOT NULL PRIMARY KEY,
	url {text} NOT NULL,
	org {text} NOT NULL,
	topics {text} NOT NULL,
	secret {blob} NOT NULL,
	made_ms {int} NOT NULL
){strict};

-- Only a keyed hash of a code, and of the mailbox it went to: so many a day and no more.
CREATE TABLE contact_code (
	dossier {blob} NOT NULL,
	n {int} NOT NULL,
	made_ms {int} NOT NULL,
	hash {blob} NOT NULL,
	box {blob} NOT NULL,
	tries {int} NOT NULL,
	used_ms {int} NOT NULL,
	PRIMARY KEY (dossier, n)
){keyed};
CREATE INDEX contact_code_box ON contact_code (box, made_ms);
CREATE INDEX contact_code_made ON contact_code (made_ms);
