package bolt11

import (
	"errors"
	"fmt"
)

// ErrInvalid is what every *Error unwraps to.
var ErrInvalid = errors.New("invalid invoice")

// Class says which rule an invoice breaks.
type Class string

// The classes of refusal.
const (
	// TooLong is a text longer than MaxLength.
	TooLong Class = "too_long"
	// BadCharacter is a character that bech32 does not have.
	BadCharacter Class = "bad_character"
	// MixedCase is upper and lower case in one text.
	MixedCase Class = "mixed_case"
	// NoSeparator is a text without prefix or without data.
	NoSeparator Class = "no_separator"
	// BadChecksum is a text that was mistyped, cut or encoded as bech32m.
	BadChecksum Class = "bad_checksum"
	// BadPrefix is another chain, or no Lightning invoice at all.
	BadPrefix Class = "bad_prefix"
	// BadAmount is an amount that is not a whole number above 0 with a known multiplier.
	BadAmount Class = "bad_amount"
	// SubMsat is an amount that is no whole number of millisatoshis.
	SubMsat Class = "sub_msat"
	// TooShort is data without room for a time and a signature.
	TooShort Class = "too_short"
	// TruncatedField is a field that runs into the signature.
	TruncatedField Class = "truncated_field"
	// BadField is a number or text in a field that cannot be meant.
	BadField Class = "bad_field"
	// BadSignature is a signature that the stated payee did not make.
	BadSignature Class = "bad_signature"
	// HighSWithN is a signature in the other of its two forms beside a stated payee.
	HighSWithN Class = "high_s_with_n"
	// SigNotRecoverable is a signature that no key can have made.
	SigNotRecoverable Class = "sig_not_recoverable"
	// MissingPaymentHash is an invoice without a p field.
	MissingPaymentHash Class = "missing_payment_hash"
	// MissingPaymentSecret is an invoice without an s field.
	MissingPaymentSecret Class = "missing_payment_secret"
	// DescriptionXorHash is an invoice with both or neither of d and h.
	DescriptionXorHash Class = "description_xor_hash"
	// UnknownRequiredFeature is a feature that a payer must know and does not.
	UnknownRequiredFeature Class = "unknown_required_feature"
)

// Error says why a text is no invoice that may be paid. It never quotes the text.
type Error struct {
	Class  Class
	Reason string
}

func (e *Error) Error() string { return "invalid invoice: " + e.Reason }

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e *Error) Unwrap() error { return ErrInvalid }

func refuse(class Class, format string, args ...any) error {
	return &Error{Class: class, Reason: fmt.Sprintf(format, args...)}
}
