// Package admin owns what operators change: each use case validates its input,
// runs in one transaction, writes through pkg/store and leaves its audit row in
// that same transaction. A dry run takes the same way and is rolled back.
//
// It must not know commands, prompts or output, and it never contacts an
// exchange. Nothing else may write rows on an operator's behalf.
package admin
