package automation

import (
	"bytes"
	"context"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/pkg/models"
)

// configFlag is the flag that takes a configuration, configHelp its help.
const (
	configFlag = "config-json"
	configHelp = "configuration as `JSON`, @FILE, or - for stdin"
)

// readConfig reads the value of --config-json.
func readConfig(ctx context.Context, a *app.App, text string) (models.JSON, error) {
	raw, err := a.ReadArg(ctx, "--"+configFlag, text)
	if err != nil {
		return nil, err
	}
	if raw = bytes.TrimSpace(raw); len(raw) == 0 {
		return nil, clierr.Usagef("--config-json is empty").WithHint(`for example: --config-json '{"strategy":"take_profit","parameters":{"trigger_price":60000}}'`)
	}
	return models.JSON(raw), nil
}
