package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/config"
)

// maxArgument bounds what is read in place of an argument: a wrong file must not fill the memory.
const maxArgument = 1 << 20

// Path is a path as a person typed it, made absolute: ~ is the home directory, the rest is below the working directory.
func (a *App) Path(name string) string { return config.Absolute(name, a.Dir, a.Env) }

// ReadArg reads the value of a flag that is a text, @FILE, or - for stdin. Stdin is at its end when ctx is.
func (a *App) ReadArg(ctx context.Context, flag, value string) ([]byte, error) {
	var in io.Reader
	switch name, isFile := strings.CutPrefix(value, "@"); {
	case value == "-":
		if a.Streams.InTerminal() {
			return nil, clierr.Usagef("%s - reads stdin, which is a terminal", flag).WithHint("pipe something into it, or name a file: " + flag + " @FILE")
		}
		in = progress.Interruptible(ctx, a.Streams.In)
	case isFile:
		f, err := os.Open(a.Path(name))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", flag, err)
		}
		defer f.Close()
		in = f
	default:
		in = strings.NewReader(value)
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxArgument+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", flag, err)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(raw) > maxArgument:
		return nil, clierr.Usagef("%s: more than %d bytes", flag, maxArgument)
	}
	return raw, nil
}
