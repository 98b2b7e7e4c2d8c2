package backup

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/ownfile"
)

// ErrUnsigned means that a backup does not carry the signature that is demanded.
var ErrUnsigned = errors.New("backup is not signed with the configured key")

// ErrPublicKey means that something should be signed with a key that can only check signatures.
var ErrPublicKey = errors.New("the signing key is a public one: it can check signatures and make none")

// SigningKey is the configuration key of the file, for messages.
const SigningKey = "backup.signing_key_file"

// Signing is the key that manifests and the descriptions of log files are signed with. Where there is one, a backup
// without a good signature is neither restored nor called good.
type Signing struct {
	method string // ed25519 or hmac-sha256
	id     string // of the key; tells nothing about it
	sign   func(text []byte) []byte
	good   func(text, signature []byte) bool
}

// Signature is what a manifest says about its own.
type Signature struct {
	Method string `json:"method"`
	Key    string `json:"key"`
	Value  string `json:"value"` // base64
}

// SignatureError says which backup lacks a good signature, and why.
type SignatureError struct{ ID, Problem string }

// Error names the backup and the problem.
func (e *SignatureError) Error() string { return e.ID + ": " + e.Problem }

// Unwrap gives ErrUnsigned.
func (e *SignatureError) Unwrap() error { return ErrUnsigned }

// minSecret is how long an HMAC key must be, as for every other secret.
const minSecret = 32

// ParseSigningKey reads a key: an ed25519 private or public key in PEM form, as openssl writes it, or one line of at
// least 32 characters for HMAC-SHA256. An error repeats nothing of the text.
func ParseSigningKey(text []byte) (*Signing, error) {
	if !bytes.Contains(text, []byte("-----BEGIN ")) {
		return hmacKey(strings.TrimRight(string(text), "\r\n"))
	}
	block, rest := pem.Decode(text)
	if block == nil || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("must hold one key in PEM form and nothing else")
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return nil, errors.New("holds a key that cannot be read")
	}
	switch key := key.(type) {
	case ed25519.PrivateKey:
		s := publicKey(key.Public().(ed25519.PublicKey)) //nolint:forcetypeassert // of this type by definition
		s.sign = func(text []byte) []byte { return ed25519.Sign(key, text) }
		return s, nil
	case ed25519.PublicKey:
		return publicKey(key), nil
	}
	return nil, errors.New("must hold an ed25519 key: openssl genpkey -algorithm ed25519")
}

func publicKey(key ed25519.PublicKey) *Signing {
	sum := sha256.Sum256(key)
	return &Signing{method: "ed25519", id: hex.EncodeToString(sum[:8]), good: func(text, signature []byte) bool {
		return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, text, signature)
	}}
}

func hmacKey(key string) (*Signing, error) {
	if len(key) < minSecret || strings.ContainsAny(key, "\r\n") {
		return nil, fmt.Errorf("must hold an ed25519 key in PEM form, or one line of at least %d characters: openssl rand -hex 32", minSecret)
	}
	sign := func(text []byte) []byte {
		h := hmac.New(sha256.New, []byte(key))
		h.Write(text)
		return h.Sum(nil)
	}
	return &Signing{
		method: "hmac-sha256", id: hex.EncodeToString(sign([]byte("axisor signing key"))[:8]), sign: sign,
		good: func(text, signature []byte) bool { return hmac.Equal(sign(text), signature) },
	}, nil
}

// OpenSigningKey reads a key file. private reads one that holds a secret and refuses it when others can open it; a
// public key may be read by others, but not written.
func OpenSigningKey(path string, private func(path, key string) ([]byte, error)) (*Signing, error) {
	text, err := publicKeyFile(path)
	if err != nil {
		return nil, err
	}
	if text == nil {
		if text, err = private(path, SigningKey); err != nil {
			return nil, err
		}
	}
	s, err := ParseSigningKey(text)
	if err != nil {
		return nil, &InputError{Field: SigningKey, Value: path, Rule: err.Error()}
	}
	return s, nil
}

// publicKeyFile reads the file of a public key; nil is a file that holds no such, or that cannot be read.
func publicKeyFile(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil || len(text) > manifestLimit || !bytes.Contains(text, []byte("-----BEGIN PUBLIC KEY-----")) || bytes.Contains(text, []byte("PRIVATE")) {
		return nil, nil //nolint:nilerr // the reader of private ones says what is wrong
	}
	f, err := ownfile.Open(path, false)
	if err != nil {
		return nil, err
	}
	return text, f.Close()
}

