// Package toc reads what pg_dump writes in its custom format: the header, the table of contents and the
// blocks of data behind it, as they come out of a pipe.
//
// It answers what would otherwise need a second program that reads everything once more: is the archive
// complete, how many rows does each table have, which roles does it name. It also writes the table of
// contents with other role names, which pg_restore has no option for.
//
// It must not know where an archive comes from or goes to. Archives that it does not know, of a newer
// format or compressed by pg_dump, are [ErrUnknownFormat]; they are for pg_restore to judge.
package toc
