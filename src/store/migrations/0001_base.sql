-- The tables every room of the first release writes to. Tokens in braces and the section lines are
-- explained in README.md; a migration that has been released is never changed, only followed by another.

CREATE TABLE audit_row (
	chain {text} NOT NULL,
	seq {int} NOT NULL,
	at_ms {int} NOT NULL,
	actor {text} NOT NULL,
	action {text} NOT NULL,
	object {text} NOT NULL,
	detail {text} NOT NULL,
	prev {blob} NOT NULL,
	hash {blob} NOT NULL,
	PRIMARY KEY (chain, seq)
){keyed};

CREATE TABLE audit_head (
	n {int} NOT NULL PRIMARY KEY,
	at_ms {int} NOT NULL,
	chains {blob} NOT NULL,
	key {blob} NOT NULL,
	sig {blob} NOT NULL
){strict};

CREATE TABLE audit_key (
	public {blob} NOT NULL PRIMARY KEY,
	since_ms {int} NOT NULL
){strict};

CREATE TABLE outbox (
	id {blob} NOT NULL PRIMARY KEY,
	at_ms {int} NOT NULL,
	topic {text} NOT NULL,
	object {text} NOT NULL,
	body {blob} NOT NULL,
	state {int} NOT NULL,
	tries {int} NOT NULL,
	next_ms {int} NOT NULL
){strict};
CREATE INDEX outbox_due ON outbox (state, next_ms);

CREATE TABLE dossier (
	id {blob} NOT NULL PRIMARY KEY,
	number {text} NOT NULL UNIQUE,
	receipt {blob} NOT NULL UNIQUE,
	created_ms {int} NOT NULL,
	state {int} NOT NULL,
	synthetic {int} NOT NULL,
	org {text} NOT NULL
){strict};

CREATE TABLE dossier_field (
	dossier {blob} NOT NULL,
	name {text} NOT NULL,
	sealed {blob} NOT NULL,
	PRIMARY KEY (dossier, name)
){keyed};

CREATE TABLE dossier_wrap (
	dossier {blob} NOT NULL,
	kind {int} NOT NULL,
	holder {text} NOT NULL,
	wrapped {blob} NOT NULL,
	PRIMARY KEY (dossier, kind, holder)
){keyed};

CREATE TABLE org_key (
	org {text} NOT NULL PRIMARY KEY,
	public {blob} NOT NULL,
	secret {blob} NOT NULL,
	salt {blob} NOT NULL,
	made_ms {int} NOT NULL
){strict};

CREATE TABLE sighting (
	tag {blob} NOT NULL,
	reporter {blob} NOT NULL,
	channel {int} NOT NULL,
	version {int} NOT NULL,
	member {text} NOT NULL,
	strength {int} NOT NULL,
	basis {int} NOT NULL,
	day {int} NOT NULL,
	report {blob} NOT NULL,
	synthetic {int} NOT NULL,
	PRIMARY KEY (tag, reporter, member)
){keyed};
CREATE INDEX sighting_day ON sighting (tag, day);
CREATE INDEX sighting_report ON sighting (report);

CREATE TABLE signal (
	tag {blob} NOT NULL PRIMARY KEY,
	channel {int} NOT NULL,
	version {int} NOT NULL,
	kind {int} NOT NULL,
	value {text} NOT NULL,
	opened_ms {int} NOT NULL,
	rule {text} NOT NULL,
	synthetic {int} NOT NULL
){strict};
CREATE INDEX signal_opened ON signal (opened_ms);
CREATE INDEX signal_value ON signal (kind, value);

CREATE TABLE barrier (
	id {text} NOT NULL PRIMARY KEY,
	tag {blob} NOT NULL,
	kind {int} NOT NULL,
	value {text} NOT NULL,
	partner {text} NOT NULL,
	measure {text} NOT NULL,
	rule {text} NOT NULL,
	state {int} NOT NULL,
	since_ms {int} NOT NULL,
	created_ms {int} NOT NULL,
	due_ms {int} NOT NULL DEFAULT 0,
	ends_ms {int} NOT NULL DEFAULT 0,
	reporters {int} NOT NULL,
	note {text} NOT NULL,
	synthetic {int} NOT NULL
){strict};
CREATE INDEX barrier_state ON barrier (state);
CREATE INDEX barrier_tag ON barrier (tag);
CREATE INDEX barrier_value ON barrier (kind, value);
CREATE INDEX barrier_due ON barrier (due_ms);
-- One living barrier per value, partner and measure; 3 refused, 7 rejected, 8 failed, 9 lifted and 10 expired are not.
CREATE UNIQUE INDEX barrier_living ON barrier (kind, value, partner, measure) WHERE state NOT IN (3, 7, 8, 9, 10);

CREATE TABLE barrier_step (
	barrier {text} NOT NULL,
	n {int} NOT NULL,
	at_ms {int} NOT NULL,
	state {int} NOT NULL,
	actor {text} NOT NULL,
	why {text} NOT NULL,
	PRIMARY KEY (barrier, n)
){keyed};

CREATE TABLE safety_entry (
	list {text} NOT NULL,
	kind {int} NOT NULL,
	value {text} NOT NULL,
	mode {int} NOT NULL,
	PRIMARY KEY (list, kind, value, mode)
){keyed};
CREATE INDEX safety_value ON safety_entry (kind, value);

CREATE TABLE safety_list (
	list {text} NOT NULL PRIMARY KEY,
	title {text} NOT NULL,
	count {int} NOT NULL,
	loaded_ms {int} NOT NULL,
	sha {blob} NOT NULL
){strict};

-- What is written here stays as written; the program's own mistakes included.
-- @sqlite
CREATE TRIGGER audit_row_no_update BEFORE UPDATE ON audit_row BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER audit_row_no_delete BEFORE DELETE ON audit_row BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER audit_head_no_update BEFORE UPDATE ON audit_head BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER barrier_step_no_update BEFORE UPDATE ON barrier_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER barrier_step_no_delete BEFORE DELETE ON barrier_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
-- @postgres
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN RAISE EXCEPTION 'append-only'; END $$;
CREATE TRIGGER audit_row_no_change BEFORE UPDATE OR DELETE ON audit_row
	FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_row_no_truncate BEFORE TRUNCATE ON audit_row
	FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_head_no_change BEFORE UPDATE OR DELETE ON audit_head
	FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head
	FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER barrier_step_no_change BEFORE UPDATE OR DELETE ON barrier_step
	FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER barrier_step_no_truncate BEFORE TRUNCATE ON barrier_step
	FOR EACH STATEMENT EXECUTE FUNCTION append_only();
-- @all
