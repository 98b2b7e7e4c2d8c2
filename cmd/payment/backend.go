package payment

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/pkg/lightning"
)

const noBackend = "none"

// backendFlag is --backend; without it the configured backend counts.
func backendFlag(c *cobra.Command, e *flags.Enum, words ...string) {
	flags.RegisterEnum(c, e, "backend", "", "the node to ask (default: payments.backend)", words...)
}

// needBackend is backend for commands that cannot work without one.
func needBackend(a *app.App, chosen string) (lightning.Backend, error) {
	b, err := a.Node(chosen)
	if err == nil && b == nil {
		return nil, clierr.New(clierr.Config, "no_backend_configured", "no Lightning node is configured",
			"set payments.backend to lnd or lnbits, with its address and key file", "axisor config show --origins")
	}
	return b, err
}
