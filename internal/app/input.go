package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/config"
)

// maxArgument bounds what is read in place of an argument: a wrong file must not fill the memory.
const maxArgument = 1 << 20

// Path is a path as a person typed it, made absolute: ~ is the home directory, the rest is below the working directory.
func (a *App) Path(name string) string { return config.Absolute(name, a.Dir, a.Env) }

// OpenFile opens a file that a person named to be read. A directory is none.
func (a *App) OpenFile(name string) (*os.File, fs.FileInfo, error) {
	f, err := os.Open(a.Path(name))
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = &fs.PathError{Op: "read", Path: f.Name(), Err: syscall.EISDIR}
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// ReadFile reads the whole of a text that OpenFile opens, of at most 1 MB.
func (a *App) ReadFile(name string) ([]byte, error) {
	f, _, err := a.OpenFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return limited(f.Name(), f)
}

// limited reads all of an input that is called source in errors.
func limited(source string, in io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(in, maxArgument+1))
	if err == nil && len(raw) > maxArgument {
		err = &fs.PathError{Op: "read", Path: source, Err: config.ErrTooLarge}
	}
	return raw, err
}

// ReadArg reads the value of a flag that is a text, @FILE, or - for stdin. Stdin is at its end when ctx is.
func (a *App) ReadArg(ctx context.Context, flag, value string) ([]byte, error) {
	var raw []byte
	var err error
	switch name, isFile := strings.CutPrefix(value, "@"); {
	case value == "-" && a.Streams.InTerminal():
		return nil, clierr.Usagef("%s - reads stdin, which is a terminal", flag).WithHint("pipe something into it, or name a file: " + flag + " @FILE")
	case value == "-":
		raw, err = limited("standard input", progress.Interruptible(ctx, a.Streams.In))
	case isFile:
		raw, err = a.ReadFile(name)
	default:
		raw, err = limited("the value", strings.NewReader(value))
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return raw, nil
}
