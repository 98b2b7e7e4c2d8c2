package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/axisor/axisor/pkg/secret"
)

// Codec is how the archive is compressed. pg_dump itself compresses nothing: its own zstd
// carries no checksum of the content, and its gzip costs four times the processor time.
type Codec struct {
	Name  string // zstd, gzip or none
	Level int

	lean bool // for short files beside a long stream: one encoder, with little memory
}

// ParseCodec reads "zstd", "gzip" or "none", with an optional ":level". Empty means zstd:1.
func ParseCodec(text string) (Codec, error) {
	name, level, given := strings.Cut(text, ":")
	bad := func(rule string) (Codec, error) {
		return Codec{}, &InputError{Field: "compression", Value: text, Rule: rule}
	}
	c, top := Codec{Name: name, Level: 1}, 0
	switch name {
	case "", "zstd":
		c.Name, top = "zstd", 19
	case "gzip":
		top = 9
	case "none":
		c.Level = 0
	default:
		return bad("must be zstd, gzip or none, with an optional level such as zstd:3")
	}
	if given {
		n, err := strconv.Atoi(level)
		if err != nil || n < 1 || n > top {
			return bad(fmt.Sprintf("level must be a number from 1 to %d", top))
		}
		c.Level = n
	}
	return c, nil
}

// String writes the codec as ParseCodec reads it.
func (c Codec) String() string {
	if c.Name == "none" {
		return c.Name
	}
	return c.Name + ":" + strconv.Itoa(c.Level)
}

func (c Codec) suffix() string {
	switch c.Name {
	case "zstd":
		return ".zst"
	case "gzip":
		return ".gz"
	}
	return ""
}

func (c Codec) writer(w io.Writer) (io.WriteCloser, error) {
	switch c.Name {
	case "zstd":
		encoders := 2
		if c.lean {
			encoders = 1
		}
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(c.Level)), zstd.WithLowerEncoderMem(c.lean),
			zstd.WithEncoderCRC(true), zstd.WithEncoderConcurrency(encoders), zstd.WithZeroFrames(true))
	case "gzip":
		return gzip.NewWriterLevel(w, c.Level)
	}
	return nopWriteCloser{w}, nil
}

func (c Codec) reader(r io.Reader) (io.ReadCloser, error) {
	switch c.Name {
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	case "gzip":
		return gzip.NewReader(r)
	}
	return io.NopCloser(r), nil
}

type nopWriteCloser struct{ io.Writer }

func (nopWriteCloser) Close() error { return nil }

// ParseRecipients reads age public keys.
func ParseRecipients(keys []string) ([]age.Recipient, error) {
	var out []age.Recipient
	for _, key := range keys {
		list, err := age.ParseRecipients(strings.NewReader(key))
		if err != nil || len(list) == 0 {
			return nil, &InputError{Field: "recipient", Value: key, Rule: "must be an age public key (age1…)"}
		}
		out = append(out, list...)
	}
	return out, nil
}

// ParseIdentities reads age private keys, one a line, as age-keygen writes them.
func ParseIdentities(r io.Reader) ([]age.Identity, error) {
	list, err := age.ParseIdentities(r)
	if err != nil {
		// age's message may quote the line, which is a private key.
		return nil, &InputError{Field: "identity", Value: secret.Redacted, Rule: "must hold age private keys, one a line"}
	}
	return list, nil
}

// fingerprint names a public key without repeating it.
func fingerprint(key string) string {
	sum := sha256.Sum256([]byte(strings.TrimSpace(key)))
	return hex.EncodeToString(sum[:8])
}

// encryptionFor names the keys that a file is encrypted to; nil means it is not.
func encryptionFor(keys []string) *Encryption {
	if len(keys) == 0 {
		return nil
	}
	e := &Encryption{Method: "age"}
	for _, key := range keys {
		e.Recipients = append(e.Recipients, fingerprint(key))
	}
	return e
}

// seal stacks encryption (when there are recipients) and compression on w. Closing closes
// both, outermost first; w stays open.
func seal(w io.Writer, codec Codec, recipients []age.Recipient) (io.WriteCloser, error) {
	out := &sealed{}
	if len(recipients) > 0 {
		enc, err := age.Encrypt(w, recipients...)
		if err != nil {
			return nil, fmt.Errorf("encrypt: %w", err)
		}
		out.closers = append(out.closers, enc)
		w = enc
	}
	z, err := codec.writer(w)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	out.Writer, out.closers = z, append(out.closers, z)
	return out, nil
}

type sealed struct {
	io.Writer
	closers []io.Closer
}

// Close flushes from the inside out; the first error is the one that matters.
func (s *sealed) Close() error {
	for _, c := range slices.Backward(s.closers) {
		if err := c.Close(); err != nil {
			return err
		}
	}
	return nil
}

// unseal is the reverse of seal.
func unseal(r io.Reader, codec Codec, encrypted bool, identities []age.Identity) (io.ReadCloser, error) {
	r = bufio.NewReaderSize(r, 256<<10)
	if encrypted {
		if len(identities) == 0 {
			return nil, ErrNoIdentity
		}
		plain, err := age.Decrypt(r, identities...)
		if err != nil {
			return nil, decryptError(err)
		}
		r = plain
	}
	return codec.reader(r)
}

func decryptError(err error) error {
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return ErrWrongIdentity
	}
	return fmt.Errorf("decrypt: %w", err)
}
