// Package payments puts Lightning payments together: the rows of pkg/store, the
// use cases of pkg/admin, the invoices of pkg/bolt11 and the nodes of
// pkg/lightning. It compares what the database says with what an invoice and a
// node say. It knows no command, flag or configuration file.
package payments
