-- +goose Up
CREATE TABLE runs (
    id         INTEGER PRIMARY KEY,
    started    TEXT NOT NULL,
    inputs     TEXT NOT NULL,          -- JSON list of capture names
    program    TEXT NOT NULL,          -- version that wrote it
    finished   TEXT,                   -- NULL: interrupted
    summary    TEXT                    -- JSON, as the last line of --json
);

-- Observations, at most 1,000 a row, in their final order (package frame).
CREATE TABLE frames (
    id         INTEGER PRIMARY KEY,
    run        INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    first_time INTEGER NOT NULL,       -- nanoseconds since 1970
    last_time  INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    data       BLOB NOT NULL
);
CREATE INDEX frames_by_time ON frames(first_time);

-- Which frames speak of which address.
CREATE TABLE frame_addresses (
    address    TEXT NOT NULL,
    frame      INTEGER NOT NULL REFERENCES frames(id) ON DELETE CASCADE,
    PRIMARY KEY (address, frame)
) WITHOUT ROWID;

CREATE TABLE devices (
    id         TEXT PRIMARY KEY,
    category   TEXT NOT NULL,
    maker      TEXT NOT NULL,
    model      TEXT NOT NULL,
    zone       TEXT NOT NULL,
    department TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen  TEXT NOT NULL,
    confidence INTEGER NOT NULL,
    search     TEXT NOT NULL,          -- lower case: names, addresses, software
    json       TEXT NOT NULL
);
CREATE INDEX devices_by_category ON devices(category);

CREATE TABLE findings (
    id         TEXT PRIMARY KEY,
    rule       TEXT NOT NULL,
    severity   TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen  TEXT NOT NULL,
    json       TEXT NOT NULL
);

CREATE TABLE links (
    a          TEXT NOT NULL,
    b          TEXT NOT NULL,
    protocol   TEXT NOT NULL,
    flows      INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    messages   INTEGER NOT NULL,
    clear      INTEGER NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen  TEXT NOT NULL,
    PRIMARY KEY (a, b, protocol)
) WITHOUT ROWID;
CREATE INDEX links_by_b ON links(b);

-- +goose Down
DROP TABLE links;
DROP TABLE findings;
DROP TABLE devices;
DROP TABLE frame_addresses;
DROP TABLE frames;
DROP TABLE runs;
