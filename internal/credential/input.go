package credential

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/prompt"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
)

// maxInput is far more than any exchange's credentials need.
const maxInput = 64 << 10

// Input is where secret values come from: a JSON object on standard input or in a file, or answers at
// the terminal. There is no flag for a value: it would stand in the process list and in the shell's history.
type Input struct {
	stdin bool
	file  string
}

// FlagSet is where flags are added.
type FlagSet interface {
	BoolVar(p *bool, name string, value bool, usage string)
	StringVar(p *string, name, value, usage string)
}

// Register adds the flags.
func (in *Input) Register(f FlagSet) {
	f.BoolVar(&in.stdin, "from-stdin", false, `read the credentials from stdin, as JSON: {"api_key":"…", …}`)
	f.StringVar(&in.file, "from-file", "", "read the credentials from this `FILE`, as JSON; it must have mode 0600")
}

// Validate refuses two sources.
func (in *Input) Validate() error {
	if in.stdin && in.file != "" {
		return clierr.Usagef("--from-stdin and --from-file exclude each other")
	}
	return nil
}

// Read returns the values by name. Whether they are the right ones for the exchange is not decided here. Where
// values are stored already, an empty answer on the terminal keeps them.
func (in *Input) Read(
	ctx context.Context, a *app.App, ask AskFunc, types []models.ExchangeCredentialType, keep bool,
) (map[string]secret.Secret, error) {
	switch {
	case in.stdin:
		data, err := io.ReadAll(io.LimitReader(a.Streams.In, maxInput+1))
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return parseFields("standard input", data)
	case in.file != "":
		path := a.Path(in.file)
		data, err := config.ReadPrivateInput(path)
		if err != nil {
			return nil, err
		}
		return parseFields(path, data)
	}
	return askFields(ctx, ask, types, keep)
}

// parseFields reads a flat JSON object of texts. Errors never quote the input.
func parseFields(source string, data []byte) (map[string]secret.Secret, error) {
	want := clierr.Usagef("%s: want one JSON object with a text for each field", source).
		WithHint(`for example: {"api_key":"…","api_secret":"…","passphrase":"…"}`)
	if len(data) > maxInput {
		return nil, clierr.Usagef("%s: more than %d bytes", source, maxInput)
	}
	var raw map[string]any
	if exactjson.Unmarshal(data, &raw) != nil || raw == nil {
		return nil, want
	}
	fields := make(map[string]secret.Secret, len(raw))
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		switch v := raw[name].(type) {
		case string:
			fields[name] = secret.New(v)
		case bool:
			if !crypto.IsClearField(name) {
				return nil, clierr.Usagef("%s: field %q must be a text", source, name)
			}
			fields[name] = secret.New(fmt.Sprint(v))
		default:
			return nil, clierr.Usagef("%s: field %q must be a text (put it in quotes)", source, name)
		}
	}
	return fields, nil
}

// AskFunc is the person at the terminal.
type AskFunc func(context.Context, ...prompt.Field) error

// askFields asks for each field of the exchange; passwords are not shown while they are typed.
func askFields(ctx context.Context, ask AskFunc, types []models.ExchangeCredentialType, keep bool) (map[string]secret.Secret, error) {
	answers := make([]string, len(types))
	questions := make([]prompt.Field, len(types))
	for i, t := range types {
		questions[i] = prompt.Field{
			Title: t.Name, Value: &answers[i], Secret: t.FieldType == "password", Flag: "--from-stdin",
			Validate: func(text string) error {
				if !keep && (t.IsRequired == nil || *t.IsRequired) && strings.TrimSpace(text) == "" {
					return errors.New("required")
				}
				return nil
			},
		}
		if t.Description != nil {
			questions[i].Description = *t.Description
		}
		if keep {
			questions[i].Description = strings.TrimSpace(questions[i].Description + " (empty keeps what is stored)")
		}
	}
	if err := ask(ctx, questions...); err != nil {
		return nil, err
	}
	fields := map[string]secret.Secret{}
	for i, t := range types {
		if answers[i] != "" {
			fields[t.FieldName] = secret.New(answers[i])
		}
	}
	return fields, nil
}
