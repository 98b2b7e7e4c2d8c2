package app

import (
	"errors"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/monitor"
)

// MonitorSettings puts the flags of a job over the configured section. The error never repeats the address.
func (a *App) MonitorSettings(section string, f flags.Monitor, c config.Monitor) (config.Monitor, error) {
	if f.PingURL != "" {
		k, _ := config.LookupKey(section + ".ping_url")
		var bad *config.Error
		if err := k.Validate(f.PingURL); errors.As(err, &bad) {
			return c, clierr.Usagef("--ping-url: %s", bad.Rule)
		}
		c.PingURL = f.PingURL
	}
	if f.MetricsFile != "" {
		c.MetricsFile = f.MetricsFile
	}
	c.MetricsFile = a.Path(c.MetricsFile)
	return c, nil
}

// Monitor is who is told about the runs of a job.
func (a *App) Monitor(job, section string, f flags.Monitor, c config.Monitor) (monitor.Monitor, error) {
	c, err := a.MonitorSettings(section, f, c)
	return monitor.Monitor{
		Job: job, PingURL: c.PingURL, File: c.MetricsFile, Agent: "axisor/" + a.Build.Version, Log: a.Log(), Now: a.Now,
	}, err
}
