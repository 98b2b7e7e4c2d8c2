// Package bolt11 decodes Lightning invoices as BOLT 11 defines them. It owns the
// text form: prefix, amount, tagged fields, features and the signature.
//
// It must not know payments, plans, databases or nodes, and it makes no
// invoices. What the specification tells a payer to refuse is refused here with
// an *Error that carries the class; what it tells a reader to skip is skipped
// and listed in Invoice.Ignored.
//
// Descriptions are written by strangers. They come back as they are: whoever
// shows one escapes it.
package bolt11
