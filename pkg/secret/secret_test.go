package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/axisor/axisor/pkg/secret"
)

const value = "hunter2-correct-horse"

// outer and its unexported field are the case that fmt handles without calling
// any method of the field.
type outer struct {
	Public  secret.Secret            `json:"public" yaml:"public"`
	private secret.Secret            // read by reflection inside fmt
	List    []secret.Secret          `json:"list" yaml:"list"`
	Map     map[string]secret.Secret `json:"map" yaml:"map" xml:"-"`
}

func newOuter() outer {
	s := secret.New(value)
	return outer{Public: s, private: s, List: []secret.Secret{s}, Map: map[string]secret.Secret{"k": s}}
}

func requireHidden(t *testing.T, text string) {
	t.Helper()
	require.NotContains(t, text, value)
	require.NotContains(t, strings.ToLower(text), fmt.Sprintf("%x", value), "hex of the value")
}

func TestSecret_NoVerbReveals(t *testing.T) {
	t.Parallel()
	s := secret.New(value)
	ptr := &s
	for verb := range strings.SplitSeq("v +v #v s +s q #q x X #x d t b o c U e g f p T w", " ") {
		format := "%" + verb
		for _, arg := range []any{s, ptr, newOuter(), []secret.Secret{s}, map[string]secret.Secret{"a": s}, []any{s}} {
			requireHidden(t, fmt.Sprintf(format, arg))
		}
	}
	requireHidden(t, fmt.Sprint(s, ptr, newOuter()))
	requireHidden(t, fmt.Errorf("open: %w, %v", errors.New("x"), s).Error())
	require.Equal(t, secret.Redacted, s.String())
	require.Equal(t, secret.Redacted, s.GoString())
	require.Equal(t, secret.Redacted, fmt.Sprintf("%v", s))
}

func TestSecret_EncodersRedact(t *testing.T) {
	t.Parallel()
	asJSON, err := json.Marshal(newOuter())
	require.NoError(t, err)
	requireHidden(t, string(asJSON))
	require.JSONEq(t, `{"public":"[redacted]","list":["[redacted]"],"map":{"k":"[redacted]"}}`, string(asJSON))

	asYAML, err := yaml.Marshal(newOuter())
	require.NoError(t, err)
	requireHidden(t, string(asYAML))
	require.Contains(t, string(asYAML), secret.Redacted)

	asXML, err := xml.Marshal(newOuter())
	require.NoError(t, err)
	requireHidden(t, string(asXML))
}

func TestSecret_LoggersRedact(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&buf, nil), slog.NewJSONHandler(&buf, nil)} {
		slog.New(h).Info("opened", "key", secret.New(value), "all", newOuter(), "list", []secret.Secret{secret.New(value)})
	}
	requireHidden(t, buf.String())
	require.Contains(t, buf.String(), secret.Redacted)
}

func TestSecret_ZeroAndEqual(t *testing.T) {
	t.Parallel()
	var zero secret.Secret
	require.True(t, zero.IsZero())
	require.True(t, secret.New("").IsZero())
	require.Empty(t, zero.Reveal())
	require.Empty(t, zero.String())
	require.Empty(t, fmt.Sprintf("%v", zero))
	asJSON, err := json.Marshal(zero)
	require.NoError(t, err)
	require.Equal(t, `""`, string(asJSON))

	s := secret.New(value)
	require.False(t, s.IsZero())
	require.Equal(t, value, s.Reveal())
	require.True(t, s.Equal(secret.New(value)))
	require.False(t, s.Equal(zero))
	require.False(t, s.Equal(secret.New(value+"x")))
}
