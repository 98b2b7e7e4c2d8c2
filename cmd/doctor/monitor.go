package doctor

import (
	"context"
	"fmt"

	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/doctor"
	"github.com/axisor/axisor/internal/monitor"
	"github.com/axisor/axisor/internal/verb"
)

// run examines and tells monitoring what was found. A dry run tells nobody.
func (o *doctorOptions) run(ctx context.Context, call *verb.Call) error {
	if call.DryRun {
		_, err := o.examine(ctx, call)
		return err
	}
	var configured config.Monitor
	if l, err := call.LoadConfig(); err == nil { // a check says what is wrong with it
		configured = l.Config.Doctor.Monitor
	}
	to, err := call.Monitor("doctor", "doctor", o.monitor, configured)
	if err != nil {
		return err
	}
	run := to.Begin(ctx)
	results, err := o.examine(ctx, call)
	run.End(ctx, err, fmt.Sprintf("%d checks", len(results)), func(m *monitor.Metrics) error {
		numbers(m, results)
		return nil
	})
	return err
}

func numbers(m *monitor.Metrics, results []doctor.Result) {
	found := map[doctor.Level]int{}
	for _, r := range results {
		found[r.Level]++
	}
	for _, level := range []doctor.Level{doctor.OK, doctor.Warn, doctor.Fail, doctor.Skip} {
		m.Count("checks", "Checks that ended so.", found[level], "level", string(level))
	}
	for _, r := range results {
		m.Bool("check_failed", "Whether this check failed.", r.Level == doctor.Fail, "check", r.Name)
	}
}