// maySign refuses to begin what could not be signed at its end.
func (s *Signing) maySign() error {
	if s != nil && s.sign == nil {
		return &InputError{Field: SigningKey, Value: "", Rule: ErrPublicKey.Error()}
	}
	return nil
}

// member is one field of a JSON object, in the order of the text.
type member struct {
	name  string
	value json.RawMessage
}

// members reads an object without interpreting it: fields of a newer release are kept, and signed, as they are.
func members(text []byte) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("manifest is not an object")
	}
	var out []member
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("manifest is not readable: %w", err)
		}
		name, ok := t.(string)
		if !ok || slices.ContainsFunc(out, func(m member) bool { return strings.EqualFold(m.name, name) }) {
			return nil, errors.New("manifest has a field twice")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("manifest is not readable: %w", err)
		}
		out = append(out, member{name, value})
	}
	return out, nil
}

// signedText is what a signature covers: everything but what changes during a backup's life. Whoever changes that
// can keep a backup or call it bad, and cannot put another one in its place.
func signedText(list []member) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("axisor manifest\n")
	for _, m := range list {
		switch m.name {
		case "pinned", "verifications", "signature", "checksum":
			continue
		}
		out.WriteString(m.name + "=")
		if err := json.Compact(&out, m.value); err != nil {
			return nil, fmt.Errorf("manifest is not readable: %w", err)
		}
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

// signature makes the one of a text that has none yet.
func (s *Signing) signature(text []byte) (*Signature, error) {
	if err := s.maySign(); err != nil {
		return nil, err
	}
	list, err := members(text)
	if err != nil {
		return nil, err
	}
	signed, err := signedText(list)
	if err != nil {
		return nil, err
	}
	return &Signature{Method: s.method, Key: s.id, Value: base64.StdEncoding.EncodeToString(s.sign(signed))}, nil
}

// check returns a SignatureError unless the text carries a good signature. Without a key nothing is demanded.
func (s *Signing) check(id string, text []byte, has *Signature) error {
	if s == nil {
		return nil
	}
	bad := func(problem string) error { return &SignatureError{ID: id, Problem: problem} }
	switch {
	case has == nil:
		return bad("it has no signature, and " + SigningKey + " demands one")
	case has.Method != s.method || has.Key != s.id:
		return bad(fmt.Sprintf("it is signed with another key (%s %s) than %s (%s %s)", plain(has.Method), plain(has.Key), SigningKey, s.method, s.id))
	}
	list, err := members(text)
	if err != nil {
		return bad(err.Error())
	}
	signed, err := signedText(list)
	if err != nil {
		return bad(err.Error())
	}
	value, err := base64.StdEncoding.DecodeString(has.Value)
	if err != nil || !s.good(signed, value) {
		return bad("its signature is wrong: the manifest was changed by somebody without the key")
	}
	return nil
}

// plain shortens what a stranger may have written into a message.
func plain(s string) string { return fmt.Sprintf("%.20q", s) }

// encodeSigned writes v, a structure whose last two fields are signature and checksum.
func encodeSigned(v any, s *Signing, signature **Signature, checksum *string) ([]byte, error) {
	*signature = nil
	if s != nil {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("encode manifest: %w", err)
		}
		if *signature, err = s.signature(text); err != nil {
			return nil, err
		}
	}
	return encodeChecked(v, checksum)
}

// amended gives the text of a manifest with other pins and verifications. All else stays, byte for byte where it
// matters to the signature.
func amended(text []byte, m *Manifest) ([]byte, error) {
	list, err := members(text)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(f member) bool { return f.name == "checksum" })
	for name, v := range map[string]any{"pinned": m.Pinned, "verifications": m.Verifications} {
		value, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("encode manifest: %w", err)
		}
		at := slices.IndexFunc(list, func(f member) bool { return f.name == name })
		if at < 0 {
			list, at = append(list, member{name: name}), len(list)
		}
		list[at].value = value
	}
	var raw, out bytes.Buffer
	for _, f := range list {
		name, err := json.Marshal(f.name)
		if err != nil {
			return nil, fmt.Errorf("encode manifest: %w", err)
		}
		raw.WriteString(string(name) + ":" + string(f.value) + ",")
	}
	if err := json.Indent(&out, []byte("{"+raw.String()+`"checksum":"`+strings.Repeat("0", 64)+`"}`), "", "  "); err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	out.WriteByte('\n')
	sealed := out.Bytes()
	at := bytes.LastIndex(sealed, []byte(checksumKey)) + len(checksumKey)
	sum := sha256.Sum256(sealed)
	copy(sealed[at:], hex.EncodeToString(sum[:]))
	return sealed, nil
}
