package lnsim

import (
	"fmt"
	"net/http"
	"strconv"
)

// refusal is an answer that is not a success. The words are ours where the real
// exchange's are not known; they are all in this file.
type refusal struct {
	status     int
	message    string
	code       string
	retryAfter string
}

// body is the refusal as the exchange writes it.
func (r *refusal) body() []byte {
	return fmt.Appendf(nil, `{"message":%s,"code":%s}`, strconv.Quote(r.message), strconv.Quote(r.code))
}

// Error implements error, so that handlers can return a refusal.
func (r *refusal) Error() string { return r.message }

var (
	errUnauthorized = &refusal{status: http.StatusUnauthorized, message: "Unauthorized", code: "UNAUTHORIZED"}
	errNoKey        = &refusal{status: http.StatusUnauthorized, message: "Api key does not exist", code: "UNAUTHORIZED"}
	errSignature    = &refusal{status: http.StatusUnauthorized, message: "Signature is not valid", code: "UNAUTHORIZED"}
	errTimestamp    = &refusal{status: http.StatusUnauthorized, message: "Timestamp is not valid", code: "UNAUTHORIZED"}
	errForbidden    = &refusal{status: http.StatusForbidden, message: "Forbidden", code: "FORBIDDEN"}
	errNotFound     = &refusal{status: http.StatusNotFound, message: "Not found", code: "NOT_FOUND"}
	errMethod       = &refusal{status: http.StatusMethodNotAllowed, message: "Method not allowed", code: "METHOD_NOT_ALLOWED"}
	errGone         = &refusal{status: http.StatusGone, message: "API v2 is no longer available, use /v3", code: "GONE"}
	errTooMany      = &refusal{status: http.StatusTooManyRequests, message: "Too many requests", code: "TOO_MANY_REQUESTS", retryAfter: "1"}
	errNotOwned     = &refusal{status: http.StatusBadRequest, message: "You do not own this trade", code: "BAD_REQUEST"}
	errNotRunning   = &refusal{status: http.StatusBadRequest, message: "Trade is not running", code: "BAD_REQUEST"}
	errNotOpen      = &refusal{status: http.StatusBadRequest, message: "Trade is not open", code: "BAD_REQUEST"}
	errBalance      = &refusal{status: http.StatusBadRequest, message: "Insufficient balance", code: "BAD_REQUEST"}
	errLeverage     = &refusal{status: http.StatusBadRequest, message: "Leverage is out of bounds", code: "BAD_REQUEST"}
	errAmount       = &refusal{status: http.StatusBadRequest, message: "Amount must be a positive integer", code: "BAD_REQUEST"}
)

// invalid is a 400 with a reason.
func invalid(message string) *refusal {
	return &refusal{status: http.StatusBadRequest, message: message, code: "BAD_REQUEST"}
}
