// Package nodecrypto proves with Node.js, which the other programs of the platform run on, that axisor opens what
// Node writes and that Node opens what axisor writes. `make interop` runs it; the vectors in pkg/crypto are tested
// always.
package nodecrypto
