package automation

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/pkg/models"
)

// maxConfig bounds what is read as a configuration: a wrong file must not fill the memory.
const maxConfig = 1 << 20

// configHelp is the help of every --config flag.
const configHelp = "configuration as `JSON`, @FILE, or - for stdin"

// readConfig reads the value of --config.
func readConfig(a *app.App, text string) (models.JSON, error) {
	var in io.Reader
	switch name, isFile := strings.CutPrefix(text, "@"); {
	case text == "-":
		in = a.Streams.In
	case isFile:
		if !filepath.IsAbs(name) {
			name = filepath.Join(a.Dir, name)
		}
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("read --config: %w", err)
		}
		defer f.Close()
		in = f
	default:
		in = strings.NewReader(text)
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxConfig+1))
	if err != nil {
		return nil, fmt.Errorf("read --config: %w", err)
	}
	raw = []byte(strings.TrimSpace(string(raw)))
	switch {
	case len(raw) == 0:
		return nil, clierr.Usagef("--config is empty").WithHint(`for example: --config '{"strategy":"take_profit","parameters":{"trigger_price":60000}}'`)
	case len(raw) > maxConfig:
		return nil, clierr.Usagef("--config has more than %d bytes", maxConfig)
	}
	return models.JSON(raw), nil
}
