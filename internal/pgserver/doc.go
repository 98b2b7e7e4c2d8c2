// Package pgserver owns a private PostgreSQL server: finding the server
// programs, creating a cluster in a directory, starting it so that it outlives
// the caller, and stopping it. The development environment and the tests share it.
//
// It must not know what is stored in the cluster, must not import any other
// package of this module except pkg/secret, and must never listen on anything
// but the loopback interface and a socket in a directory that only its owner
// can enter.
package pgserver
