// Package migrations holds the database's schema as golang-migrate files, in
// order. A migration works with the code before it and after it. It applies
// nothing itself: db does.
package migrations

import "embed"

// Files holds the migrations, NNNN_what.up.sql.
//
//go:embed *.sql
var Files embed.FS
