package flags

import "github.com/spf13/cobra"

// Monitor are the flags of a job that tells machines how it went.
type Monitor struct{ PingURL, MetricsFile string }

// Register adds --metrics-file and --ping-url, whose defaults are keys of this section of the configuration.
func (m *Monitor) Register(c *cobra.Command, section string) {
	c.Flags().StringVar(&m.MetricsFile, "metrics-file", "",
		"write numbers of the run to this `FILE` for Prometheus (default: "+section+".metrics_file)")
	c.Flags().StringVar(&m.PingURL, "ping-url", "",
		"call this `URL`/start, then URL or URL/fail; one with a token is safer in the configuration (default: "+section+".ping_url)")
}
