-- Who may work at the desk, the sessions they have, and how often somebody guessed wrong. A session is known by a hash
-- of its token; the key of a guess is a keyed hash of an account name or an address.

CREATE TABLE account (
	name {text} NOT NULL PRIMARY KEY,
	title {text} NOT NULL,
	role {int} NOT NULL,
	org {text} NOT NULL,
	password {text} NOT NULL,
	totp {blob} NOT NULL,
	totp_step {int} NOT NULL,
	active {int} NOT NULL,
	synthetic {int} NOT NULL,
	made_ms {int} NOT NULL,
	changed_ms {int} NOT NULL
){strict};

CREATE TABLE session (
	hash {blob} NOT NULL PRIMARY KEY,
	account {text} NOT NULL,
	made_ms {int} NOT NULL,
	seen_ms {int} NOT NULL,
	ends_ms {int} NOT NULL
){strict};
CREATE INDEX session_account ON session (account, made_ms);

CREATE TABLE guess (
	key {blob} NOT NULL PRIMARY KEY,
	fails {int} NOT NULL,
	last_ms {int} NOT NULL
){strict};
CREATE INDEX guess_last ON guess (last_ms);

-- Places (addresses) from which an account logged in, as a keyed hash of both. Wrong guesses from there are counted
-- here, so that guessing from elsewhere shuts out nobody who works there.
CREATE TABLE place (
	key {blob} NOT NULL PRIMARY KEY,
	fails {int} NOT NULL,
	last_ms {int} NOT NULL
){strict};
CREATE INDEX place_last ON place (last_ms);

-- The desk's list, newest first.
CREATE INDEX barrier_created ON barrier (created_ms, id);
