// Package store owns every query. gorm lives here and nowhere else: opening a
// database, transactions, the translation of server errors into our words, and
// one file of queries per entity.
//
// It must not know commands, output formats or configuration, and it writes no
// audit rows: a write that operators cause goes through pkg/admin.
package store
