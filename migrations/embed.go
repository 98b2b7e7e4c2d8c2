// Package migrations holds the SQL files that build axisor's schema, embedded in the binary. It owns
// the files and nothing else: how they are applied, locked and verified is pkg/migrate's business.
//
// A file is named NNNNN_verb_object.sql, has an Up and a Down part and sets lock_timeout first. A file
// without a transaction contains nothing but CREATE INDEX CONCURRENTLY (down: DROP INDEX
// CONCURRENTLY) statements; pkg/migrate refuses anything else there, because only those can be
// resumed after a partial failure.
package migrations

import "embed"

// Files are the migrations, all in one flat directory.
//
//go:embed *.sql
var Files embed.FS
