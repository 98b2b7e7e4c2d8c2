// Package wal reads PostgreSQL's write-ahead log as files: names of segments, timeline
// histories, page headers and records with their checksums.
//
// It answers what a recovery needs to know before a server is started: whether the log is
// whole, where it ends, and which record a target time, name or position stands for.
//
// It must not know where the files come from, how they are stored or what a server is.
package wal
