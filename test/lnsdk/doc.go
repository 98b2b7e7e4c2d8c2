// Package lnsdk proves that LN Markets' own TypeScript SDK works against the simulated exchange, so that
// what our client is tested with is what the exchange's makers expect. The proof is behind the build tag
// interop, because it needs Node.js and packages from the npm registry; `make interop` runs it.
//
// Both published lines of the SDK are used. Version 1 is pointed at the simulator the way it offers, by the
// environment variable V3_API_URL. Version 2 offers no way (its two hosts are fixed), so redirect.mjs moves
// its requests below the SDK, in the global fetch; nothing that is signed changes by that.
package lnsdk
