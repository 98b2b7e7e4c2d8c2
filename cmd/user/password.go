package user

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/secret"
)

// maxPassword is far more than bcrypt reads, so that a file given by mistake is noticed and not read whole.
const maxPassword = 4 << 10

// passwordInput is where a new password comes from. There is no flag for the password itself: it would stand in
// the process list and in the shell's history.
type passwordInput struct {
	stdin bool
	file  string
	none  bool
	only  bool // there must be one
}

func (in *passwordInput) register(c *cobra.Command) {
	c.Flags().BoolVar(&in.stdin, "password-stdin", false, "read the password from stdin")
	c.Flags().StringVar(&in.file, "password-file", "", "read the password from this `FILE`; it must have mode 0600")
	c.Flags().BoolVar(&in.none, "no-password", false, "no password: the user cannot log in with one")
}

// registerOnly is register for commands where no password is no answer.
func (in *passwordInput) registerOnly(c *cobra.Command) {
	in.only = true
	c.Flags().BoolVar(&in.stdin, "password-stdin", false, "read the password from stdin")
	c.Flags().StringVar(&in.file, "password-file", "", "read the password from this `FILE`; it must have mode 0600")
}

// read returns the password, zero for --no-password. Without any of the flags it asks twice at the terminal.
func (in *passwordInput) read(ctx context.Context, a *app.App) (secret.Secret, error) {
	switch {
	case in.none:
		return secret.Secret{}, nil
	case in.stdin:
		raw, err := io.ReadAll(io.LimitReader(a.Streams.In, maxPassword+1))
		if err != nil {
			return secret.Secret{}, fmt.Errorf("read standard input: %w", err)
		}
		return in.onePassword("standard input", raw)
	case in.file != "":
		path := a.Path(in.file)
		raw, err := config.ReadPrivateInput(path)
		if err != nil {
			return secret.Secret{}, err
		}
		return in.onePassword(path, raw)
	}
	policy, err := a.PasswordPolicy()
	if err != nil {
		return secret.Secret{}, err
	}
	flag := "--password-stdin, --password-file or --no-password"
	if in.only {
		flag = "--password-stdin or --generate"
	}
	text, err := a.Prompt().NewSecret(ctx, "Password", flag, func(s string) error {
		return admin.CheckPassword(policy, secret.New(s))
	})
	return secret.New(text), err
}

// onePassword takes one line; the line end that editors and echo add is not part of it.
func (in *passwordInput) onePassword(source string, raw []byte) (secret.Secret, error) {
	text := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	switch {
	case text == "":
		e := clierr.Usagef("%s holds no password", source)
		if !in.only {
			e = e.WithHint("use --no-password for a user without one")
		}
		return secret.Secret{}, e
	case len(raw) > maxPassword || strings.ContainsAny(text, "\r\n"):
		return secret.Secret{}, clierr.Usagef("%s must hold the password on one line and nothing else", source)
	}
	return secret.New(text), nil
}
